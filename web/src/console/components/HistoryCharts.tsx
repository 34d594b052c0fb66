import { Box, Card, Group, SimpleGrid, Table, Text, Title } from "@mantine/core";
import { useId } from "react";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { type MappingState, mappingStates, type StatsDay } from "../api/nouns";
import { useConsoleText } from "../text/text";
import classes from "./HistoryCharts.module.css";

const stateColors: Record<MappingState, string> = {
  failed: "var(--mantine-color-red-7)",
  conflict: "var(--mantine-color-orange-8)",
  drifted: "var(--mantine-color-violet-5)",
  waiting: "var(--mantine-color-blue-6)",
  pending: "var(--mantine-color-cyan-7)",
  connected: "var(--mantine-color-green-8)",
  disconnected: "var(--mantine-color-gray-6)",
  unmanaged: "var(--mantine-color-grape-6)",
};

const attention = ["failed", "conflict", "drifted"] as const;
const others = mappingStates.filter((state) => !attention.some((loud) => loud === state));

type Series = { key: string; name: string; color: string };
type Row = { day: string } & Record<string, number | string>;

/** HistoryCharts shows how things were on each of the last days. */
export default function HistoryCharts({ days }: { days: StatsDay[] }) {
  const text = useConsoleText();
  const t = text.overview;
  const date = new Intl.DateTimeFormat(text.language, { day: "numeric", month: "short", timeZone: "UTC" });
  const rows: Row[] = days.map(({ day, states, driftFound, driftHealed }) => ({
    ...states,
    driftFound,
    driftHealed,
    day: date.format(new Date(`${day}T00:00:00Z`)),
  }));
  const series = (states: readonly MappingState[]): Series[] =>
    states.map((state) => ({ key: state, name: text.states[state], color: stateColors[state] }));
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }} spacing="md">
      <DayChart title={t.attentionByDay} rows={rows} series={series(attention)} stacked />
      <DayChart title={t.statesByDay} rows={rows} series={series(others)} stacked />
      <DayChart
        title={t.driftByDay}
        rows={rows}
        series={[
          { key: "driftFound", name: t.found, color: stateColors.drifted },
          { key: "driftHealed", name: t.healed, color: stateColors.connected },
        ]}
      />
    </SimpleGrid>
  );
}

type Props = { title: string; rows: Row[]; series: Series[]; stacked?: boolean };

// A picture is no use to who cannot see it, nor to who wants the number: so the numbers are there, too.
function DayChart({ title, rows, series, stacked }: Props) {
  const text = useConsoleText();
  const id = useId();
  return (
    <Card withBorder component="section" aria-labelledby={id} padding="md">
      <Title order={2} size="h5" id={id}>
        {title}
      </Title>
      <Group gap="sm" my="xs">
        {series.map(({ key, name, color }) => (
          <Group key={key} gap={6} wrap="nowrap">
            <Box w={12} h={12} bg={color} style={{ borderRadius: 3, flex: "none" }} />
            <Text size="xs">{name}</Text>
          </Group>
        ))}
      </Group>
      <Box h={190} role="img" aria-label={title}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart
            data={rows}
            accessibilityLayer={false}
            margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
            barCategoryGap={2}
          >
            <CartesianGrid vertical={false} stroke="var(--mantine-color-default-border)" />
            <XAxis
              dataKey="day"
              tick={tick}
              tickLine={false}
              minTickGap={24}
              stroke="var(--mantine-color-default-border)"
            />
            <YAxis
              tick={tick}
              tickLine={false}
              axisLine={false}
              width={44}
              allowDecimals={false}
              tickFormatter={(n: number) => text.compact(n)}
            />
            <Tooltip
              cursor={{ fill: "var(--mantine-color-default-hover)" }}
              contentStyle={tooltip}
              itemStyle={{ color: "var(--mantine-color-text)" }}
              formatter={(value) => text.number(Number(value))}
              isAnimationActive={false}
            />
            {series.map(({ key, name, color }) => (
              <Bar
                key={key}
                dataKey={key}
                name={name}
                fill={color}
                stackId={stacked ? "all" : undefined}
                maxBarSize={28}
                isAnimationActive={false}
              />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </Box>
      <Numbers title={title} rows={rows} series={series} />
    </Card>
  );
}

const tooltip = {
  background: "var(--mantine-color-body)",
  border: "1px solid var(--mantine-color-default-border)",
  borderRadius: "var(--mantine-radius-sm)",
  fontSize: 12,
  padding: "6px 10px",
};

const tick = { fill: "var(--mantine-color-dimmed)", fontSize: 11 };

function Numbers({ title, rows, series }: Omit<Props, "stacked">) {
  const text = useConsoleText();
  return (
    <details className={classes.numbers}>
      <summary>{text.overview.numbers}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (WCAG 2.1.1). */}
      <section className={classes.scroll} tabIndex={0} aria-label={`${title}: ${text.overview.numbers}`}>
        <Table fz="xs" aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{text.overview.day}</Table.Th>
              {series.map(({ key, name }) => (
                <Table.Th key={key} scope="col" ta="right">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {[...rows].reverse().map((row) => (
              <Table.Tr key={row.day}>
                <Table.Th scope="row">{row.day}</Table.Th>
                {series.map(({ key }) => (
                  <Table.Td key={key} ta="right">
                    {text.number(Number(row[key]))}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
    </details>
  );
}
