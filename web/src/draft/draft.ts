import { type Item, type OnboardItem, type Store, type StoreState, stateOf } from "../api/nouns";

/** A store that was chosen, with what the pages after show of it. */
export type ChosenStore = Pick<Store, "id" | "brandId" | "brandName" | "name"> & {
  address: string | null;
  state: StoreState;
  /** What it is connected to, as far as the table knows. */
  localStoreId: string | null;
};

/** What a person has chosen and typed, and storelink has not accepted yet. */
export type Draft = {
  stores: ReadonlyMap<string, ChosenStore>;
  /** The local store ids that were typed, by store. */
  ids: ReadonlyMap<string, string>;
  /** The idempotency key of an ask that went out, and what it asked for. */
  sent: { body: string; key: string } | null;
};

export const emptyDraft: Draft = { stores: new Map(), ids: new Map(), sent: null };

/** chosen makes a choice of a store of the list. */
export function chosen(store: Store, address: string | null): ChosenStore {
  const { id, brandId, brandName, name } = store;
  return {
    id,
    brandId,
    brandName,
    name,
    address,
    state: stateOf(store),
    localStoreId: store.mapping?.localStoreId ?? null,
  };
}

/** chosenAgain makes a choice of a store of a run. */
export function chosenAgain(item: Item): ChosenStore {
  const { brandId, brandName, storeId, storeName, observedLocalStoreId } = item;
  return {
    id: storeId,
    brandId,
    brandName,
    name: storeName,
    address: null,
    state: item.outcome === "conflict" ? "conflict" : "failed",
    localStoreId: observedLocalStoreId,
  };
}

/** inOrder returns the chosen stores by brand and name, as a spreadsheet would have them. */
export function inOrder(stores: Iterable<ChosenStore>, language: string): ChosenStore[] {
  const { compare } = new Intl.Collator(language, { numeric: true });
  return [...stores].sort((a, b) => compare(a.brandName, b.brandName) || compare(a.name, b.name));
}

/** asksOf returns what the draft asks for; stores without an id are left out. */
export function asksOf(stores: readonly ChosenStore[], ids: Draft["ids"]): OnboardItem[] {
  return stores.flatMap(({ brandId, id }) => {
    const localStoreId = ids.get(id);
    return localStoreId ? [{ brandId, storeId: id, localStoreId }] : [];
  });
}

/** fingerprint tells two asks apart (FNV-1a, 64 bits in two halves). */
export function fingerprint(value: unknown): string {
  const text = JSON.stringify(value);
  let a = 0x811c9dc5;
  let b = 0x9dc5811c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + i), 0x01000193);
  }
  return `${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}-${text.length}`;
}
