import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";

type Props = {
  opened: boolean;
  title: string;
  confirm: string;
  cancel: string;
  danger?: boolean;
  size?: "md" | "xl";
  /** Where there is nothing to confirm yet. */
  disabled?: boolean;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
  children: ReactNode;
};

/** ConfirmDialog asks one question; its buttons say what they do. */
export function ConfirmDialog(props: Props) {
  const { opened, title, confirm, cancel, danger, size, disabled, busy, onConfirm, onCancel, children } = props;
  return (
    <Modal.Root
      opened={opened}
      onClose={onCancel}
      centered
      closeOnClickOutside={!busy}
      closeOnEscape={!busy}
      size={size}
    >
      <Modal.Overlay />
      {/* Without the library's Modal.Header, which assistive technology takes for a second banner of the page. */}
      <Modal.Content>
        <Modal.Body p="lg">
          <Stack gap="md">
            <Modal.Title fw={600} fz="lg" lh="sm" style={{ overflowWrap: "anywhere" }}>
              {title}
            </Modal.Title>
            {children}
            <Group justify="end" gap="sm">
              <Button variant="default" onClick={onCancel} disabled={busy}>
                {cancel}
              </Button>
              <Button color={danger ? "red.9" : undefined} onClick={onConfirm} loading={busy} disabled={disabled}>
                {confirm}
              </Button>
            </Group>
          </Stack>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
