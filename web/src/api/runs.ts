import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { client } from "./client";
import type { OnboardItem, Run } from "./nouns";
import { answer, ProblemError } from "./problem";
import { type StoreRef, storesChanged } from "./stores";

const lookAgain = 1_000;
const prefer = "wait=10";

const runKey = (id: string) => ["run", id] as const;

/** useRun reads a run, again and again until it has ended; then everything that tells of stores is read again, too. */
export function useRun(id: string | undefined) {
  const queries = useQueryClient();
  return useQuery({
    queryKey: runKey(id ?? ""),
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<Run>(runKey(id ?? ""));
      const run = await answer(client.GET("/api/onboard/{runId}", { params: { path: { runId: id ?? "" } }, signal }));
      if (before !== undefined && before.state !== "done" && run.state === "done") void storesChanged(queries);
      return run;
    },
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.state === "done" ? false : lookAgain),
    refetchOnWindowFocus: (query) => query.state.data?.state !== "done",
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
