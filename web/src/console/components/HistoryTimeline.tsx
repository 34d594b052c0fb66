import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Ago } from "../../components/Ago";
import { Icon, type IconName } from "../../components/Icon";
import { PageAnchor } from "../../components/links";
import type { MappingEvent } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { CopyText } from "./CopyText";
import classes from "./HistoryTimeline.module.css";

const shownAtFirst = 50;

const icons: Record<MappingEvent["kind"], { icon: IconName; color: string }> = {
  asked: { icon: "arrow", color: "var(--state-busy)" },
  observed: { icon: "swap", color: "var(--state-attention)" },
  settled: { icon: "ring", color: "var(--state-quiet)" },
  reconcile: { icon: "clock", color: "var(--state-busy)" },
  adopted: { icon: "check", color: "var(--state-good)" },
};

type Props = { events: MappingEvent[]; loading: boolean };

/** HistoryTimeline tells what happened to a mapping, newest first. */
export function HistoryTimeline({ events, loading }: Props) {
  const text = useConsoleText();
  const [shown, setShown] = useState(shownAtFirst);
  return (
    <section aria-labelledby="history">
      <Title order={2} size="h4" id="history" mb="xs">
        {text.mapping.history}
      </Title>
      {loading && <Text c="dimmed">{text.mapping.loadingAll}</Text>}
      {events.length === 0 && !loading && <Text c="dimmed">{text.mapping.historyNone}</Text>}
      <Stack component="ol" gap={0} p={0} m={0} className={classes.events}>
        {events.slice(0, shown).map((event) => (
          <Event key={event.id} event={event} />
        ))}
      </Stack>
      {events.length > shown && (
        <Button variant="default" size="xs" mt="sm" onClick={() => setShown(shown + 4 * shownAtFirst)}>
          {text.mapping.older}
        </Button>
      )}
    </section>
  );
}

function Event({ event }: { event: MappingEvent }) {
  const text = useConsoleText();
  const { icon, color } = icons[event.kind];
  const reason = event.kind !== "settled" && event.why !== "" ? event.why : null;
  return (
    <li className={classes.event}>
      <span className={classes.sign} style={{ color }}>
        <Icon name={icon} />
      </span>
      <div>
        <Text size="sm">{text.mapping.event(event)}</Text>
        {reason !== null && <Text size="sm">{text.mapping.reasonGiven(reason)}</Text>}
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {text.mapping.by(event.actor)} · <Ago at={event.at} />
          </Text>
          {event.runId !== null && (
            <PageAnchor to="/runs/$runId" params={{ runId: event.runId }} size="xs">
              {text.mapping.run}
            </PageAnchor>
          )}
          {event.requestId !== "" && (
            <Text size="xs" c="dimmed" component="span">
              {text.mapping.request} <CopyText value={event.requestId} what={text.mapping.request} />
            </Text>
          )}
        </Group>
      </div>
    </li>
  );
}
