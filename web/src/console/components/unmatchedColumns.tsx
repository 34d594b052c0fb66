import { useMemo } from "react";
import { Ago } from "../../components/Ago";
import { PageAnchor } from "../../components/links";
import type { UnmatchedWebhook } from "../api/nouns";
import { useConsoleText } from "../text/text";
import type { Column } from "./DataTable";
import { Missing } from "./LocalId";

/** useUnmatchedColumns returns the columns of the list of webhooks that fitted no mapping; ids lead to a search. */
export function useUnmatchedColumns(): Column<UnmatchedWebhook>[] {
  const text = useConsoleText();
  return useMemo(() => {
    const t = text.unmatched;
    const none = <Missing words={text.list.nothing} />;
    return [
      { id: "received", header: t.received, width: 10, cell: (w) => <Ago at={w.receivedAt} /> },
      { id: "type", header: t.type, width: 14, cell: (w) => t.types[w.type] ?? w.type },
      {
        id: "local",
        header: t.localId,
        width: 12,
        cell: ({ localStoreId: id }) =>
          id === null ? (
            none
          ) : (
            <PageAnchor to="/mappings" search={{ localStoreId: id }} size="sm">
              {id}
            </PageAnchor>
          ),
      },
      {
        id: "remote",
        header: t.storeId,
        width: 20,
        cell: ({ remoteStoreId: id }) =>
          id === null ? (
            none
          ) : (
            <PageAnchor to="/mappings" search={{ q: id }} size="sm">
              {id}
            </PageAnchor>
          ),
      },
      { id: "told", header: t.told, width: 10, cell: (w) => (w.eventTime === null ? none : <Ago at={w.eventTime} />) },
    ];
  }, [text]);
}
