import { Anchor, Button, Group, Text } from "@mantine/core";
import { useMemo } from "react";
import type { Item } from "../api/nouns";
import { mayRetry, needsSomebody } from "../draft/result";
import { sentence } from "../text/sentence";
import { useText } from "../text/text";
import { PageAnchor } from "./links";
import classes from "./RunItems.module.css";
import { OutcomeLabel } from "./StateLabel";
import { useVirtualRows } from "./useVirtualRows";

type Props = {
  items: Item[];
  signInHref: string;
  mayConnect: boolean;
  /** The person wants to ask for the store again. */
  onAgain: (item: Item, to: "/map" | "/review") => void;
};

/** RunItems lists the stores of a run, those that need somebody on top, each with what can be done. */
export function RunItems({ items, ...acts }: Props) {
  const text = useText();
  const sorted = useMemo(() => inOrder(items, text.language), [items, text.language]);
  const virtual = useVirtualRows<HTMLUListElement>({ count: sorted.length, rowHeight: 73 });
  return (
    <ul
      ref={virtual.list}
      aria-label={text.run.stores}
      className={classes.items}
      style={{ paddingTop: virtual.before, paddingBottom: virtual.after }}
    >
      {virtual.rows.map(({ index }) => {
        const item = sorted[index];
        return (
          item && (
            <li
              key={item.storeId}
              data-index={index}
              ref={virtual.measure}
              aria-posinset={index + 1}
              aria-setsize={sorted.length}
              className={classes.item}
            >
              <RunItem item={item} {...acts} />
            </li>
          )
        );
      })}
    </ul>
  );
}

function inOrder(items: Item[], language: string): Item[] {
  const { compare } = new Intl.Collator(language, { numeric: true });
  return [...items].sort(
    (a, b) => urgency(a) - urgency(b) || compare(a.brandName, b.brandName) || compare(a.storeName, b.storeName),
  );
}

function urgency(item: Item): number {
  if (needsSomebody(item)) return item.outcome === "failed" ? 0 : 1;
  return item.outcome === "cancelled" || item.outcome === "superseded" ? 2 : 3;
}

function RunItem({ item, ...acts }: Omit<Props, "items"> & { item: Item }) {
  return (
    <>
      <div className={classes.store}>
        <PageAnchor
          to="/stores/$brandId/$storeId"
          params={{ brandId: item.brandId, storeId: item.storeId }}
          size="sm"
          fw={600}
        >
          {item.storeName}
        </PageAnchor>
        <Text size="xs" c="dimmed">
          {item.brandName}
        </Text>
      </div>
      <div className={classes.outcome}>
        <OutcomeLabel outcome={item.outcome} />
        <Said item={item} />
      </div>
      <Action item={item} {...acts} />
    </>
  );
}

function Said({ item }: { item: Item }) {
  const text = useText();
  const said = item.outcome === null ? null : sentence(text, item);
  return said && <Text size="sm">{said}</Text>;
}

/** The one thing that helps. */
function Action({ item, signInHref, mayConnect, onAgain }: Omit<Props, "items"> & { item: Item }) {
  const text = useText();
  const code = item.error?.code;
  if (code === "reauthorization_required" || code === "access_denied" || code === "scope_missing") {
    return (
      <Anchor href={signInHref} size="sm">
        {code === "reauthorization_required" ? text.again.signIn : text.account.other}
      </Anchor>
    );
  }
  const words =
    item.outcome === "conflict"
      ? text.run.decide
      : code === "local_store_id_refused" || code === "local_store_id_taken"
        ? text.run.otherId
        : mayRetry(item)
          ? text.run.again
          : null;
  if (words === null || !mayConnect || item.localStoreId === null) return null;
  return (
    <Group>
      <Button
        variant="default"
        size="xs"
        aria-label={`${words}: ${item.storeName}`}
        onClick={() => onAgain(item, words === text.run.otherId ? "/map" : "/review")}
      >
        {words}
      </Button>
    </Group>
  );
}
