import { Progress, Stack, Text } from "@mantine/core";
import type { Stats } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { Facts, OverviewCard } from "./OverviewCards";

const laneColors = { interactive: "blue.7", background: "grape.7", drift: "teal.7" };

/** BudgetCard says how much of the shared budget of upstream calls each lane takes. */
export function BudgetCard({ budget }: { budget: Stats["budget"] }) {
  const text = useConsoleText();
  const t = text.overview;
  const { limitPerSecond: limit, rateShare, aheadSeconds, tokenCalls, lanes } = budget;
  const used = lanes.reduce((sum, { slotsPerSecond }) => sum + slotsPerSecond, 0);
  const may = limit * rateShare;
  const words = limit === 0 ? t.noLimit : t.used(text.decimal(used), text.decimal(may));
  return (
    <OverviewCard title={t.budget}>
      <Stack gap="xs">
        <Text size="sm">{words}</Text>
        {limit > 0 && (
          <Progress.Root size="lg" role="img" aria-label={words}>
            {lanes.map(({ lane, slotsPerSecond }) => (
              <Progress.Section
                key={lane}
                value={may === 0 ? 0 : Math.min(100, (100 * slotsPerSecond) / may)}
                color={laneColors[lane]}
                withAria={false}
              />
            ))}
          </Progress.Root>
        )}
        {rateShare < 1 && (
          <Text size="sm" c="var(--state-attention)">
            {t.lowered(text.percent(rateShare))}
          </Text>
        )}
        <Facts
          lines={[
            ...lanes.map(({ lane, slotsPerSecond }): [string, string] => [
              t.lanes[lane],
              t.perSecond(text.decimal(slotsPerSecond)),
            ]),
            [t.ahead, text.duration(aheadSeconds)],
            [t.tokenCalls, t.tokenCallsOf(tokenCalls)],
          ]}
        />
      </Stack>
    </OverviewCard>
  );
}
