import type { Store } from "../api/nouns";
import type { StoreFilter } from "../api/stores";
import type { Choice } from "../components/choice";
import { PageButton } from "../components/links";
import { Nothing } from "../components/Nothing";
import { StoreCards } from "../components/StoreCards";
import { StoreTable } from "../components/StoreTable";
import { useText } from "../text/text";

type Props = {
  stores: Store[];
  total: number | null;
  loading: boolean;
  filter: StoreFilter;
  wide: boolean;
  choice: Choice | null;
  onNearEnd: () => void;
};

/** StoreListing is the list in the form that fits the screen, or why there is none. */
export function StoreListing({ stores, total, loading, filter, wide, choice, onNearEnd }: Props) {
  const text = useText();
  if (stores.length > 0) {
    const List = wide ? StoreTable : StoreCards;
    return <List stores={stores} total={total} choice={choice} onNearEnd={onNearEnd} />;
  }
  if (filter.q !== undefined || filter.state !== undefined || filter.brandId !== undefined) {
    return (
      <Nothing title={text.stores.none} detail={text.stores.noneDetail}>
        <PageButton to="/stores" search={{}} variant="default">
          {text.stores.clear}
        </PageButton>
      </Nothing>
    );
  }
  return loading ? null : <Nothing title={text.stores.empty} detail={text.stores.emptyDetail} />;
}
