import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Item, OnboardItem, Run, Store } from "../api/nouns";
import { mayHelpToRetry } from "../api/problem";
import { useDisconnect, useRun, useStartRun } from "../api/runs";

type Options = {
  store: Store;
  /** The run whose outcome the address names. */
  runId: string | undefined;
  /** What upstream shows; null: no connection; undefined: not known. */
  live: string | null | undefined;
  /** Called when what was typed has been accepted and needs no second try. */
  onSettled: () => void;
};

type Question = { from: string; to: string };

/**
 * useChange changes one store's connection. The run goes into the address, so that its outcome, or the question that
 * a conflict asks, is there again after a reload.
 */
export function useChange({ store, runId, live, onSettled }: Options) {
  const navigate = useNavigate({ from: "/stores/$brandId/$storeId" });
  const start = useStartRun();
  const stop = useDisconnect();
  const run = useRun(runId);
  const [asked, setAsked] = useState<Question | null>(null);
  const [disconnected, setDisconnected] = useState(false);

  const item = run.data?.items.find((each) => each.storeId === store.id);
  const ours = live && store.mapping?.state === "connected" && store.mapping.localStoreId === live ? live : null;
  const question = asked ?? conflictOf(item, live);
  const show = (id: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, run: id }), replace: true });

  function send(ask: Pick<OnboardItem, "localStoreId" | "replaces">) {
    setDisconnected(false);
    stop.reset();
    start.mutate([{ brandId: store.brandId, storeId: store.id, ...ask }], {
      onSuccess: (begun) => {
        setAsked(null);
        if (!isOpen(begun)) onSettled();
        show(begun.id);
      },
      onError: () => {
        setAsked(null);
        show(undefined);
      },
    });
  }

  const last = start.variables?.[0];
  return {
    run: run.data,
    item,
    question,
    disconnected,
    /** The id that storelink put there and upstream still shows. */
    ours,
    busy: start.isPending || stop.isPending,
    error: start.error ?? stop.error ?? run.error,
    retry: last && start.error && mayHelpToRetry(start.error) ? () => send(last) : undefined,
    forgetError: () => {
      start.reset();
      stop.reset();
    },
    /** Asks first where an id of ours would go; an id that others put there is the service's to report. */
    connect: (to: string) => (ours ? setAsked({ from: ours, to }) : send({ localStoreId: to })),
    replace: () => question && send({ localStoreId: question.to, replaces: question.from }),
    keep: () => {
      setAsked(null);
      if (asked === null) show(undefined);
    },
    disconnect: (localStoreId: string, onEnd: () => void) => {
      start.reset();
      stop.mutate(
        { store: { brandId: store.brandId, storeId: store.id }, localStoreId },
        {
          onSuccess: (begun) => {
            setDisconnected(begun === null);
            show(begun?.id);
          },
          onSettled: onEnd,
        },
      );
    },
  };
}

/** The question of a conflict, while upstream still shows what it was about. */
function conflictOf(item: Item | undefined, live: string | null | undefined): Question | null {
  if (item?.outcome !== "conflict" || item.localStoreId === null || item.observedLocalStoreId === null) return null;
  if (live !== undefined && live !== item.observedLocalStoreId) return null;
  return { from: item.observedLocalStoreId, to: item.localStoreId };
}

/** Whether the person has to do something with what they typed. */
function isOpen(run: Run): boolean {
  return run.counts.conflict + run.counts.failed > 0;
}
