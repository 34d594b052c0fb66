import { Code, Group, Stack, Text } from "@mantine/core";
import { useText } from "../text/text";
import { ConfirmDialog } from "./ConfirmDialog";
import { Icon } from "./Icon";

type Props = {
  /** Null: nothing is asked. */
  question: { from: string; to: string } | null;
  storeName: string;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
};

/** ReplaceDialog asks whether an id may take another one's place, and says what that means for orders. */
export function ReplaceDialog({ question, storeName, busy, onConfirm, onCancel }: Props) {
  const text = useText();
  if (question === null) return null;
  const { from, to } = question;
  return (
    <ConfirmDialog
      opened
      title={text.replace.title(from)}
      confirm={text.replace.confirm(to)}
      cancel={text.replace.cancel(from)}
      busy={busy}
      onConfirm={onConfirm}
      onCancel={onCancel}
    >
      <Group gap="md" align="end">
        <Id label={text.replace.from} id={from} />
        <Icon name="arrow" />
        <Id label={text.replace.to} id={to} />
      </Group>
      <Text>{text.replace.consequence(storeName, from, to)}</Text>
    </ConfirmDialog>
  );
}

function Id({ label, id }: { label: string; id: string }) {
  return (
    <Stack gap={2}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Code fz="md" style={{ overflowWrap: "anywhere" }}>
        {id}
      </Code>
    </Stack>
  );
}
