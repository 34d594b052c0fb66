import { Text } from "@mantine/core";
import { useText } from "../text/text";
import { ConfirmDialog } from "./ConfirmDialog";

type Props = {
  /** What is to be taken away; null: nothing is asked. */
  localStoreId: string | null;
  storeName: string;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
};

/** DisconnectDialog asks before a store's connection is taken away, and says what that means for orders. */
export function DisconnectDialog({ localStoreId, storeName, busy, onConfirm, onCancel }: Props) {
  const text = useText();
  if (localStoreId === null) return null;
  return (
    <ConfirmDialog
      opened
      danger
      title={text.disconnect.title(storeName)}
      confirm={text.disconnect.confirm}
      cancel={text.disconnect.cancel(localStoreId)}
      busy={busy}
      onConfirm={onConfirm}
      onCancel={onCancel}
    >
      <Text>{text.disconnect.consequence(storeName, localStoreId)}</Text>
    </ConfirmDialog>
  );
}
