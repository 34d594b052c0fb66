import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import type { Connection, Store } from "../api/nouns";
import { useText } from "../text/text";
import { Ago } from "./Ago";
import { Icon } from "./Icon";
import { StateLabel } from "./StateLabel";

type Props = {
  /** Null until upstream answered. */
  connection: Connection | null;
  askedAt: number;
  asking: boolean;
  mapping: Store["mapping"];
  onLookAgain: () => void;
};

/** ConnectionStatus says what upstream answered about the store just now, and what storelink makes of it. */
export function ConnectionStatus({ connection, askedAt, asking, mapping, onLookAgain }: Props) {
  const text = useText();
  return (
    <Card withBorder component="section" aria-labelledby="connection">
      <Group justify="space-between" align="start">
        <Stack gap={4}>
          <Title order={2} size="h5" id="connection">
            {text.store.connection}
          </Title>
          <div role="status">
            {connection === null ? (
              <Text c="dimmed">{asking ? text.store.asking : text.store.unknown}</Text>
            ) : (
              <Live connection={connection} />
            )}
          </div>
          {connection !== null && (
            <Text size="sm" c="dimmed">
              {text.store.looked} <Ago at={new Date(askedAt).toISOString()} />
            </Text>
          )}
          <Remark mapping={mapping} />
        </Stack>
        <Button variant="default" size="xs" onClick={onLookAgain} loading={asking}>
          {text.store.lookAgain}
        </Button>
      </Group>
    </Card>
  );
}

function Live({ connection: { connected, localStoreId } }: { connection: Connection }) {
  const text = useText();
  const known = connected && localStoreId !== null;
  return (
    <Group gap="xs" wrap="nowrap" fz="lg" c={known ? "var(--state-good)" : "var(--state-quiet)"}>
      <Icon name={known ? "check" : "dash"} />
      <Text fw={600} c="var(--mantine-color-text)" style={{ overflowWrap: "anywhere" }}>
        {known ? text.store.connectedTo(localStoreId) : text.store.notConnected}
      </Text>
    </Group>
  );
}

// A settled mapping adds nothing to what upstream just said.
function Remark({ mapping }: { mapping: Store["mapping"] }) {
  const text = useText();
  switch (mapping?.state) {
    case "waiting":
      return <Text size="sm">{text.store.waiting}</Text>;
    case "drifted":
      return <Text size="sm">{mapping.localStoreId && text.store.drifted(mapping.localStoreId)}</Text>;
    case "pending":
    case "failed":
      return <StateLabel state={mapping.state} />;
    default:
      return null;
  }
}
