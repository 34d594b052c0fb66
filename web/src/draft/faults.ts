import { type LocalStoreIdFault, localStoreIdFault } from "../api/nouns";
import type { ChosenStore, Draft } from "./draft";

/** What can be wrong with one cell of the map. */
export type CellFault = LocalStoreIdFault | "line-break" | "duplicate" | "used";

/** A fault, and the store that it is about where another one has to do with it. */
export type Fault = { kind: CellFault; other?: string };

/** A local store id that a store of the organization has. */
export type Use = { storeId: string; storeName: string };

type Given = {
  stores: readonly ChosenStore[];
  ids: Draft["ids"];
  /** The only ids that may be used; null: any. */
  allowed: readonly string[] | null;
  /** Who has which id, as far as it is known. */
  uses: ReadonlyMap<string, Use>;
};

/** faultsOf finds everything that would be refused, by store. */
export function faultsOf({ stores, ids, allowed, uses }: Given): Map<string, Fault> {
  const faults = new Map<string, Fault>();
  const open = allowed === null ? null : new Set(allowed);
  const chosen = new Set(stores.map((store) => store.id));
  const first = new Map<string, ChosenStore>();
  for (const store of stores) {
    const id = ids.get(store.id) ?? "";
    const fault = ownFault(id, open) ?? usedFault(store, id, chosen, ids, uses);
    if (fault) faults.set(store.id, fault);
    const same = id === "" ? undefined : first.get(id);
    if (same === undefined) first.set(id, store);
    else {
      faults.set(store.id, { kind: "duplicate", other: same.name });
      if (!faults.has(same.id)) faults.set(same.id, { kind: "duplicate", other: store.name });
    }
  }
  return faults;
}

function ownFault(id: string, open: ReadonlySet<string> | null): Fault | null {
  if (/[\r\n]/.test(id)) return { kind: "line-break" };
  const kind = localStoreIdFault(id, null) ?? (open?.has(id) === false ? "not-allowed" : null);
  return kind && { kind };
}

// An id that another chosen store gives up in the same run is free: stores may exchange ids.
function usedFault(
  store: ChosenStore,
  id: string,
  chosen: ReadonlySet<string>,
  ids: Draft["ids"],
  uses: ReadonlyMap<string, Use>,
): Fault | null {
  const use = uses.get(id);
  if (use === undefined || use.storeId === store.id) return null;
  const next = chosen.has(use.storeId) ? ids.get(use.storeId) : undefined;
  return next !== undefined && next !== id ? null : { kind: "used", other: use.storeName };
}

/** usesOf tells who has which local store id. */
export function usesOf(stores: Iterable<{ id: string; name: string; localStoreId: string | null }>): Map<string, Use> {
  const uses = new Map<string, Use>();
  for (const { id, name, localStoreId } of stores) {
    if (localStoreId !== null) uses.set(localStoreId, { storeId: id, storeName: name });
  }
  return uses;
}
