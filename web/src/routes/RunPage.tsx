import { Button, Group, Loader, Stack } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { connectScope, type Item, type Run } from "../api/nouns";
import { allItems, useAllItems, useCancelRun, useFollowedRun } from "../api/runs";
import { BackButton } from "../components/BackButton";
import { PageButton } from "../components/links";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { RunItems } from "../components/RunItems";
import { RunProgress } from "../components/RunProgress";
import { Steps } from "../components/Steps";
import { StopDialog } from "../components/StopDialog";
import { download } from "../draft/download";
import { chosenAgain } from "../draft/draft";
import { mayRetry, resultFile } from "../draft/result";
import { useText } from "../text/text";
import { useSignedIn } from "./signedIn";
import { useDraft } from "./useDraft";
import { useOnline } from "./useOnline";
import { useSignInHref } from "./useSignInHref";

const route = getRouteApi("/signed-in/runs/$runId");

/** RunPage shows a run as it goes on, and what came of it. */
export function RunPage() {
  const text = useText();
  const { application } = useSignedIn();
  const { runId } = route.useParams();
  const signInHref = useSignInHref();
  const { data: run, error, refetch, hearing } = useFollowedRun(runId);
  const online = useOnline();
  const all = useAllItems(run, run?.state === "done" || (online && hearing === "asking"));
  return (
    <>
      <Steps current="result" />
      <Stack gap="md" mt="lg">
        <PageTitle application={application.name} title={text.run.title} />
        {error && (run === undefined || run.state !== "done") && (
          <ProblemAlert error={error} signInHref={signInHref} onRetry={() => void refetch()} />
        )}
        {run && <Result run={run} items={all.data ?? run.items} offline={!online} />}
        {!run && !error && <Loader aria-label={text.page.loading} />}
      </Stack>
    </>
  );
}

function Result({ run, items, offline }: { run: Run; items: Item[]; offline: boolean }) {
  const text = useText();
  const signInHref = useSignInHref();
  const { scopes, returnTo } = useSignedIn();
  const { keeper } = useDraft();
  const navigate = useNavigate();
  const cancel = useCancelRun(run.id);
  const [stopping, setStopping] = useState(false);
  const retryable = useMemo(() => items.filter(mayRetry), [items]);
  const mayConnect = scopes.includes(connectScope);
  const again = (chosen: Item[], to: "/map" | "/review") => {
    keeper.choose(chosen.map(chosenAgain));
    keeper.type(chosen.map((item) => [item.storeId, item.localStoreId ?? ""] as const));
    void navigate({ to });
  };
  const save = async () =>
    download(`result-${run.createdAt.slice(0, 10)}.csv`, resultFile(text, await complete(run, items)));
  return (
    <>
      <RunProgress run={run} signInHref={signInHref} offline={offline} />
      <Group gap="sm">
        {run.state === "done" && <BackButton returnTo={returnTo} runId={run.id} />}
        {run.state === "done" && (
          <PageButton to="/stores" search={{}}>
            {text.run.more}
          </PageButton>
        )}
        {mayConnect && run.state === "done" && retryable.length > 0 && (
          <Button variant="default" onClick={() => again(retryable, "/review")}>
            {text.run.retry(retryable.length)}
          </Button>
        )}
        {mayConnect && run.state !== "done" && (
          <Button variant="default" c="var(--state-bad)" onClick={() => setStopping(true)}>
            {text.run.stop}
          </Button>
        )}
        <Button variant="default" onClick={() => void save()}>
          {text.run.download}
        </Button>
      </Group>
      {cancel.error && <ProblemAlert error={cancel.error} signInHref={signInHref} />}
      <RunItems
        items={items}
        signInHref={signInHref}
        mayConnect={mayConnect}
        onAgain={(item, to) => again([item], to)}
      />
      <StopDialog
        pending={stopping ? run.counts.pending : null}
        busy={cancel.isPending}
        onConfirm={() => cancel.mutate(undefined, { onSettled: () => setStopping(false) })}
        onCancel={() => setStopping(false)}
      />
    </>
  );
}

function complete(run: Run, items: Item[]): Promise<Item[]> | Item[] {
  return items.length < run.total ? allItems(run.id) : items;
}
