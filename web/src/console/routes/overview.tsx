import { Grid, Loader, Skeleton, Stack } from "@mantine/core";
import { createRoute } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useStats, useStatsHistory } from "../api/stats";
import { useUnmatched } from "../api/webhooks";
import { BudgetCard } from "../components/BudgetCard";
import { ListHead } from "../components/ListHead";
import { CodesCard, ConsentsCard, DriftCard, WebhooksCard, WorkListCard } from "../components/OverviewCards";
import { StateTiles } from "../components/StateTiles";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { signedInRoute } from "./signedIn";
import { useRefresh } from "./useRefresh";

// The charts' library is larger than all the rest of the page: nobody waits for it to see the numbers.
const HistoryCharts = lazy(() => import("../components/HistoryCharts"));

const days = 30;

/** How things are, and how they were: each number leads to what is behind it. */
export const overviewRoute = createRoute({ getParentRoute: () => signedInRoute, path: "/", component: OverviewPage });

function OverviewPage() {
  const text = useConsoleText();
  const stats = useStats(useRefresh(15_000));
  const { data, error } = stats;
  const unmatched = useUnmatched();
  const firstPage = unmatched.data?.pages[0];
  return (
    <Stack gap="lg">
      <ListHead title={text.overview.title} total={null} asOf={data?.asOf} />
      {error && <Problem error={error} onRetry={() => void stats.refetch()} />}
      {data === undefined && error === null && <Loader aria-label={text.list.more} />}
      {data && (
        <>
          <StateTiles stats={data} />
          <History />
          <Grid gap="md">
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}>
              <BudgetCard budget={data.budget} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}>
              <WorkListCard lanes={data.workList} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}>
              <DriftCard drift={data.drift} drifted={data.drifted} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}>
              <CodesCard codes={data.codes} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}>
              <ConsentsCard grants={data.grants} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}>
              <WebhooksCard
                count={firstPage && (firstPage.total?.value ?? firstPage.items.length)}
                more={firstPage !== undefined && firstPage.total === null && firstPage.nextCursor !== null}
              />
            </Grid.Col>
          </Grid>
        </>
      )}
      {unmatched.error && <Problem error={unmatched.error} onRetry={() => void unmatched.refetch()} />}
    </Stack>
  );
}

function History() {
  const history = useStatsHistory(days, useRefresh(5 * 60_000));
  if (history.error) return <Problem error={history.error} onRetry={() => void history.refetch()} />;
  const waiting = <Skeleton h={280} animate={false} />;
  return history.data === undefined ? (
    waiting
  ) : (
    <Suspense fallback={waiting}>
      <HistoryCharts days={history.data} />
    </Suspense>
  );
}
