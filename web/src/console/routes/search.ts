import { isUUID, itemCodes, type MappingQuery, type MappingSort, mappingStates, sortColumns } from "../api/nouns";

const longest = 255;

/** mappingSearch reads the filter of the list of mappings from an address; what makes no sense is left out. */
export function mappingSearch(search: Record<string, unknown>): MappingQuery {
  return clean({
    q: words(search.q)?.slice(0, 200),
    state: anyOf(mappingStates, search.state),
    code: anyOf(itemCodes, search.code),
    localStoreId: words(search.localStoreId)?.slice(0, longest),
    desiredLocalStoreId: words(search.desiredLocalStoreId)?.slice(0, longest),
    observedLocalStoreId: words(search.observedLocalStoreId)?.slice(0, longest),
    remoteStoreId: uuid(search.remoteStoreId),
    organizationId: uuid(search.organizationId),
    brandId: uuid(search.brandId),
    dark:
      search.dark === "true" || search.dark === true
        ? true
        : search.dark === "false" || search.dark === false
          ? false
          : undefined,
    staleSince: time(search.staleSince),
    sort: sort(search.sort),
  });
}

/** words returns the value where it is some text. */
export function words(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** uuid returns the value where it has the form of an id. */
export function uuid(value: unknown): string | undefined {
  const given = words(value);
  return given !== undefined && isUUID(given) ? given : undefined;
}

/** oneOf returns the value where it is one of those that there are. */
export function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}

/** anyOf returns those of the given values that there are; none is no filter. */
export function anyOf<T extends string>(known: readonly T[], value: unknown): T[] | undefined {
  const given = [value].flat();
  const found = known.filter((one) => given.includes(one));
  return found.length > 0 ? found : undefined;
}

/** clean leaves out what is not given, so that equal filters look the same. */
export function clean<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T;
}

function time(value: unknown): string | undefined {
  const at = Date.parse(words(value) ?? "");
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

function sort(value: unknown): MappingSort | undefined {
  const given = words(value);
  const column = sortColumns.find((name) => name === given?.replace(/^-/, ""));
  return column === undefined ? undefined : (given as MappingSort);
}
