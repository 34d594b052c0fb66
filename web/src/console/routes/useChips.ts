import type { Mapping, MappingQuery } from "../api/nouns";
import type { Chip } from "../components/FilterChips";
import { useConsoleText } from "../text/text";

/** useChips says which filters are in force. Names of the first row stand for the ids that all rows share. */
export function useChips(query: MappingQuery, row: Mapping | undefined, change: (part: MappingQuery) => void): Chip[] {
  const text = useConsoleText();
  const t = text.filters;
  const chips: Chip[] = [];
  for (const state of query.state ?? []) {
    const others = query.state?.filter((other) => other !== state);
    const rest = others && others.length > 0 ? others : undefined;
    chips.push({ key: state, name: t.state, value: text.states[state], remove: () => change({ state: rest }) });
  }
  for (const code of query.code ?? []) {
    const others = query.code?.filter((other) => other !== code);
    const rest = others && others.length > 0 ? others : undefined;
    chips.push({ key: code, name: t.code, value: text.codes[code], remove: () => change({ code: rest }) });
  }
  const values: [keyof MappingQuery & keyof typeof t, string | undefined][] = [
    ["localStoreId", query.localStoreId],
    ["desiredLocalStoreId", query.desiredLocalStoreId],
    ["observedLocalStoreId", query.observedLocalStoreId],
    ["remoteStoreId", query.remoteStoreId],
    ["organizationId", query.organizationId && (row?.organizationName ?? query.organizationId)],
    ["brandId", query.brandId && (row?.brandName ?? query.brandId)],
    ["dark", query.dark === undefined ? undefined : query.dark ? t.yes : t.no],
    ["staleSince", query.staleSince && moment(query.staleSince, text.language)],
  ];
  for (const [name, value] of values) {
    if (value !== undefined)
      chips.push({ key: name, name: String(t[name]), value, remove: () => change({ [name]: undefined }) });
  }
  return chips;
}

function moment(at: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}
