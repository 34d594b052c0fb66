import { Box, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { createRoute, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { Ago } from "../../components/Ago";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Icon } from "../../components/Icon";
import { PageAnchor } from "../../components/links";
import { Nothing } from "../../components/Nothing";
import { PageTitle } from "../../components/PageTitle";
import { type AdminRun, type ItemState, itemStates } from "../api/nouns";
import { useCancel, useRun, useRunItems } from "../api/runs";
import { DataList } from "../components/DataList";
import { RunBar } from "../components/RunBar";
import { RunStateLabel, useItemColumns } from "../components/runColumns";
import { StateSelect } from "../components/StateSelect";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { clean, oneOf } from "./search";
import { signedInRoute, useMayOperate } from "./signedIn";
import { useMore } from "./useMore";

/** One run, as it happens: how far it is, how its stores ended, and the way to stop it. */
export const runRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/runs/$runId",
  validateSearch: (search): { outcome?: ItemState } => clean({ outcome: oneOf(itemStates, search.outcome) }),
  component: RunPage,
});

function RunPage() {
  const text = useConsoleText();
  const { runId } = runRoute.useParams();
  const { data: run, error, refetch } = useRun(runId);
  return (
    <Stack gap="lg">
      <Group>
        <PageAnchor to="/runs" activeOptions={{ exact: true }}>
          <Group component="span" gap={6} display="inline-flex">
            <Icon name="back" />
            {text.run.back}
          </Group>
        </PageAnchor>
      </Group>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {run && <Details key={run.id} run={run} />}
      {!run && !error && <Loader aria-label={text.list.more} />}
    </Stack>
  );
}

function Details({ run }: { run: AdminRun }) {
  const text = useConsoleText();
  const t = text.run;
  return (
    <>
      <Group justify="space-between" align="start">
        <div>
          <PageTitle application={text.name} title={t.title(run.total, run.organizationName || text.runs.several)} />
          <Group gap="sm">
            <RunStateLabel run={run} />
            <Text size="sm" c="dimmed">
              {t.started} <Ago at={run.createdAt} /> {t.by} {text.mapping.by(run.actor)}
              {run.endedAt !== null && (
                <>
                  , {t.ended} <Ago at={run.endedAt} />
                </>
              )}
            </Text>
          </Group>
        </div>
        <Cancel run={run} />
      </Group>
      <RunBar run={run} />
      <Items run={run} />
    </>
  );
}

function Items({ run }: { run: AdminRun }) {
  const text = useConsoleText();
  const t = text.run;
  const { outcome } = runRoute.useSearch();
  const navigate = useNavigate({ from: runRoute.fullPath });
  const columns = useItemColumns();
  const items = useRunItems(run.id, outcome);
  const rows = useMemo(() => items.data?.pages.flatMap((page) => page.items) ?? [], [items.data]);
  const more = useMore(items);
  return (
    <>
      <Box maw="16rem">
        <StateSelect
          label={t.outcome}
          options={itemStates}
          words={text.outcomes}
          value={outcome}
          onChange={(chosen) => void navigate({ search: clean({ outcome: chosen }) })}
        />
      </Box>
      {items.error && <Problem error={items.error} onRetry={() => void items.refetch()} />}
      <DataList
        label={t.items}
        columns={columns}
        rows={rows}
        rowId={(item) => item.storeId}
        total={outcome === undefined ? run.total : null}
        onNearEnd={more}
        pending={items.isPending && items.error === null}
        loadingMore={items.isFetchingNextPage}
        complete={!items.hasNextPage}
        nothing={items.error === null && <Nothing title={t.noItems} detail={t.noItemsDetail} />}
      />
    </>
  );
}

function Cancel({ run }: { run: AdminRun }) {
  const text = useConsoleText();
  const t = text.run;
  const [opened, { open, close }] = useDisclosure(false);
  const cancel = useCancel(run.id);
  const mayOperate = useMayOperate();
  if (!mayOperate || (run.state === "done" && !opened)) return null;
  return (
    <>
      <Button variant="default" onClick={open}>
        {t.cancel}
      </Button>
      {opened && (
        <ConfirmDialog
          opened
          danger
          title={t.cancelTitle}
          confirm={t.cancelConfirm}
          cancel={t.cancelKeep}
          busy={cancel.isPending}
          onCancel={close}
          onConfirm={() => cancel.mutate(undefined, { onSuccess: close })}
        >
          <Text>{t.cancelDetail(run.counts.pending)}</Text>
          {cancel.error && <Problem error={cancel.error} />}
        </ConfirmDialog>
      )}
    </>
  );
}
