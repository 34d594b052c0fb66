import { Box, Stack } from "@mantine/core";
import { createRoute, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Nothing } from "../../components/Nothing";
import type { DriftPolicy, Organization } from "../api/nouns";
import { useOrganizations } from "../api/organizations";
import { shortestQuery } from "../api/pages";
import { DataList } from "../components/DataList";
import { ListHead } from "../components/ListHead";
import { useOrganizationColumns } from "../components/organizationColumns";
import { SearchBox } from "../components/SearchBox";
import { useConsoleText } from "../text/text";
import { PolicyDialog } from "./PolicyDialog";
import { Problem } from "./Problem";
import { clean, words } from "./search";
import { signedInRoute, useMayOperate } from "./signedIn";
import { useMore } from "./useMore";

/** The organizations: how many of their stores are how, whether their consent holds, what is done about drift. */
export const organizationsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/organizations",
  validateSearch: (search): { q?: string } => clean({ q: words(search.q)?.slice(0, 200) }),
  component: OrganizationsPage,
});

/** A change of policy that somebody is asked to confirm. */
export type PolicyWish = { organization: Organization; policy: DriftPolicy | null };

function OrganizationsPage() {
  const text = useConsoleText();
  const { q } = organizationsRoute.useSearch();
  const navigate = useNavigate({ from: organizationsRoute.fullPath });
  const [wish, setWish] = useState<PolicyWish | null>(null);
  const mayOperate = useMayOperate();
  const columns = useOrganizationColumns(
    mayOperate ? (organization, policy) => setWish({ organization, policy }) : undefined,
  );
  const organizations = useOrganizations(q);
  const rows = useMemo(() => organizations.data?.pages.flatMap((page) => page.items) ?? [], [organizations.data]);
  const more = useMore(organizations);
  const first = organizations.data?.pages[0];
  const t = text.organizations;
  return (
    <Stack gap="md">
      <ListHead title={t.title} total={first?.total ?? null} asOf={first?.asOf} />
      <Box maw="28rem">
        <SearchBox
          label={t.search}
          hint={t.searchHint}
          value={q ?? ""}
          shortest={shortestQuery}
          onChange={(words) => void navigate({ search: clean({ q: words || undefined }), replace: true })}
        />
      </Box>
      {organizations.error && <Problem error={organizations.error} onRetry={() => void organizations.refetch()} />}
      <DataList
        label={t.title}
        columns={columns}
        rows={rows}
        rowId={(organization) => organization.id}
        total={first?.total?.exact ? first.total.value : null}
        onNearEnd={more}
        pending={organizations.isPending && organizations.error === null}
        loadingMore={organizations.isFetchingNextPage}
        complete={!organizations.hasNextPage}
        nothing={
          organizations.error === null && (
            <Nothing title={q ? t.none : t.empty} detail={q ? t.noneDetail : t.emptyDetail} />
          )
        }
      />
      {wish && <PolicyDialog wish={wish} onEnd={() => setWish(null)} />}
    </Stack>
  );
}
