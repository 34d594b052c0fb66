import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "../../api/client";
import { answer } from "../../api/problem";
import { mappingsChanged } from "./mappings";
import type { AdminRun, Item, ItemState, RunState } from "./nouns";
import { endless, type ListPage, pageSize } from "./pages";

const lookAgain = 2_000;

/** Which runs are listed. */
export type RunFilter = { organizationId?: string; state?: RunState };

/** useRuns lists runs of all organizations, newest first, again and again. */
export function useRuns(filter: RunFilter) {
  return useInfiniteQuery({
    queryKey: ["runs", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/admin/runs", { params: { query: { ...filter, limit: pageSize, cursor: pageParam } }, signal }),
      ),
    ...endless,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((run) => run.state !== "done")) ? 5 * lookAgain : false,
  });
}

const runKey = (id: string) => ["run", id] as const;

/** useRun reads a run and follows it as it happens; where no stream can be had it asks again and again. */
export function useRun(id: string) {
  const queries = useQueryClient();
  const run = useQuery({
    queryKey: runKey(id),
    queryFn: ({ signal }) => answer(client.GET("/admin/runs/{runId}", { params: { path: { runId: id } }, signal })),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === "done" ? false : 2 * lookAgain),
  });
  const unended = run.data !== undefined && run.data.state !== "done";
  useEffect(() => {
    if (!unended || typeof EventSource === "undefined") return;
    const stream = new EventSource(`/admin/runs/${encodeURIComponent(id)}/events`);
    stream.onmessage = ({ data }) => {
      const told = JSON.parse(String(data)) as AdminRun;
      queries.setQueryData<AdminRun>(runKey(id), (known) => known && { ...told, items: known.items });
      tellItems(queries, id, told.items);
      if (told.state !== "done") return;
      stream.close();
      void queries.invalidateQueries({ queryKey: ["items", id] });
      void mappingsChanged(queries);
    };
    return () => stream.close();
  }, [unended, id, queries]);
  return run;
}

// A list of items that ended in one way is read anew once the run has ended; the whole list changes as it happens.
function tellItems(queries: QueryClient, id: string, items: Item[]) {
  const changed = new Map(items.map((item) => [item.storeId, item]));
  queries.setQueryData<InfiniteData<ListPage<Item>>>(["items", id, null], (known) => {
    const page = (p: ListPage<Item>) => ({ ...p, items: p.items.map((item) => changed.get(item.storeId) ?? item) });
    return known && { ...known, pages: known.pages.map(page) };
  });
}

/** useRunItems lists the stores of a run. */
export function useRunItems(id: string, outcome: ItemState | undefined) {
  return useInfiniteQuery({
    queryKey: ["items", id, outcome ?? null],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/admin/runs/{runId}/items", {
          params: { path: { runId: id }, query: { outcome, limit: pageSize, cursor: pageParam } },
          signal,
        }),
      ),
    ...endless,
    placeholderData: keepPreviousData,
  });
}

/** useCancel cancels what a run has not begun. */
export function useCancel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(client.POST("/admin/runs/{runId}/cancel", { params: { path: { runId: id } } })),
    onSuccess: (run) => queries.setQueryData(runKey(id), run),
    onSettled: () => {
      for (const noun of ["run", "items"]) void queries.invalidateQueries({ queryKey: [noun, id] });
    },
  });
}
