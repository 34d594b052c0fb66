import type { MappingQuery } from "../api/nouns";
import { mappingSearch } from "./search";

const key = "storelink:list";

/** keepList remembers which mappings were listed last, for the way back. */
export function keepList(query: MappingQuery) {
  window.sessionStorage.setItem(key, JSON.stringify(query));
}

/** lastList returns which mappings were listed last. */
export function lastList(): MappingQuery {
  try {
    return mappingSearch(JSON.parse(window.sessionStorage.getItem(key) ?? "{}") as Record<string, unknown>);
  } catch {
    return {};
  }
}
