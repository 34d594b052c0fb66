import { Loader } from "@mantine/core";
import { PageButton } from "../../components/links";
import { Nothing } from "../../components/Nothing";
import { useUnmapped } from "../api/mappings";
import { isUUID, type MappingQuery } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";

/** NoMappings says why no mapping is listed: a store never asked for is told from one that does not exist. */
export function NoMappings({ query }: { query: MappingQuery }) {
  const text = useConsoleText();
  const t = text.mappings;
  const storeId = query.remoteStoreId ?? (query.q !== undefined && isUUID(query.q) ? query.q : undefined);
  const unmapped = useUnmapped(storeId);
  const given = Object.keys(query).filter((name) => name !== "sort");
  if (given.length === 0) return <Nothing title={t.empty} detail={t.emptyDetail} />;
  const clear = (
    <PageButton to="/mappings" search={{}} variant="default">
      {t.clear}
    </PageButton>
  );
  const only = given.length === 1;
  if (storeId !== undefined && unmapped.isPending) return <Loader aria-label={text.list.more} />;
  if (unmapped.error) return <Problem error={unmapped.error} onRetry={() => void unmapped.refetch()} />;
  if (unmapped.data === "known")
    return (
      <Nothing title={t.neverAsked} detail={t.neverAskedDetail}>
        {clear}
      </Nothing>
    );
  if (unmapped.data === "unknown")
    return (
      <Nothing title={t.unknownStore} detail={t.unknownStoreDetail}>
        {clear}
      </Nothing>
    );
  if (only && query.localStoreId !== undefined)
    return (
      <Nothing title={t.noLocalId(query.localStoreId)} detail={t.noLocalIdDetail}>
        {clear}
      </Nothing>
    );
  return (
    <Nothing title={t.none} detail={t.noneDetail}>
      {clear}
    </Nothing>
  );
}
