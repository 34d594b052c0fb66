import { Alert, Grid, Group, Loader, Stack, Text } from "@mantine/core";
import { createRoute } from "@tanstack/react-router";
import { useEffect } from "react";
import { Icon } from "../../components/Icon";
import { PageAnchor } from "../../components/links";
import { PageTitle } from "../../components/PageTitle";
import { stateSigns } from "../../components/signs";
import { useText } from "../../text/text";
import { useHistory, useMapping } from "../api/mappings";
import type { Mapping } from "../api/nouns";
import { ago } from "../components/ago";
import { HistoryTimeline } from "../components/HistoryTimeline";
import { MappingDetails, MappingIds } from "../components/MappingFacts";
import { useConsoleText } from "../text/text";
import { lastList } from "./lastList";
import { MappingActs } from "./MappingActs";
import { MappingHolders } from "./MappingHolders";
import { Problem } from "./Problem";
import { signedInRoute } from "./signedIn";

/** One mapping: why the store is as it is, what happened to it, what can be done. */
export const mappingRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/mappings/$mappingId",
  component: MappingPage,
});

function MappingPage() {
  const text = useConsoleText();
  const { mappingId } = mappingRoute.useParams();
  const { data: mapping, error, refetch } = useMapping(mappingId);
  return (
    <Stack gap="lg">
      <Group>
        <PageAnchor to="/mappings" search={lastList()} activeOptions={{ exact: true }}>
          <Group component="span" gap={6} display="inline-flex">
            <Icon name="back" />
            {text.mapping.back}
          </Group>
        </PageAnchor>
      </Group>
      {mapping && <Details key={mapping.id} mapping={mapping} />}
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!mapping && !error && <Loader aria-label={text.list.more} />}
    </Stack>
  );
}

function Details({ mapping }: { mapping: Mapping }) {
  const text = useConsoleText();
  return (
    <>
      <div>
        <PageTitle application={text.name} title={mapping.storeName} />
        <Text c="dimmed" size="sm">
          {mapping.brandName} ·{" "}
          <PageAnchor
            to="/mappings"
            search={{ organizationId: mapping.organizationId }}
            activeOptions={{ exact: true }}
            size="sm"
          >
            {mapping.organizationName}
          </PageAnchor>
        </Text>
      </div>
      <Why mapping={mapping} />
      <MappingActs mapping={mapping} />
      <MappingIds mapping={mapping} />
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <History mappingId={mapping.id} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <MappingDetails mapping={mapping} />
        </Grid.Col>
      </Grid>
    </>
  );
}

/** Why answers the question that people come with, in the first line of the page. */
function Why({ mapping: m }: { mapping: Mapping }) {
  const text = useConsoleText();
  const shared = useText();
  const { icon, color } = m.dark ? stateSigns.failed : stateSigns[m.state];
  const at = (time: string | null) => ago(time, shared);
  const times = {
    looked: at(m.observedAt),
    waiting: at(m.waitingSince),
    next: at(m.nextTryAt),
    changed: at(m.updatedAt),
  };
  return (
    <Alert
      role="status"
      variant="default"
      icon={<Icon name={icon} />}
      styles={{ icon: { color }, root: { borderInlineStart: `4px solid ${color}` } }}
    >
      <Stack gap="xs">
        <Text fz="lg" fw={600} lh="sm" style={{ overflowWrap: "anywhere" }}>
          {text.mapping.reason(m, times)}
        </Text>
        {m.dark && (
          <Text fw={600} c="var(--state-bad)">
            {text.mapping.dark}
          </Text>
        )}
        {m.upstreamMessage !== null && m.upstreamMessage !== "" && (
          <Text size="sm">
            {text.mapping.message}: <q>{m.upstreamMessage}</q>
          </Text>
        )}
        {m.code === "local_store_id_taken" && <MappingHolders mapping={m} />}
        {(m.waitingFor === "consent" || m.code === "scope_missing" || m.code === "access_denied") && (
          <PageAnchor to="/grants" search={{ organizationId: m.organizationId }} size="sm">
            {text.mapping.consents(m.organizationName)}
          </PageAnchor>
        )}
      </Stack>
    </Alert>
  );
}

function History({ mappingId }: { mappingId: string }) {
  const { data, error, hasNextPage, isFetching, isPending, fetchNextPage, refetch } = useHistory(mappingId);
  // The service tells it oldest first, and people want the newest: so all of it is read.
  useEffect(() => {
    if (hasNextPage && !isFetching && error === null) void fetchNextPage();
  }, [hasNextPage, isFetching, error, fetchNextPage]);
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  return <HistoryTimeline events={data ?? []} loading={isPending || hasNextPage} />;
}
