import type { OnboardItem, PreviewItem } from "../api/nouns";
import type { ChosenStore, Draft } from "./draft";
import type { Use } from "./faults";

/** What a run would do with one store, and what it is connected to now. */
export type Planned = { store: ChosenStore; to: string; from: string | null };

/** The plan of a run, in the groups that a person decides about. */
export type Plan = {
  connect: Planned[];
  replace: Planned[];
  right: Planned[];
  conflict: Planned[];
  /** What cannot be asked for: the id is another store's, or upstream has no such store. */
  taken: Planned[];
  missing: Planned[];
};

type Given = {
  previews: readonly PreviewItem[];
  stores: ReadonlyMap<string, ChosenStore>;
  ids: Draft["ids"];
  uses: ReadonlyMap<string, Use>;
};

/** planOf sorts what the service said about each store. */
export function planOf({ previews, stores, ids, uses }: Given): Plan {
  const plan: Plan = { connect: [], replace: [], right: [], conflict: [], taken: [], missing: [] };
  for (const { storeId, localStoreId: to, observedLocalStoreId: from, step } of previews) {
    const store = stores.get(storeId);
    if (store === undefined) continue;
    plan[groupOf(step, { storeId, to, from })].push({ store, to, from });
  }
  return plan;

  // A preview sees 100 stores; that the id's holder gives it up further down in the same run is known here alone.
  function groupOf(
    step: PreviewItem["step"],
    { storeId, to, from }: { storeId: string; to: string; from: string | null },
  ) {
    if (step === "not_found") return "missing";
    if (step === "none") return "right";
    if (step !== "taken") return step;
    const holder = uses.get(to)?.storeId;
    const freed =
      holder !== undefined && holder !== storeId && stores.has(holder) && ids.has(holder) && ids.get(holder) !== to;
    if (!freed) return "taken";
    return from === null ? "connect" : "replace";
  }
}

/** itemsOf returns what to ask for: what was not confirmed stays as it is, and a replace names what it replaces. */
export function itemsOf(plan: Plan, confirmed: ReadonlySet<string>): OnboardItem[] {
  const item = ({ store, to }: Planned) => ({ brandId: store.brandId, storeId: store.id, localStoreId: to });
  return [
    ...[...plan.connect, ...plan.right].map(item),
    ...[...plan.replace, ...plan.conflict]
      .filter(({ store }) => confirmed.has(store.id))
      .map((each) => ({ ...item(each), ...(each.from === null ? {} : { replaces: each.from }) })),
  ];
}
