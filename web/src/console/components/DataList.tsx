import { Loader, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useConsoleText } from "../text/text";
import { DataCards } from "./DataCards";
import { DataTable, type ListProps } from "./DataTable";

type Props<T extends object> = ListProps<T> & {
  /** Whether nothing has arrived yet. */
  pending: boolean;
  /** Whether the next page is on its way. */
  loadingMore: boolean;
  /** Whether what is shown is all. */
  complete: boolean;
  /** What stands there where there are no rows. */
  nothing: ReactNode;
};

/** DataList is a list in the form that fits the screen, or why there is none. */
export function DataList<T extends object>({ pending, loadingMore, complete, nothing, ...list }: Props<T>) {
  const text = useConsoleText();
  const wide = useMediaQuery("(min-width: 48em)", true, { getInitialValueInEffect: false });
  if (pending) return <Loader aria-label={text.list.more} />;
  if (list.rows.length === 0) return nothing;
  return (
    <>
      {wide ? <DataTable {...list} /> : <DataCards {...list} />}
      <Text size="sm" c="dimmed" ta="center" role="status" mih="1.5em">
        {loadingMore ? text.list.more : complete ? text.list.end(list.rows.length) : ""}
      </Text>
    </>
  );
}
