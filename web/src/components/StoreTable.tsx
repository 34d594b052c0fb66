import { Table, Text, VisuallyHidden } from "@mantine/core";
import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { type KeyboardEvent, useMemo } from "react";
import { type Store, stateOf } from "../api/nouns";
import { useText } from "../text/text";
import { addressLine } from "./address";
import { ChoiceBox } from "./ChoiceBox";
import type { Choice } from "./choice";
import { PageAnchor } from "./links";
import { StateLabel } from "./StateLabel";
import classes from "./StoreTable.module.css";
import { useRange } from "./useRange";
import { useVirtualRows } from "./useVirtualRows";

export type StoreListProps = {
  stores: Store[];
  total: number | null;
  onNearEnd: () => void;
  /** Null where nothing may be chosen. */
  choice: Choice | null;
};

const features = tableFeatures({});
const widths: Record<string, string> = { name: "36%", address: "28%", localId: "17%", state: "19%" };
const column = createColumnHelper<typeof features, Store>();

/** StoreTable lists stores; of a long list only the rows near the window are in the page. */
export function StoreTable({ stores, total, onNearEnd, choice }: StoreListProps) {
  const columns = useColumns();
  const text = useText();
  const table = useTable({ features, columns, data: stores, getRowId: (store) => store.id });
  const { rows } = table.getRowModel();
  const virtual = useVirtualRows<HTMLTableElement>({ count: rows.length, rowHeight: 61, onNearEnd });
  const choose = useRange(stores, choice);
  return (
    <Table
      ref={virtual.list}
      aria-label={text.stores.title}
      aria-rowcount={total === null ? -1 : total + 1}
      layout="fixed"
      highlightOnHover
      className={classes.table}
      onKeyDown={byArrows}
    >
      <Table.Thead className={classes.head}>
        {table.getHeaderGroups().map((group) => (
          <Table.Tr key={group.id} aria-rowindex={1}>
            {choice && (
              <Table.Th w={44}>
                <ChoiceBox
                  label={text.choose.all}
                  checked={choice.all === true}
                  some={choice.all === "some"}
                  disabled={choice.busy}
                  onChange={choice.onAll}
                />
              </Table.Th>
            )}
            {group.headers.map((header) => (
              <Table.Th key={header.id} scope="col" w={widths[header.id]}>
                <table.FlexRender header={header} />
              </Table.Th>
            ))}
          </Table.Tr>
        ))}
      </Table.Thead>
      <Table.Tbody>
        <Gap height={virtual.before} />
        {virtual.rows.map(({ index }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const chosen = choice?.chosen.has(row.id) ?? false;
          return (
            <Table.Tr
              key={row.id}
              data-index={index}
              data-chosen={chosen || undefined}
              ref={virtual.measure}
              aria-rowindex={index + 2}
            >
              {choice && (
                <Table.Td>
                  <ChoiceBox
                    label={text.choose.one(row.original.name)}
                    checked={chosen}
                    onChange={(on, range) => choose(index, on, range)}
                  />
                </Table.Td>
              )}
              {row.getAllCells().map((cell) => (
                <Table.Td key={cell.id} style={{ overflowWrap: "anywhere" }}>
                  <table.FlexRender cell={cell} />
                </Table.Td>
              ))}
            </Table.Tr>
          );
        })}
        <Gap height={virtual.after} />
      </Table.Tbody>
    </Table>
  );
}

/** byArrows moves the focus up and down between the tick boxes. */
export function byArrows(event: KeyboardEvent<HTMLElement>) {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
  if (step === 0 || row === null || (event.target as HTMLInputElement).type !== "checkbox") return;
  event.preventDefault();
  const next = `[data-index="${Number(row.dataset.index) + step}"] input[type="checkbox"]`;
  event.currentTarget.querySelector<HTMLElement>(next)?.focus();
}

function useColumns() {
  const text = useText();
  return useMemo(
    () =>
      column.columns([
        column.accessor("name", { header: text.stores.store, cell: ({ row }) => <StoreName store={row.original} /> }),
        column.accessor((store) => addressLine(store.address), {
          id: "address",
          header: text.stores.address,
          cell: ({ getValue }) => getValue() ?? <Missing words={text.stores.noAddress} />,
        }),
        column.accessor((store) => store.mapping?.localStoreId ?? null, {
          id: "localId",
          header: text.stores.localId,
          cell: ({ getValue }) => getValue() ?? <Missing words={text.stores.noLocalId} />,
        }),
        column.accessor(stateOf, {
          id: "state",
          header: text.stores.state,
          cell: ({ getValue }) => <StateLabel state={getValue()} />,
        }),
      ]),
    [text],
  );
}

/** StoreName is the way to a store; the list's filter stays in the address. */
export function StoreName({ store }: { store: Store }) {
  return (
    <>
      <PageAnchor
        to="/stores/$brandId/$storeId"
        params={{ brandId: store.brandId, storeId: store.id }}
        search={true}
        size="sm"
        fw={600}
      >
        {store.name}
      </PageAnchor>
      <Text size="xs" c="dimmed">
        {store.brandName}
      </Text>
    </>
  );
}

/** Missing is a dash to the eye and words to a screen reader. */
export function Missing({ words }: { words: string }) {
  return (
    <Text span c="dimmed">
      <span aria-hidden="true">—</span>
      <VisuallyHidden>{words}</VisuallyHidden>
    </Text>
  );
}

/** Gap is the room of the rows that are not in the page. */
export function Gap({ height }: { height: number }) {
  return height > 0 ? (
    <Table.Tr aria-hidden>
      <td colSpan={5} style={{ height, padding: 0 }} />
    </Table.Tr>
  ) : null;
}
