import { Box, Group, Text } from "@mantine/core";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import type { ChosenStore } from "../draft/draft";
import { useText } from "../text/text";
import { Icon } from "./Icon";
import { IdCell } from "./IdCell";
import classes from "./MapGrid.module.css";
import { useVirtualRows } from "./useVirtualRows";

/** What the page can ask of the grid. */
export type MapGridHandle = { focus: (index: number) => void };

type Props = {
  ref: Ref<MapGridHandle>;
  stores: ChosenStore[];
  ids: ReadonlyMap<string, string>;
  /** What is wrong with a store's id, in words; null: nothing, or nothing that is to be said yet. */
  problemOf: (storeId: string) => string | null;
  allowed: readonly string[] | null;
  onType: (storeId: string, localStoreId: string) => void;
  /** Pasted cells, from the given row on; returns whether they were taken. */
  onPaste: (index: number, text: string) => boolean;
  onLeave: (storeId: string) => void;
  onRemove: (storeId: string) => void;
};

const proposals = "local-store-ids";

/** MapGrid has a field beside each chosen store. Enter goes down, and what is pasted fills down. */
export function MapGrid({ ref, stores, ids, problemOf, allowed, onType, onPaste, onLeave, onRemove }: Props) {
  const text = useText();
  const virtual = useVirtualRows<HTMLUListElement>({ count: stores.length, rowHeight: 62 });
  const focus = useFocus(virtual, stores.length);
  useImperativeHandle(ref, () => ({ focus }));
  return (
    <div className={classes.grid}>
      {allowed && (
        <datalist id={proposals}>
          {allowed.map((id) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      )}
      <div className={classes.head} aria-hidden>
        <span>{text.stores.store}</span>
        <span>{text.stores.address}</span>
        <span>{text.stores.localId}</span>
      </div>
      <ul
        ref={virtual.list}
        aria-label={text.map.title}
        className={classes.rows}
        style={{ paddingTop: virtual.before, paddingBottom: virtual.after }}
      >
        {virtual.rows.map(({ index }) => {
          const store = stores[index];
          if (store === undefined) return null;
          return (
            <li
              key={store.id}
              data-index={index}
              ref={virtual.measure}
              aria-posinset={index + 1}
              aria-setsize={stores.length}
              className={classes.row}
            >
              <Box className={classes.store}>
                <Text size="sm" fw={600}>
                  {store.name}
                </Text>
                <Text size="xs" c="dimmed">
                  {store.brandName}
                </Text>
              </Box>
              <Box className={classes.address}>
                <Text size="sm">{store.address}</Text>
                {store.localStoreId !== null && (
                  <Text size="xs" c="dimmed">
                    {text.map.now(store.localStoreId)}
                  </Text>
                )}
              </Box>
              <Group gap="xs" wrap="nowrap" align="start" className={classes.cell}>
                <IdCell
                  label={text.map.field(store.name)}
                  placeholder={text.map.placeholder}
                  value={ids.get(store.id) ?? ""}
                  problem={problemOf(store.id)}
                  proposals={allowed ? proposals : undefined}
                  onChange={(value) => onType(store.id, value)}
                  onPaste={(pasted) => onPaste(index, pasted)}
                  onMove={(step) => focus(index + step)}
                  onLeave={() => onLeave(store.id)}
                />
                <button
                  type="button"
                  className={classes.remove}
                  aria-label={text.map.remove(store.name)}
                  title={text.map.remove(store.name)}
                  onClick={() => onRemove(store.id)}
                >
                  <Icon name="close" />
                </button>
              </Group>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

type Rows = { list: { readonly current: HTMLElement | null }; show: (index: number) => void };

/** useFocus goes to a row's field, and scrolls there first where the row is not in the page. */
function useFocus({ list, show }: Rows, count: number) {
  const wanted = useRef<number | null>(null);
  const reach = () => {
    const field = list.current?.querySelector<HTMLInputElement>(`[data-index="${wanted.current}"] input`);
    if (!field) return false;
    wanted.current = null;
    field.focus();
    field.select();
    return true;
  };
  useEffect(() => {
    if (wanted.current !== null) reach();
  });
  return (index: number) => {
    if (index < 0 || index >= count) return;
    wanted.current = index;
    if (!reach()) show(index);
  };
}
