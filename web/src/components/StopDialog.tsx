import { Text } from "@mantine/core";
import { useText } from "../text/text";
import { ConfirmDialog } from "./ConfirmDialog";

type Props = {
  /** How many stores have not ended; null: nothing is asked. */
  pending: number | null;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
};

/** StopDialog asks before a run is stopped, and says what stopping means. */
export function StopDialog({ pending, busy, onConfirm, onCancel }: Props) {
  const text = useText();
  if (pending === null) return null;
  return (
    <ConfirmDialog
      opened
      danger
      title={text.stop.title}
      confirm={text.stop.confirm}
      cancel={text.stop.cancel}
      busy={busy}
      onConfirm={onConfirm}
      onCancel={onCancel}
    >
      <Text>{text.stop.consequence(pending)}</Text>
      <Text>{text.stop.begun}</Text>
    </ConfirmDialog>
  );
}
