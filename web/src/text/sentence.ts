import type { Item } from "../api/nouns";
import type { Text } from "./text";

/** sentence says what an item's outcome means. */
export function sentence(text: Text, item: Item): string | null {
  const { storeName, localStoreId: id, observedLocalStoreId: observed, error } = item;
  if (error !== null) return text.outcome.failed(error.code, { id, observed });
  if (item.outcome === "conflict") return observed && text.outcome.conflict(observed);
  if (item.outcome === "superseded" || item.outcome === "cancelled") return null;
  return observed === null ? text.outcome.goNowhere(storeName) : text.outcome.goTo(storeName, observed);
}
