import { keepPreviousData, type QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { client } from "./client";
import type { Store, StoreState } from "./nouns";
import { answer } from "./problem";

/** Where a store stands in the organization. */
export type StoreRef = { brandId: string; storeId: string };

/** Which stores are listed. A query of fewer than three characters selects nothing and is left out. */
export type StoreFilter = { q?: string; brandId?: string; state?: StoreState };

/** The fewest characters that the service searches for. */
export const shortestQuery = 3;

const pageSize = 200;
const lookAgain = 1_000;

const largestPage = 500;

/** allStores reads every store that the filter finds, and tells how many have come. */
export async function allStores(
  filter: StoreFilter,
  signal: AbortSignal,
  onProgress: (come: number) => void = () => {},
): Promise<Store[]> {
  const stores: Store[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...listed(filter), limit: largestPage, cursor };
    const page = await answer(client.GET("/api/stores", { params: { query }, signal }));
    stores.push(...page.items);
    onProgress(stores.length);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return stores;
}

// The states in which a store has a local store id that no other store can have.
const holding = ["connected", "pending", "waiting", "drifted"] as const satisfies readonly StoreState[];

/** useHolders reads the stores that have a local store id, or are to have one. */
export function useHolders() {
  return useQuery({
    queryKey: ["stores", "holders"],
    queryFn: async ({ signal }) => {
      const all: Store[] = [];
      for (const state of holding) all.push(...(await allStores({ state }, signal)));
      return all;
    },
    staleTime: 30_000,
  });
}

function listed({ q, brandId, state }: StoreFilter): StoreFilter {
  return { q: (q ?? "").length < shortestQuery ? undefined : q, brandId, state };
}

/** useStores reads the organization's stores page by page, again and again while they are loaded for the first time. */
export function useStores(filter: StoreFilter) {
  const query = listed(filter);
  return useInfiniteQuery({
    queryKey: ["stores", query],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/api/stores", {
          params: { query: { ...query, limit: pageSize, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.pages.at(-1)?.loading ? lookAgain : false),
  });
}

/** useStore reads one store with its mapping, again while storelink is at work on it. */
export function useStore(ref: StoreRef) {
  return useQuery({
    queryKey: ["store", ref.brandId, ref.storeId],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/brands/{brandId}/stores/{storeId}", { params: { path: ref }, signal })),
    refetchInterval: (query) => {
      const state = query.state.data?.mapping?.state;
      return state === "pending" || state === "waiting" ? 2 * lookAgain : false;
    },
  });
}

/** useConnection asks upstream what the store is connected to at this moment. */
export function useConnection(ref: StoreRef) {
  return useQuery({
    queryKey: ["connection", ref.brandId, ref.storeId],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/brands/{brandId}/stores/{storeId}/connection", { params: { path: ref }, signal })),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
}

/** storesChanged makes everything that tells of stores be read again. */
export function storesChanged(queries: QueryClient): Promise<unknown> {
  return Promise.all(["stores", "store", "connection"].map((noun) => queries.invalidateQueries({ queryKey: [noun] })));
}
