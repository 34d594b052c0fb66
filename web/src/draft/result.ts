import type { Item } from "../api/nouns";
import { sentence } from "../text/sentence";
import type { Text } from "../text/text";
import { csvOf } from "./sheet";

/** mayRetry reports whether asking the same again may succeed. */
export function mayRetry(item: Item): boolean {
  return item.localStoreId !== null && (item.outcome === "cancelled" || item.error?.retryable === true);
}

/** needsSomebody reports whether an item did not end as it was asked. */
export function needsSomebody(item: Item): boolean {
  return item.outcome === "failed" || item.outcome === "conflict";
}

/** resultFile writes the items of a run as a file, in the words of the page. */
export function resultFile(text: Text, items: readonly Item[]): string {
  const rows = items.map((item) => [
    item.storeId,
    item.brandName,
    item.storeName,
    item.localStoreId,
    item.outcome === null ? text.outcome.pending : text.outcomes[item.outcome],
    item.observedLocalStoreId,
    item.outcome === null ? null : sentence(text, item),
  ]);
  return csvOf([text.run.columns, ...rows]);
}
