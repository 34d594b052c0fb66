import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";

type Props = {
  opened: boolean;
  title: string;
  confirm: string;
  cancel: string;
  danger?: boolean;
  busy: boolean;
  onConfirm: () => void;
  onCancel: () => void;
  children: ReactNode;
};

/** ConfirmDialog asks one question; its buttons say what they do. */
export function ConfirmDialog({ opened, title, confirm, cancel, danger, busy, onConfirm, onCancel, children }: Props) {
  return (
    <Modal.Root opened={opened} onClose={onCancel} centered closeOnClickOutside={!busy} closeOnEscape={!busy}>
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
              <Button color={danger ? "red.9" : undefined} onClick={onConfirm} loading={busy}>
                {confirm}
              </Button>
            </Group>
          </Stack>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
