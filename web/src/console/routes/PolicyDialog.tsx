import { Text } from "@mantine/core";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useChangePolicy } from "../api/organizations";
import { useConsoleText } from "../text/text";
import type { PolicyWish } from "./organizations";
import { Problem } from "./Problem";

/** PolicyDialog says what another drift policy means for an organization, before it is set. */
export function PolicyDialog({ wish: { organization, policy }, onEnd }: { wish: PolicyWish; onEnd: () => void }) {
  const text = useConsoleText();
  const change = useChangePolicy();
  const t = text.organizations;
  const name = policy ?? "default";
  return (
    <ConfirmDialog
      opened
      title={t.change(organization.name)}
      confirm={`${t.confirm}: ${t.policies[name]}`}
      cancel={t.cancel}
      busy={change.isPending}
      onCancel={onEnd}
      onConfirm={() => change.mutate({ organizationId: organization.id, driftPolicy: policy }, { onSuccess: onEnd })}
    >
      <Text>{t.changes[name]}</Text>
      {change.error && <Problem error={change.error} />}
    </ConfirmDialog>
  );
}
