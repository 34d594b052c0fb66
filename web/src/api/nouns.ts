import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** The nouns of the contract, as the generated types have them. */
export type Application = Schemas["Application"];
export type Brand = Schemas["Brand"];
export type Connection = Schemas["Connection"];
export type Item = Schemas["Item"];
export type ItemCode = Schemas["ItemCode"];
export type Loading = Schemas["Loading"];
export type OnboardItem = Schemas["OnboardItem"];
export type Outcome = Schemas["Outcome"];
export type PreviewItem = Schemas["PreviewItem"];
export type Problem = Schemas["Problem"];
export type Run = Schemas["Run"];
export type RunCounts = Schemas["RunCounts"];
export type RunSummary = Schemas["RunSummary"];
export type Session = Schemas["Session"];
export type Store = Schemas["Store"];
export type StoreList = Schemas["StoreList"];
export type StoreState = Schemas["StoreState"];
export type Total = Schemas["Total"];

/** All states that a store can be in, in the order in which a filter offers them. */
export const storeStates = [
  "none",
  "connected",
  "disconnected",
  "pending",
  "waiting",
  "conflict",
  "failed",
  "drifted",
  "unmanaged",
] as const satisfies readonly StoreState[];

/** stateOf returns the state of the store's mapping; a store never asked for has none. */
export function stateOf(store: Store): StoreState {
  return store.mapping?.state ?? "none";
}

/** The scope without which an account sees stores but cannot connect them. */
export const connectScope = "organization.service_integration";

const localStoreIdPattern = /^[!-~]([ -~]*[!-~])?$/;

/** What can be wrong with a local store id. */
export type LocalStoreIdFault = "empty" | "spaces" | "characters" | "long" | "not-allowed";

/**
 * localStoreIdFault checks an id as the contract does (1 to 255 printable ASCII characters, no space at either end),
 * and against the ids that the session may use where those are limited. It returns null for a good one.
 */
export function localStoreIdFault(id: string, allowed: readonly string[] | null): LocalStoreIdFault | null {
  if (id === "") return "empty";
  if (id !== id.trim()) return "spaces";
  if (!localStoreIdPattern.test(id)) return "characters";
  if (id.length > 255) return "long";
  if (allowed !== null && !allowed.includes(id)) return "not-allowed";
  return null;
}
