import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer } from "../../api/problem";
import { type ActName, mappingsChanged, sent } from "./mappings";
import type { AdminRun, MappingQuery } from "./nouns";

/** The most mappings that can be acted on together. */
export const mostTogether = 10_000;

/** canAct reports whether the list is filtered: nobody acts on everything that there is. */
export function canAct(query: MappingQuery): boolean {
  return Object.values(filterOf(query)).some((value) => value !== undefined);
}

// The order of a list is no part of what is acted on.
function filterOf(query: MappingQuery) {
  const { sort: _, ...filter } = sent(query);
  return filter;
}

/** useMatching counts exactly the mappings that an act would be about. */
export function useMatching(action: ActName, query: MappingQuery) {
  const filter = filterOf(query);
  return useQuery({
    queryKey: ["matching", action, filter],
    queryFn: async ({ signal }) => {
      const body = { action, filter, preview: true };
      const counted = await answer(client.POST("/admin/mappings/actions", { body, signal }));
      return (counted as { count: number }).count;
    },
    staleTime: 0,
    gcTime: 0,
  });
}

/** What is to be done to how many, and why. */
export type Wish = { action: ActName; count: number; reason: string };

/** useActOnAll does the same to all mappings that match, as one run. */
export function useActOnAll(query: MappingQuery) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ action, count, reason }: Wish) => {
      const body = { action, filter: filterOf(query), expectCount: count, reason, preview: false };
      return (await answer(client.POST("/admin/mappings/actions", { body }))) as AdminRun;
    },
    // A refusal may mean that another number matches now.
    onError: () => queries.invalidateQueries({ queryKey: ["matching"] }),
    onSettled: () => mappingsChanged(queries),
  });
}
