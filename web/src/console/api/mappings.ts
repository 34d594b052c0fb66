import {
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer, ProblemError, slugOf } from "../../api/problem";
import type { Mapping, MappingEvent, MappingList, MappingQuery } from "./nouns";
import { endless, pageSize, searchable } from "./pages";

const lookAgain = 2_000;
const watchFor = 20_000;
const mostEvents = 500;

/** useMappings searches the mapping table, page by page. */
export function useMappings(query: MappingQuery, enabled = true) {
  const asked = sent(query);
  return useInfiniteQuery({
    queryKey: ["mappings", asked],
    queryFn: ({ pageParam, signal }) => find({ ...asked, limit: pageSize, cursor: pageParam }, signal),
    ...endless,
    placeholderData: keepPreviousData,
    enabled,
  });
}

// A store that was asked for before its organization was loaded has no name yet: its id stands for it.
function named(mapping: Mapping): Mapping {
  return mapping.storeName === "" ? { ...mapping, storeName: mapping.storeId } : mapping;
}

// Nobody asked for a file here, so the answer is a list.
async function find(query: MappingQuery & { limit: number; cursor?: string }, signal: AbortSignal) {
  const list = (await answer(client.GET("/admin/mappings", { params: { query }, signal }))) as MappingList;
  return { ...list, items: list.items.map(named) };
}

/** exportAddress returns where all mappings that match come as one file. */
export function exportAddress(query: MappingQuery): string {
  const parameters = Object.entries(sent(query)).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => [name, String(one)]),
  );
  return `/admin/mappings?${new URLSearchParams([["format", "csv"], ...parameters])}`;
}

/** sent returns the query without words that the service would refuse. */
export function sent(query: MappingQuery): MappingQuery {
  return { ...query, q: searchable(query.q) };
}

/** useHolders finds the other mappings that an id belongs to. */
export function useHolders(localStoreId: string | null, notThis: string) {
  return useQuery({
    queryKey: ["holders", localStoreId],
    queryFn: ({ signal }) => find({ localStoreId: localStoreId ?? "", limit: 5 }, signal),
    select: (list) => list.items.filter((mapping) => mapping.id !== notThis),
    enabled: localStoreId !== null,
  });
}

/** What is known of a store that no mapping was found for. */
export type Unmapped = "known" | "unknown" | "mapped";

/** useUnmapped asks whether a store without a mapping exists at all. */
export function useUnmapped(remoteStoreId: string | undefined) {
  return useQuery({
    queryKey: ["lookup", remoteStoreId],
    queryFn: async ({ signal }): Promise<Unmapped> => {
      try {
        await answer(client.GET("/admin/mappings/lookup", { params: { query: { remoteStoreId } }, signal }));
        return "mapped";
      } catch (error) {
        if (!(error instanceof ProblemError) || slugOf(error) !== "not-found") throw error;
        return error.problem.knownStore ? "known" : "unknown";
      }
    },
    enabled: remoteStoreId !== undefined,
  });
}

const mappingKey = (id: string) => ["mapping", id] as const;

/** useMapping reads one mapping, again while storelink is at work on it, and for a while after an operator's act. */
export function useMapping(id: string) {
  const queries = useQueryClient();
  return useQuery({
    queryKey: mappingKey(id),
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<Mapping>(mappingKey(id));
      const mapping = named(
        await answer(client.GET("/admin/mappings/{mappingId}", { params: { path: { mappingId: id } }, signal })),
      );
      if (before !== undefined && before.updatedAt !== mapping.updatedAt)
        void queries.invalidateQueries({ queryKey: ["history", id] });
      return mapping;
    },
    refetchInterval: ({ state }) => {
      if (state.data === undefined) return false;
      const acted = queries.getQueryData<number>(["acted", id]) ?? 0;
      const atWork = state.data.state === "pending" || state.data.leasedUntil !== null;
      if (atWork || Date.now() - acted < watchFor) return lookAgain;
      return state.data.state === "waiting" ? 5 * lookAgain : false;
    },
  });
}

/** useHistory reads every change of a mapping, newest first. */
export function useHistory(id: string) {
  return useInfiniteQuery({
    queryKey: ["history", id],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/admin/mappings/{mappingId}/history", {
          params: { path: { mappingId: id }, query: { limit: mostEvents, cursor: pageParam } },
          signal,
        }),
      ),
    ...endless,
    select: ({ pages }): MappingEvent[] => pages.flatMap((page) => page.items).reverse(),
  });
}

/** What an operator can do to one mapping. */
export type ActName = "reconcile" | "adopt" | "disconnect";

/** Why an operator acts, and which id the act may touch; null: whatever is there. */
export type Act = { reason: string; expectObserved: string | null };

/** useAct does one thing to one mapping. A disconnect answers with its run. */
export function useAct(id: string, act: ActName) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ reason, expectObserved }: Act): Promise<string | null> => {
      const params = { path: { mappingId: id } };
      const body = { reason, expectObserved: expectObserved ?? undefined };
      if (act === "disconnect")
        return (await answer(client.POST("/admin/mappings/{mappingId}/disconnect", { params, body }))).id;
      const mapping = await answer(
        act === "adopt"
          ? client.POST("/admin/mappings/{mappingId}/adopt", { params, body })
          : client.POST("/admin/mappings/{mappingId}/reconcile", { params, body }),
      );
      queries.setQueryData(mappingKey(id), named(mapping));
      return null;
    },
    onSuccess: () => queries.setQueryData(["acted", id], Date.now()),
    // A refusal, too, may mean that what the page shows is old.
    onSettled: () => mappingsChanged(queries),
  });
}

/** mappingsChanged makes everything that tells of mappings be read again. */
export function mappingsChanged(queries: QueryClient): Promise<unknown> {
  const nouns = ["mappings", "mapping", "history", "holders", "organizations", "stats"];
  return Promise.all(nouns.map((noun) => queries.invalidateQueries({ queryKey: [noun] })));
}
