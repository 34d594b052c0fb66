import { TextInput } from "@mantine/core";
import type { ClipboardEvent, KeyboardEvent } from "react";

type Props = {
  label: string;
  placeholder: string;
  value: string;
  /** What is wrong with it, in words. */
  problem: string | null;
  /** The id of a list of what may be entered, where it is limited. */
  proposals?: string;
  onChange: (value: string) => void;
  /** Pasted text of more than one cell; returns whether it was taken. */
  onPaste: (text: string) => boolean;
  /** The person wants to the next cell, or the one before. */
  onMove: (step: 1 | -1) => void;
  onLeave: () => void;
};

const steps: Record<string, 1 | -1> = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };

/** IdCell is where one store's local id is typed. */
export function IdCell({ label, placeholder, value, problem, proposals, onChange, onPaste, onMove, onLeave }: Props) {
  const move = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = steps[event.key];
    // With a list of proposals the arrows choose from it.
    if (step === undefined || (proposals !== undefined && event.key !== "Enter")) return;
    event.preventDefault();
    onMove(event.key === "Enter" && event.shiftKey ? -1 : step);
  };
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    if (onPaste(event.clipboardData.getData("text/plain"))) event.preventDefault();
  };
  return (
    <TextInput
      aria-label={label}
      placeholder={placeholder}
      value={value}
      error={problem}
      list={proposals}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={move}
      onPaste={paste}
      onBlur={onLeave}
    />
  );
}
