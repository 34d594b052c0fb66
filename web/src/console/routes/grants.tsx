import { Box, Group, Stack } from "@mantine/core";
import { createRoute, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Nothing } from "../../components/Nothing";
import { type GrantFilter, useGrants } from "../api/grants";
import type { Grant } from "../api/nouns";
import { DataList } from "../components/DataList";
import { FilterChips } from "../components/FilterChips";
import { useGrantColumns } from "../components/grantColumns";
import { ListHead } from "../components/ListHead";
import { StateSelect } from "../components/StateSelect";
import { useConsoleText } from "../text/text";
import { ForgetDialog } from "./ForgetDialog";
import { Problem } from "./Problem";
import { clean, oneOf, uuid } from "./search";
import { signedInRoute, useMayOperate } from "./signedIn";
import { useMore } from "./useMore";

const states = ["active", "reauthorization_required"] as const;

/** The consents that were given: whether they hold, when they run out. */
export const grantsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/grants",
  validateSearch: (search): GrantFilter =>
    clean({ organizationId: uuid(search.organizationId), state: oneOf(states, search.state) }),
  component: GrantsPage,
});

function GrantsPage() {
  const text = useConsoleText();
  const t = text.grants;
  const filter = grantsRoute.useSearch();
  const navigate = useNavigate({ from: grantsRoute.fullPath });
  const mayOperate = useMayOperate();
  const [forget, setForget] = useState<Grant | null>(null);
  const columns = useGrantColumns(mayOperate ? setForget : undefined);
  const grants = useGrants(filter);
  const rows = useMemo(() => grants.data?.pages.flatMap((page) => page.items) ?? [], [grants.data]);
  const more = useMore(grants);
  const first = grants.data?.pages[0];
  const filtered = filter.organizationId !== undefined || filter.state !== undefined;
  const change = (part: GrantFilter) => void navigate({ search: (before) => clean({ ...before, ...part }) });
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
            words={t.states}
            value={filter.state}
            onChange={(state) => change({ state })}
          />
        </Box>
        <FilterChips chips={chips} />
      </Group>
      {grants.error && <Problem error={grants.error} onRetry={() => void grants.refetch()} />}
      <DataList
        label={t.title}
        columns={columns}
        rows={rows}
        rowId={(grant) => grant.id}
        total={first?.total?.exact ? first.total.value : null}
        onNearEnd={more}
        pending={grants.isPending && grants.error === null}
        loadingMore={grants.isFetchingNextPage}
        complete={!grants.hasNextPage}
        nothing={
          grants.error === null && (
            <Nothing title={filtered ? t.none : t.empty} detail={filtered ? t.noneDetail : t.emptyDetail} />
          )
        }
      />
      {forget && <ForgetDialog grant={forget} onEnd={() => setForget(null)} />}
    </Stack>
  );
}
