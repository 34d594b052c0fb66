import { Alert, Button, Card, Group, Progress, Stack, Text } from "@mantine/core";
import type { Run } from "../api/nouns";
import { useText } from "../text/text";
import { Ago } from "./Ago";
import { Icon } from "./Icon";
import { groupsOf } from "./runGroups";

type Props = { run: Run; signInHref: string; offline?: boolean };

/** RunProgress counts how far a run has come, and says whether anybody has to do something for it to go on. */
export function RunProgress({ run, signInHref, offline = false }: Props) {
  const text = useText();
  const { connected, replaced, unchanged, disconnected, pending } = run.counts;
  const done = run.total - pending;
  const words = text.run.progress(done, run.total);
  const share = (n: number) => (run.total === 0 ? 0 : (100 * n) / run.total);
  return (
    <Card withBorder padding="lg" bg="var(--surface)">
      <Stack gap="sm">
        <Stack gap="xs" role="status">
          <Text fz="xl" fw={600}>
            {run.state === "done"
              ? text.run.asAsked(connected + replaced + unchanged + disconnected, run.total)
              : words}
          </Text>
          {run.state !== "done" && (
            <Text>
              {run.waitingFor === "upstream" ? text.outcome.waitingUpstreamDetail : text.outcome.pendingDetail}
            </Text>
          )}
        </Stack>
        <Progress.Root size="lg" role="group" aria-label={words}>
          {ended(run.counts).map(({ name, count, sign }) => (
            <Progress.Section key={name} value={share(count)} color={sign.color} aria-label={text.run.groups[name]} />
          ))}
        </Progress.Root>
        <Group gap="lg">
          {groupsOf(run.counts).map(({ name, count, sign }) => (
            <Group key={name} gap={6} wrap="nowrap" c={sign.color}>
              <Icon name={sign.icon} />
              <Text size="sm" c="var(--mantine-color-text)">
                {text.number(count)} {text.run.groups[name]}
              </Text>
            </Group>
          ))}
        </Group>
        {run.waitingFor === "consent" && run.state !== "done" && (
          <Group>
            <Text>{text.outcome.waitingConsent}</Text>
            <Button component="a" href={signInHref} size="xs">
              {text.again.signIn}
            </Button>
          </Group>
        )}
        {offline && run.state !== "done" && (
          <Alert role="status" variant="default" icon={<Icon name="triangle" />} title={text.run.offline}>
            {text.run.offlineDetail}
          </Alert>
        )}
        <Text size="sm" c="dimmed">
          {text.run.started} <Ago at={run.createdAt} />
        </Text>
      </Stack>
    </Card>
  );
}

// What goes on is the part of the bar that is still empty.
function ended(counts: Run["counts"]) {
  return groupsOf(counts).filter(({ name }) => name !== "pending");
}
