import { Table, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { type ReactNode, useMemo } from "react";
import { useVirtualRows } from "../../components/useVirtualRows";
import { useConsoleText } from "../text/text";
import classes from "./DataTable.module.css";

/** A column of a table; of a card it is a line. */
export type Column<T> = {
  id: string;
  header: string;
  /** In rem; columns share the room there is in this proportion. */
  width: number;
  cell: (row: T) => ReactNode;
  /** Whether the list can be ordered by it. */
  sortable?: boolean;
  /** Numbers stand at the right. */
  numeric?: boolean;
};

export type ListProps<T extends object> = {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowId: (row: T) => string;
  /** The exact number of rows that there are, loaded or not; null: unknown. */
  total: number | null;
  /** What the list is ordered by: a column's id, with a minus before it for the other direction. */
  sort?: string;
  onSort?: (sort: string) => void;
  onNearEnd: () => void;
};

const features = tableFeatures({});
const widest = 78; // rem; a table that wants more scrolls sideways by itself

/** DataTable lists rows in columns; of a long list only the rows near the window are in the page. */
export function DataTable<T extends object>({
  label,
  columns,
  rows,
  rowId,
  total,
  sort,
  onSort,
  onNearEnd,
}: ListProps<T>) {
  const defined = useDefined(columns);
  const table = useTable({ features, columns: defined, data: rows, getRowId: rowId });
  const virtual = useVirtualRows<HTMLTableElement>({ count: rows.length, rowHeight: 57, onNearEnd });
  const sum = columns.reduce((width, column) => width + column.width, 0);
  const { rows: made } = table.getRowModel();
  const content = (
    <Table
      ref={virtual.list}
      aria-label={label}
      aria-rowcount={total === null ? -1 : total + 1}
      layout="fixed"
      highlightOnHover
      stickyHeader={sum <= widest}
      miw={sum > widest ? `${sum}rem` : undefined}
      className={classes.table}
    >
      <Table.Thead className={classes.head}>
        <Table.Tr aria-rowindex={1}>
          {columns.map((column) => (
            <Header key={column.id} column={column} share={column.width / sum} sort={sort} onSort={onSort} />
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        <Gap columns={columns.length} height={virtual.before} />
        {virtual.rows.map(({ index }) => {
          const row = made[index];
          return (
            row && (
              <Table.Tr key={row.id} data-index={index} ref={virtual.measure} aria-rowindex={index + 2}>
                {row.getAllCells().map((cell, at) => (
                  <Table.Td
                    key={cell.id}
                    ta={columns[at]?.numeric ? "right" : undefined}
                    style={{ overflowWrap: "anywhere" }}
                  >
                    <table.FlexRender cell={cell} />
                  </Table.Td>
                ))}
              </Table.Tr>
            )
          );
        })}
        <Gap columns={columns.length} height={virtual.after} />
      </Table.Tbody>
    </Table>
  );
  if (sum <= widest) return content;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (WCAG 2.1.1).
    <section className={classes.scroll} tabIndex={0} aria-label={label}>
      {content}
    </section>
  );
}

function useDefined<T extends object>(columns: Column<T>[]) {
  return useMemo(() => {
    const helper = createColumnHelper<typeof features, T>();
    return helper.columns(
      columns.map(({ id, header, cell }) => helper.display({ id, header, cell: ({ row }) => cell(row.original) })),
    );
  }, [columns]);
}

type HeaderProps<T> = {
  column: Column<T>;
  share: number;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
};

function Header<T>({ column: { id, header, sortable, numeric }, share, sort, onSort }: HeaderProps<T>) {
  const text = useConsoleText();
  const width = `${(100 * share).toFixed(2)}%`;
  const align = numeric ? "right" : undefined;
  if (!sortable || onSort === undefined) {
    return (
      <Table.Th scope="col" w={width} ta={align}>
        {header}
      </Table.Th>
    );
  }
  const direction = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
  return (
    <Table.Th scope="col" w={width} ta={align} aria-sort={direction}>
      <UnstyledButton className={classes.sort} onClick={() => onSort(direction === "ascending" ? `-${id}` : id)}>
        {header}
        <VisuallyHidden> {text.list.sortBy(header)}</VisuallyHidden>
        <span aria-hidden="true">{{ ascending: " ▲", descending: " ▼", none: " ⇅" }[direction]}</span>
      </UnstyledButton>
    </Table.Th>
  );
}

function Gap({ columns, height }: { columns: number; height: number }) {
  return height > 0 ? (
    <Table.Tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </Table.Tr>
  ) : null;
}
