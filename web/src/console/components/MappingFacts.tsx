import { Box, Card, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../../components/Ago";
import type { Mapping } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { CopyText } from "./CopyText";
import facts from "./DataTable.module.css";
import { LocalId } from "./LocalId";

/** MappingIds shows what is wanted, what was seen and what was there before, side by side. */
export function MappingIds({ mapping: m }: { mapping: Mapping }) {
  const text = useConsoleText();
  const none = text.mapping.noConnection;
  const seen = m.observedAt === null ? text.mapping.notLooked : none;
  const same = m.managed && m.desiredLocalStoreId === m.observedLocalStoreId;
  const inVain = m.askedLocalStoreId !== null && m.askedLocalStoreId !== m.desiredLocalStoreId;
  return (
    <SimpleGrid cols={{ base: 1, xs: inVain ? 2 : 3, md: inVain ? 4 : 3 }} spacing="sm">
      {inVain && (
        <Fact title={text.mapping.asked} hint={text.mapping.askedHint}>
          <Id id={m.askedLocalStoreId} none={none} />
        </Fact>
      )}
      <Fact title={text.mapping.desired} hint={text.mapping.desiredHint}>
        <Id id={m.desiredLocalStoreId} none={m.managed ? none : text.mapping.unmanaged} />
      </Fact>
      <Fact
        title={text.mapping.observed}
        hint={text.mapping.observedHint}
        edge={m.observedAt === null ? undefined : same ? "var(--state-good)" : "var(--state-attention)"}
      >
        <Id id={m.observedLocalStoreId} none={seen} />
      </Fact>
      <Fact title={text.mapping.previous} hint={text.mapping.previousHint}>
        <Id id={m.previousLocalStoreId} none={none} />
      </Fact>
    </SimpleGrid>
  );
}

type FactProps = { title: string; hint: string; edge?: string; children: ReactNode };

function Fact({ title, hint, edge, children }: FactProps) {
  return (
    <Card withBorder padding="md" style={edge ? { borderInlineStart: `4px solid ${edge}` } : undefined}>
      <Stack gap={4}>
        <Text size="sm" fw={600}>
          {title}
        </Text>
        {children}
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      </Stack>
    </Card>
  );
}

function Id({ id, none }: { id: string | null; none: string }) {
  return id === null ? (
    <Text fz="xl" c="dimmed">
      {none}
    </Text>
  ) : (
    <Text fz="xl" fw={600}>
      <LocalId id={id} />
    </Text>
  );
}

/** MappingDetails says everything else that is known of a mapping; what is not so is left out. */
export function MappingDetails({ mapping: m }: { mapping: Mapping }) {
  const text = useConsoleText();
  const t = text.mapping;
  const lines: [string, ReactNode][] = [];
  if (m.restoreLocalStoreId !== null) lines.push([t.restore, <LocalId key="restore" id={m.restoreLocalStoreId} />]);
  if (m.waitingFor !== null)
    lines.push([
      t.waitingFor,
      <span key="waiting">
        {t.waits[m.waitingFor]}, {t.since} <Ago at={m.waitingSince} />
      </span>,
    ]);
  if (m.leasedUntil !== null) lines.push([t.lease, <Ago key="lease" at={m.leasedUntil} />]);
  if (m.attempts > 0) lines.push([t.attempts, text.number(m.attempts)]);
  if (m.nextTryAt !== null) lines.push([t.nextTry, <Ago key="next" at={m.nextTryAt} />]);
  lines.push(
    [t.lookedAt, <Ago key="looked" at={m.observedAt} />],
    [t.changedAt, <Ago key="changed" at={m.updatedAt} />],
    [t.createdAt, <Ago key="created" at={m.createdAt} />],
    [t.generation, t.generationOf(m.generation, m.settledGeneration)],
    [t.storeId, <CopyText key="store" value={m.storeId} what={t.storeId} />],
    [t.brandId, <CopyText key="brand" value={m.brandId} what={t.brandId} />],
    [t.organizationId, <CopyText key="organization" value={m.organizationId} what={t.organizationId} />],
    [t.mappingId, <CopyText key="mapping" value={m.id} what={t.mappingId} />],
  );
  return (
    <section aria-labelledby="details">
      <Title order={2} size="h4" id="details" mb="xs">
        {t.details}
      </Title>
      <Box component="dl" className={facts.facts} fz="sm">
        {lines.map(([name, value]) => (
          <Box key={name} display="contents">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Box>
        ))}
      </Box>
    </section>
  );
}
