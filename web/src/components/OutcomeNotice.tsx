import { Alert, Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Item, Run } from "../api/nouns";
import { sentence } from "../text/sentence";
import { useText } from "../text/text";
import { Icon } from "./Icon";
import { PageAnchor } from "./links";
import { busySign, outcomeSigns, type Sign } from "./signs";

type Props = { run: Run; item: Item; signInHref: string };

/** OutcomeNotice says in words how one store's change ended, or that it goes on. */
export function OutcomeNotice({ run, item, signInHref }: Props) {
  const text = useText();
  if (item.outcome === null) return <Unended run={run} signInHref={signInHref} />;
  return (
    <Notice sign={outcomeSigns[item.outcome]} title={text.outcomes[item.outcome]}>
      {sentence(text, item)}
    </Notice>
  );
}

/** DisconnectedNotice says that a store's connection was taken away. */
export function DisconnectedNotice({ storeName }: { storeName: string }) {
  const text = useText();
  return (
    <Notice sign={outcomeSigns.disconnected} title={text.outcomes.disconnected}>
      {text.outcome.goNowhere(storeName)}
    </Notice>
  );
}

function Unended({ run, signInHref }: { run: Run; signInHref: string }) {
  const text = useText();
  if (run.waitingFor === "consent") {
    return (
      <Notice sign={busySign} title={text.outcome.waitingConsent}>
        <Button component="a" href={signInHref} size="xs">
          {text.again.signIn}
        </Button>
      </Notice>
    );
  }
  const waiting = run.waitingFor === "upstream";
  return (
    <Notice sign={busySign} title={waiting ? text.outcome.waitingUpstream : text.outcome.pending}>
      <Group gap="sm">
        <Text size="sm">{waiting ? text.outcome.waitingUpstreamDetail : text.outcome.pendingDetail}</Text>
        <PageAnchor to="/runs/$runId" params={{ runId: run.id }} size="sm">
          {text.outcome.progress}
        </PageAnchor>
      </Group>
    </Notice>
  );
}

type NoticeProps = { sign: Sign; title: string; children: ReactNode };

function Notice({ sign: { icon, color }, title, children }: NoticeProps) {
  return (
    <Alert role="status" variant="default" icon={<Icon name={icon} />} title={title} styles={{ icon: { color } }}>
      {children}
    </Alert>
  );
}
