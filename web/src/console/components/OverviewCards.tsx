import { Box, Card, Group, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { PageAnchor } from "../../components/links";
import { itemCodes, type Stats } from "../api/nouns";
import { useConsoleText } from "../text/text";
import facts from "./DataTable.module.css";
import { Missing } from "./LocalId";

/** OverviewCard is one subject of the overview: names and numbers. */
export function OverviewCard({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <Card withBorder component="section" aria-labelledby={id} h="100%">
      <Title order={2} size="h5" id={id} mb="xs">
        {title}
      </Title>
      {children}
    </Card>
  );
}

/** Facts is a list of names and what stands for them. */
export function Facts({ lines }: { lines: [name: string, value: ReactNode][] }) {
  return (
    <Box component="dl" className={facts.facts} fz="sm">
      {lines.map(([name, value]) => (
        <Box key={name} display="contents">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Box>
      ))}
    </Box>
  );
}

/** WorkListCard says how much is to be done in each lane, and how long the oldest of it has been waiting. */
export function WorkListCard({ lanes }: { lanes: Stats["workList"] }) {
  const text = useConsoleText();
  const t = text.overview;
  return (
    <OverviewCard title={t.workList}>
      <Facts
        lines={lanes.map(({ lane, depth, exact, oldestSeconds }) => [
          t.lanes[lane],
          <Group key={lane} gap={6}>
            <PageAnchor
              to="/mappings"
              search={lane === "drift" ? { sort: "observedAt" } : { state: ["pending", "waiting"] }}
              size="sm"
            >
              {t.due(text.list.total(depth, exact))}
            </PageAnchor>
            {depth > 0 && <Text size="xs">{t.oldest(text.duration(oldestSeconds))}</Text>}
          </Group>,
        ])}
      />
    </OverviewCard>
  );
}

/** DriftCard says how often every store is looked at. */
export function DriftCard({ drift, drifted }: { drift: Stats["drift"]; drifted: number }) {
  const text = useConsoleText();
  const t = text.overview;
  const time = (seconds: number | null) => (seconds === null ? t.nobodyLooks : text.duration(seconds));
  return (
    <OverviewCard title={t.drift}>
      <Facts
        lines={[
          [
            t.drifted,
            <PageAnchor key="drifted" to="/mappings" search={{ state: ["drifted"] }} size="sm">
              {text.number(drifted)}
            </PageAnchor>,
          ],
          [
            t.lookedAt,
            <PageAnchor key="settled" to="/mappings" search={{ sort: "observedAt" }} size="sm">
              {text.number(drift.settled)}
            </PageAnchor>,
          ],
          [t.goal, time(drift.intervalSeconds)],
          [t.effective, time(drift.effectiveIntervalSeconds)],
        ]}
      />
    </OverviewCard>
  );
}

/** CodesCard says why mappings are not as asked. */
export function CodesCard({ codes }: { codes: Stats["codes"] }) {
  const text = useConsoleText();
  const given = itemCodes.filter((code) => codes[code] > 0);
  return (
    <OverviewCard title={text.overview.codes}>
      {given.length === 0 ? (
        <Text size="sm" c="dimmed">
          {text.overview.noCodes}
        </Text>
      ) : (
        <Facts
          lines={given.map((code) => [
            text.codes[code],
            <PageAnchor key={code} to="/mappings" search={{ code: [code] }} size="sm">
              {text.number(codes[code])}
            </PageAnchor>,
          ])}
        />
      )}
    </OverviewCard>
  );
}

/** ConsentsCard says how many consents hold, and which will not for long. */
export function ConsentsCard({ grants }: { grants: Stats["grants"] }) {
  const text = useConsoleText();
  const t = text.overview;
  const link = (count: number, state: "active" | "reauthorization_required") => (
    <PageAnchor to="/grants" search={{ state }} size="sm">
      {text.number(count)}
    </PageAnchor>
  );
  return (
    <OverviewCard title={t.consents}>
      <Facts
        lines={[
          [t.active, link(grants.active, "active")],
          [t.without, link(grants.organizationsWithout, "reauthorization_required")],
          [t.expiring(1), link(grants.expiringIn1Day, "active")],
          [t.expiring(7), link(grants.expiringIn7Days, "active")],
          [t.expiring(30), link(grants.expiringIn30Days, "active")],
        ]}
      />
    </OverviewCard>
  );
}

/** WebhooksCard says how many webhooks fitted no mapping. */
export function WebhooksCard({ count, more }: { count: number | undefined; more: boolean }) {
  const text = useConsoleText();
  const t = text.overview;
  return (
    <OverviewCard title={t.webhooks}>
      <Facts
        lines={[
          [
            t.unmatched,
            count === undefined ? (
              <Missing key="unmatched" words={text.list.nothing} />
            ) : (
              <PageAnchor key="unmatched" to="/unmatched" size="sm">
                {more ? t.moreThan(count) : text.number(count)}
              </PageAnchor>
            ),
          ],
        ]}
      />
      <Text size="xs" c="dimmed" mt="xs">
        {t.unmatchedHint}
      </Text>
    </OverviewCard>
  );
}
