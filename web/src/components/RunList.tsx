import { Card, Group, Stack, Text } from "@mantine/core";
import type { RunSummary } from "../api/nouns";
import { useText } from "../text/text";
import { Ago } from "./Ago";
import { Icon } from "./Icon";
import { PageAnchor } from "./links";
import { groupsOf } from "./runGroups";

/** RunList lists runs, each with what came of it. */
export function RunList({ runs }: { runs: RunSummary[] }) {
  const text = useText();
  return (
    <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: "none" }}>
      {runs.map((run) => (
        <Card component="li" key={run.id} withBorder padding="md" bg="var(--surface)">
          <Group justify="space-between" gap="xs">
            <PageAnchor to="/runs/$runId" params={{ runId: run.id }} fw={600}>
              {text.runs.stores(run.total)}, <Ago at={run.createdAt} />
            </PageAnchor>
            <Text size="sm" c="dimmed">
              {text.runs.states[run.state]}
            </Text>
          </Group>
          <Group gap="md" mt="xs">
            {groupsOf(run.counts).map(({ name, count, sign }) => (
              <Group key={name} gap={6} wrap="nowrap" c={sign.color}>
                <Icon name={sign.icon} />
                <Text size="sm" c="var(--mantine-color-text)">
                  {text.number(count)} {text.run.groups[name]}
                </Text>
              </Group>
            ))}
          </Group>
        </Card>
      ))}
    </Stack>
  );
}
