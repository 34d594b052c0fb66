import { type QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { client } from "./client";
import type { Item, OnboardItem, Run } from "./nouns";
import { answer, ProblemError } from "./problem";
import { type StoreRef, storesChanged } from "./stores";

const lookAgain = 1_000;
const followAgain = 5_000;
const prefer = "wait=10";
const pageSize = 500;

const runKey = (id: string) => ["run", id] as const;

/** merged returns the newer snapshot of a run with all items that are known, each as it was told last. */
export function merged(before: Run | undefined, after: Run): Run {
  if (before === undefined) return after;
  const items = new Map(before.items.map((item) => [item.storeId, item]));
  for (const item of after.items) items.set(item.storeId, item);
  return { ...after, items: [...items.values()] };
}

function keep(queries: QueryClient, run: Run): Run {
  const before = queries.getQueryData<Run>(runKey(run.id));
  if (before?.state !== "done" && run.state === "done") void storesChanged(queries);
  return merged(before, run);
}

function readRun(queries: QueryClient, id: string, pollEvery: number | false) {
  return {
    queryKey: runKey(id),
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      keep(queries, await answer(client.GET("/api/onboard/{runId}", { params: { path: { runId: id } }, signal }))),
    refetchInterval: (query: { state: { data?: Run } }) => (query.state.data?.state === "done" ? false : pollEvery),
    refetchOnWindowFocus: (query: { state: { data?: Run } }) => query.state.data?.state !== "done",
  } as const;
}

/** useRun reads a run, again and again until it has ended; then everything that tells of stores is read again, too. */
export function useRun(id: string | undefined) {
  const queries = useQueryClient();
  return useQuery({ ...readRun(queries, id ?? "", lookAgain), enabled: id !== undefined });
}

/** How the page hears of a run: told as it happens, or by asking where no stream can be had. */
export type Hearing = "told" | "asking";

/**
 * useFollowedRun reads a run and follows it as it happens. A browser comes back to a broken stream by itself and gets
 * what it missed; where the service refuses the stream, the run is asked for until it can be followed again.
 */
export function useFollowedRun(id: string) {
  const queries = useQueryClient();
  const [hearing, setHearing] = useState<Hearing>("asking");
  const run = useQuery(readRun(queries, id, hearing === "told" ? false : 2 * lookAgain));
  const going = run.data !== undefined && run.data.state !== "done";
  useEffect(() => {
    if (going) return follow(id, (told) => queries.setQueryData(runKey(id), keep(queries, told)), setHearing);
  }, [going, id, queries]);
  return { ...run, hearing };
}

function follow(id: string, onRun: (run: Run) => void, onHearing: (hearing: Hearing) => void): () => void {
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(`/api/onboard/${encodeURIComponent(id)}/events`);
    source.onmessage = ({ data }) => {
      onHearing("told");
      onRun(JSON.parse(data) as Run);
    };
    source.onerror = () => {
      onHearing("asking");
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, followAgain);
    };
  };
  open();
  return () => {
    clearTimeout(again);
    source.close();
  };
}

/** useAllItems reads the items of a run of which not all are known, such as a long one that had ended before. */
export function useAllItems(run: Run | undefined, wanted: boolean) {
  const id = run?.id ?? "";
  return useQuery({
    queryKey: ["run-items", id, run?.state],
    queryFn: ({ signal }) => allItems(id, signal),
    enabled: wanted && run !== undefined && run.items.length < run.total,
  });
}

/** allItems reads all items of a run, in the order in which they were asked for. */
export async function allItems(runId: string, signal?: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const params = { path: { runId }, query: { limit: pageSize, cursor } };
    const page = await answer(client.GET("/api/onboard/{runId}/items", { params, signal }));
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** useRuns reads the runs of the organization, newest first. */
export function useRuns() {
  return useInfiniteQuery({
    queryKey: ["runs"],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET("/api/onboard", { params: { query: { limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

/**
 * useStartRun asks for stores to be connected and returns the run, ended or not. Where no answer came, asking the same
 * again repeats the idempotency key, so that it cannot begin a second run.
 */
export function useStartRun() {
  const queries = useQueryClient();
  const unanswered = useRef<{ body: string; key: string } | null>(null);
  return useMutation({
    mutationFn: async (items: OnboardItem[]) => {
      const body = JSON.stringify(items);
      if (unanswered.current?.body !== body) unanswered.current = { body, key: crypto.randomUUID() };
      const header = { Prefer: prefer, "Idempotency-Key": unanswered.current.key };
      return answer(client.POST("/api/onboard", { params: { header }, body: { items } }));
    },
    onSuccess: (run) => {
      unanswered.current = null;
      accepted(queries, run);
    },
    onError: (error) => {
      if (error instanceof ProblemError) unanswered.current = null;
    },
  });
}

/** useStartBulk asks for many stores and does not wait for them; the caller keeps the key past a reload. */
export function useStartBulk() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ items, key }: { items: OnboardItem[]; key: string }) =>
      answer(
        client.POST("/api/onboard", {
          params: { header: { Prefer: "respond-async", "Idempotency-Key": key } },
          body: { items },
        }),
      ),
    onSuccess: (run) => {
      accepted(queries, run);
      void queries.invalidateQueries({ queryKey: ["runs"] });
    },
  });
}

/** useCancelRun stops what a run has not begun. */
export function useCancelRun(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(client.POST("/api/onboard/{runId}/cancel", { params: { path: { runId: id } } })),
    onSuccess: (run) => {
      queries.setQueryData(runKey(id), keep(queries, run));
      void queries.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: () => void queries.invalidateQueries({ queryKey: runKey(id) }), // it may have ended meanwhile
  });
}

/** What a disconnect takes away: only the given id, where the page knows which one it shows. */
export type Disconnect = { store: StoreRef; localStoreId: string };

/** useDisconnect disconnects a store. It returns null once that is done, or the run that goes on. */
export function useDisconnect() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ store, localStoreId }: Disconnect): Promise<Run | null> => {
      const header = { Prefer: prefer, "If-Match": `"${localStoreId}"` };
      const run = await answer(
        client.DELETE("/api/brands/{brandId}/stores/{storeId}/connection", { params: { path: store, header } }),
      );
      return run ?? null;
    },
    onSuccess: (run) => accepted(queries, run),
    // A refusal may mean that somebody else changed the connection, so what the page shows may be old.
    onError: () => void storesChanged(queries),
  });
}

function accepted(queries: QueryClient, run: Run | null) {
  if (run !== null) queries.setQueryData(runKey(run.id), run);
  void storesChanged(queries);
}
