import { Radio, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useConsoleText } from "../text/text";
import { type ActName, ReasonField, useReason } from "./ActDialog";
import { type Chip, FilterChips } from "./FilterChips";

const acts = ["reconcile", "adopt", "disconnect"] as const satisfies readonly ActName[];

type Props = {
  act: ActName;
  onAct: (act: ActName) => void;
  chips: Chip[];
  /** How many mappings it is about, exactly; undefined: not known yet. */
  count: number | undefined;
  /** The most that can be acted on together. */
  most: number;
  /** Whether the number is another one than before. */
  changed: boolean;
  busy: boolean;
  onConfirm: (wish: { count: number; reason: string }) => void;
  onCancel: () => void;
  children?: ReactNode;
};

/** BulkDialog asks before the same is done to many mappings: what, to how many, and why. The number is typed to confirm. */
export function BulkDialog({ act, onAct, chips, count, most, changed, busy, onConfirm, onCancel, children }: Props) {
  const text = useConsoleText();
  const t = text.bulk;
  const reason = useReason();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);

  const possible = count !== undefined && count > 0 && count <= most;

  function submit() {
    const given = reason.take();
    const right = possible && typed.replace(/\D/g, "") === String(count);
    setError(right ? null : t.wrongCount);
    if (given !== null && right) onConfirm({ count, reason: given });
  }

  return (
    <ConfirmDialog
      opened
      danger={act === "disconnect"}
      title={t.title}
      confirm={count === undefined ? t.confirm[act] : t.confirmCount[act](count)}
      cancel={text.act.cancel}
      disabled={!possible}
      busy={busy}
      onCancel={onCancel}
      onConfirm={submit}
    >
      <Radio.Group label={t.act} value={act} onChange={(value) => onAct(acts.find((one) => one === value) ?? act)}>
        <Stack gap="xs" mt="xs">
          {acts.map((one) => (
            <Radio key={one} value={one} label={text.act[one]} description={t.meaning[one]} />
          ))}
        </Stack>
      </Radio.Group>
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t.which}
        </Text>
        <FilterChips chips={chips} fixed />
      </div>
      <Text role="status" fw={600} c={changed ? "var(--state-attention)" : undefined}>
        {count === undefined ? t.counting : changed ? t.changed(count) : t.about(count)}
      </Text>
      {count !== undefined && count > most && <Text size="sm">{t.tooMany(most)}</Text>}
      <ReasonField {...reason} />
      {possible && (
        <TextInput
          label={t.type(count)}
          error={error}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          inputMode="numeric"
          autoComplete="off"
          required
          withAsterisk={false}
        />
      )}
      {children}
    </ConfirmDialog>
  );
}
