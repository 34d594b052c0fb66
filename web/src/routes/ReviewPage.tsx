import { Button, Progress, Stack, Text } from "@mantine/core";
import { Navigate, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { usePreview } from "../api/preview";
import { mayHelpToRetry } from "../api/problem";
import { useStartBulk } from "../api/runs";
import { BottomBar } from "../components/BottomBar";
import { PageButton } from "../components/links";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { Steps } from "../components/Steps";
import { asksOf, type Draft, fingerprint } from "../draft/draft";
import { itemsOf, type Plan, planOf } from "../draft/steps";
import { useText } from "../text/text";
import { PlanGroups } from "./PlanGroups";
import { useSignedIn } from "./signedIn";
import { useMapping } from "./useMapping";
import { useSignInHref } from "./useSignInHref";

/** ReviewPage shows what would happen, asks where something would be replaced, and starts the run. */
export function ReviewPage() {
  const { draft, faults, ...mapping } = useMapping();
  const [accepted, setAccepted] = useState(false);
  if (accepted) return null; // on the way to the run, which has the draft now
  if (draft.stores.size === 0 || faults.size > 0) return <Navigate to="/map" replace />;
  return <Review draft={draft} onAccepted={() => setAccepted(true)} {...mapping} />;
}

type Props = Omit<ReturnType<typeof useMapping>, "faults"> & { draft: Draft; onAccepted: () => void };

function Review({ keeper, draft, stores, uses, onAccepted }: Props) {
  const text = useText();
  const { application } = useSignedIn();
  const signInHref = useSignInHref();
  const navigate = useNavigate();
  const asks = useMemo(() => asksOf(stores, draft.ids), [stores, draft.ids]);
  const preview = usePreview(
    asks,
    useMemo(() => fingerprint(asks), [asks]),
  );
  const [confirmed, setConfirmed] = useState<ReadonlySet<string>>(new Set());
  const plan = useMemo(
    () =>
      planOf({
        previews: preview.data?.pages.flatMap((page) => page.items) ?? [],
        stores: draft.stores,
        ids: draft.ids,
        uses,
      }),
    [preview.data, draft, uses],
  );
  const start = useStartBulk();
  const items = useMemo(() => itemsOf(plan, confirmed), [plan, confirmed]);
  const confirm = (storeIds: string[], on: boolean) => {
    const next = new Set(confirmed);
    for (const id of storeIds) on ? next.add(id) : next.delete(id);
    setConfirmed(next);
  };
  const send = () =>
    start.mutate(
      { items, key: keeper.keyFor(fingerprint(items)) },
      {
        onSuccess: (run) => {
          onAccepted();
          void navigate({ to: "/runs/$runId", params: { runId: run.id } }).then(() => keeper.accepted());
        },
      },
    );

  const counts = counted(plan, confirmed);
  return (
    <>
      <Steps current="review" />
      <Stack gap="md" mt="lg" mb="lg">
        <div>
          <PageTitle application={application.name} title={text.review.title} />
          <Text c="dimmed">{text.review.detail}</Text>
        </div>
        {!preview.complete && (
          <Stack gap={4} role="status">
            <Progress value={(100 * preview.looked) / asks.length} aria-label={text.review.looking(0, asks.length)} />
            <Text size="sm">{text.review.looking(preview.looked, asks.length)}</Text>
          </Stack>
        )}
        {preview.error && (
          <ProblemAlert
            error={preview.error}
            signInHref={signInHref}
            onRetry={() => void (preview.looked > 0 ? preview.fetchNextPage() : preview.refetch())}
          />
        )}
        {start.error && (
          <ProblemAlert
            error={start.error}
            signInHref={signInHref}
            onRetry={mayHelpToRetry(start.error) ? send : undefined}
          />
        )}
        <PlanGroups plan={plan} confirmed={confirmed} onConfirm={confirm} />
      </Stack>
      <BottomBar
        label={text.review.bar}
        status={preview.complete ? text.review.left(counts.left) : text.review.looking(preview.looked, asks.length)}
      >
        <PageButton to="/map" variant="default">
          {text.page.back}
        </PageButton>
        <Button onClick={send} loading={start.isPending} disabled={!preview.complete || items.length === 0}>
          {text.review.action(counts)}
        </Button>
      </BottomBar>
    </>
  );
}

function counted(plan: Plan, confirmed: ReadonlySet<string>) {
  const asked = [...plan.replace, ...plan.conflict];
  const replace = asked.filter(({ store }) => confirmed.has(store.id)).length;
  return {
    connect: plan.connect.length,
    replace,
    right: plan.right.length,
    left: asked.length - replace + plan.taken.length + plan.missing.length,
  };
}
