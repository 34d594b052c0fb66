import { Box, Group, Stack } from "@mantine/core";
import { createRoute, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { Nothing } from "../../components/Nothing";
import { type RunFilter, useRuns } from "../api/runs";
import { DataList } from "../components/DataList";
import { FilterChips } from "../components/FilterChips";
import { ListHead } from "../components/ListHead";
import { useRunColumns } from "../components/runColumns";
import { StateSelect } from "../components/StateSelect";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { clean, oneOf, uuid } from "./search";
import { signedInRoute } from "./signedIn";
import { useMore } from "./useMore";

const states = ["running", "waiting", "done"] as const;

/** The runs of all organizations, newest first. */
export const runsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/runs",
  validateSearch: (search): RunFilter =>
    clean({ organizationId: uuid(search.organizationId), state: oneOf(states, search.state) }),
  component: RunsPage,
});

function RunsPage() {
  const text = useConsoleText();
  const t = text.runs;
  const filter = runsRoute.useSearch();
  const navigate = useNavigate({ from: runsRoute.fullPath });
  const columns = useRunColumns();
  const runs = useRuns(filter);
  const rows = useMemo(() => runs.data?.pages.flatMap((page) => page.items) ?? [], [runs.data]);
  const more = useMore(runs);
  const first = runs.data?.pages[0];
  const filtered = filter.organizationId !== undefined || filter.state !== undefined;
  const change = (part: RunFilter) => void navigate({ search: (before) => clean({ ...before, ...part }) });
  const chips =
    filter.organizationId === undefined
      ? []
      : [
          {
            key: "organization",
            name: t.organization,
            value: rows[0]?.organizationName ?? filter.organizationId,
            remove: () => change({ organizationId: undefined }),
          },
        ];
  return (
    <Stack gap="md">
      <ListHead title={t.title} total={first?.total ?? null} asOf={first?.asOf} />
      <Group align="end">
        <Box maw="16rem">
          <StateSelect
            label={t.state}
            options={states}
            words={text.runStates}
            value={filter.state}
            onChange={(state) => change({ state })}
          />
        </Box>
        <FilterChips chips={chips} />
      </Group>
      {runs.error && <Problem error={runs.error} onRetry={() => void runs.refetch()} />}
      <DataList
        label={t.title}
        columns={columns}
        rows={rows}
        rowId={(run) => run.id}
        total={first?.total?.exact ? first.total.value : null}
        onNearEnd={more}
        pending={runs.isPending && runs.error === null}
        loadingMore={runs.isFetchingNextPage}
        complete={!runs.hasNextPage}
        nothing={
          runs.error === null && (
            <Nothing title={filtered ? t.none : t.empty} detail={filtered ? t.noneDetail : t.emptyDetail} />
          )
        }
      />
    </Stack>
  );
}
