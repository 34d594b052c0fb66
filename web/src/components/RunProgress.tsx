import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import type { Run } from "../api/nouns";
import { useText } from "../text/text";
import { Ago } from "./Ago";

/** RunProgress counts how far a run has come, and says whether anybody has to do something for it to go on. */
export function RunProgress({ run, signInHref }: { run: Run; signInHref: string }) {
  const text = useText();
  const { connected, replaced, unchanged, disconnected, pending } = run.counts;
  const done = run.total - pending;
  const words = text.run.progress(done, run.total);
  return (
    <Stack gap="xs" role="status">
      <Progress value={run.total === 0 ? 100 : (100 * done) / run.total} aria-label={words} />
      <Text>
        {run.state === "done"
          ? text.run.asAsked(connected + replaced + unchanged + disconnected, run.total)
          : `${words}. ${run.waitingFor === "upstream" ? text.outcome.waitingUpstreamDetail : text.outcome.pendingDetail}`}
      </Text>
      {run.waitingFor === "consent" && run.state !== "done" && (
        <Group>
          <Text>{text.outcome.waitingConsent}</Text>
          <Button component="a" href={signInHref} size="xs">
            {text.again.signIn}
          </Button>
        </Group>
      )}
      <Text size="sm" c="dimmed">
        {text.run.started} <Ago at={run.createdAt} />
      </Text>
    </Stack>
  );
}
