import { Group, Loader, Stack, Text } from "@mantine/core";
import { createRoute } from "@tanstack/react-router";
import { useRun } from "../api/runs";
import { Icon } from "../components/Icon";
import { PageAnchor } from "../components/links";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { RunItems } from "../components/RunItems";
import { RunProgress } from "../components/RunProgress";
import { useText } from "../text/text";
import { signedInRoute, useSignedIn } from "./signedIn";
import { useSignInHref } from "./useSignInHref";

/** The progress and the result of one run. */
export const runRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/runs/$runId",
  component: RunPage,
});

function RunPage() {
  const text = useText();
  const { application } = useSignedIn();
  const { runId } = runRoute.useParams();
  const signInHref = useSignInHref();
  const { data: run, error, refetch } = useRun(runId);
  return (
    <Stack gap="md" maw="44rem">
      <Group>
        <PageAnchor to="/stores" activeOptions={{ exact: true }}>
          <Group component="span" gap={6} display="inline-flex">
            <Icon name="back" />
            {text.store.back}
          </Group>
        </PageAnchor>
      </Group>
      <PageTitle application={application.name} title={text.run.title} />
      {error && <ProblemAlert error={error} signInHref={signInHref} onRetry={() => void refetch()} />}
      {run && <RunProgress run={run} signInHref={signInHref} />}
      {run && <RunItems items={run.items} />}
      {run && run.total > run.items.length && (
        <Text size="sm" c="dimmed">
          {text.run.first(run.items.length)}
        </Text>
      )}
      {!run && !error && <Loader aria-label={text.page.loading} />}
    </Stack>
  );
}
