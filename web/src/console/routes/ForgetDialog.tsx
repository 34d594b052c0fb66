import { Text } from "@mantine/core";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useForget } from "../api/grants";
import type { Grant } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";

/** ForgetDialog says what it means to forget a consent, before it is done. */
export function ForgetDialog({ grant, onEnd }: { grant: Grant; onEnd: () => void }) {
  const text = useConsoleText();
  const t = text.grants;
  const forget = useForget();
  return (
    <ConfirmDialog
      opened
      danger
      title={t.forgetTitle(grant.organizationName)}
      confirm={t.confirm}
      cancel={t.cancel}
      busy={forget.isPending}
      onCancel={onEnd}
      onConfirm={() => forget.mutate(grant.id, { onSuccess: onEnd })}
    >
      <Text>{t.forgetDetail(grant.sessions)}</Text>
      {forget.error && <Problem error={forget.error} />}
    </ConfirmDialog>
  );
}
