import { storeStates } from "../api/nouns";
import type { StoreFilter } from "../api/stores";

const longestQuery = 200;

/** storesSearch reads the filter of the list of stores from an address; what makes no sense is left out. */
export function storesSearch(search: Record<string, unknown>): StoreFilter {
  return {
    q: words(search.q)?.slice(0, longestQuery),
    brandId: words(search.brandId),
    state: storeStates.find((state) => state === search.state),
  };
}

/** words returns the value where it is some text. */
export function words(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
