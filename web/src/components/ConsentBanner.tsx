import { Alert, Anchor, Group } from "@mantine/core";
import type { Session } from "../api/nouns";
import { useText } from "../text/text";
import { relativeTime } from "./Ago";
import { Icon } from "./Icon";

const soon = 7 * 24 * 3600 * 1000;

type Props = { grant: Session["grant"]; signInHref: string; now?: number };

/** ConsentBanner says in the last days of a consent when it runs out, and how to renew it. */
export function ConsentBanner({ grant, signInHref, now = Date.now() }: Props) {
  const text = useText();
  if (grant?.expiresAt == null) return null;
  const left = Date.parse(grant.expiresAt) - now;
  if (left > soon || left <= 0) return null;
  return (
    <Alert
      variant="default"
      mb="md"
      py="xs"
      role="status"
      icon={<Icon name="clock" />}
      styles={{ icon: { color: "var(--state-attention)" } }}
    >
      <Group gap="sm">
        {text.consent.runsOut(relativeTime(left / 1000, text.language) ?? text.consent.soon)}
        <Anchor href={signInHref} size="sm" fw={600}>
          {text.consent.renew}
        </Anchor>
      </Group>
    </Alert>
  );
}
