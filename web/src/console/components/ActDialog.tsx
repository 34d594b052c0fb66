import { Checkbox, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import type { Mapping } from "../api/nouns";
import { useConsoleText } from "../text/text";

export type ActName = "reconcile" | "adopt" | "disconnect";

type Props = {
  act: ActName;
  mapping: Mapping;
  busy: boolean;
  onConfirm: (act: { reason: string; expectObserved: string | null }) => void;
  onCancel: () => void;
  /** What the service said of the try before. */
  children?: ReactNode;
};

/** ActDialog says what an act on one mapping will do, and asks why. */
export function ActDialog({ act, mapping, busy, onConfirm, onCancel, children }: Props) {
  const text = useConsoleText();
  const [only, setOnly] = useState(true);
  const observed = mapping.observedLocalStoreId;
  const reason = useReason();
  return (
    <ConfirmDialog
      opened
      danger={act === "disconnect"}
      title={text.act.titles[act](mapping.storeName)}
      confirm={text.act[act]}
      cancel={text.act.cancel}
      busy={busy}
      onCancel={onCancel}
      onConfirm={() => {
        const given = reason.take();
        if (given !== null) onConfirm({ reason: given, expectObserved: only ? observed : null });
      }}
    >
      <Text>{text.act.consequences[act](mapping)}</Text>
      <ReasonField {...reason} />
      {observed !== null && (
        <Checkbox
          label={text.act.onlyThis(observed)}
          checked={only}
          onChange={(event) => setOnly(event.currentTarget.checked)}
        />
      )}
      {children}
    </ConfirmDialog>
  );
}

/** useReason holds the reason that an act needs; take returns it, or null where it is not as it must be. */
export function useReason() {
  const text = useConsoleText();
  const [value, onChange] = useState("");
  const [error, setError] = useState<string | null>(null);
  const take = (): string | null => {
    const given = value.trim();
    const fault = given === "" ? text.act.reasonEmpty : given.length > 500 ? text.act.reasonLong : null;
    setError(fault);
    return fault === null ? given : null;
  };
  return { value, onChange, error, take };
}

/** ReasonField asks why. */
export function ReasonField({ value, onChange, error }: Omit<ReturnType<typeof useReason>, "take">) {
  const text = useConsoleText();
  return (
    <TextInput
      data-autofocus
      label={text.act.reason}
      description={text.act.reasonHint}
      error={error}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
      withAsterisk={false}
      maxLength={600}
      autoComplete="off"
    />
  );
}
