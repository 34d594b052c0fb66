import { useMemo } from "react";
import type { StoreList } from "../api/nouns";
import type { StoreFilter } from "../api/stores";
import { PageButton } from "../components/links";
import { Nothing } from "../components/Nothing";
import { StoreCards } from "../components/StoreCards";
import { StoreTable } from "../components/StoreTable";
import { useText } from "../text/text";

type Props = { pages: StoreList[]; filter: StoreFilter; wide: boolean; onNearEnd: () => void };

/** StoreListing is the list in the form that fits the screen, or why there is none. */
export function StoreListing({ pages, filter, wide, onNearEnd }: Props) {
  const text = useText();
  const stores = useMemo(() => pages.flatMap((page) => page.items), [pages]);
  const total = pages[0]?.total?.exact ? pages[0].total.value : null;
  if (stores.length > 0) {
    const List = wide ? StoreTable : StoreCards;
    return <List stores={stores} total={total} onNearEnd={onNearEnd} />;
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
  return pages[0]?.loading ? null : <Nothing title={text.stores.empty} detail={text.stores.emptyDetail} />;
}
