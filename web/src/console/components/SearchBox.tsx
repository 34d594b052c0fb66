import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

type Props = { label: string; hint: string; value: string; shortest: number; onChange: (value: string) => void };

const typingPause = 300;

/** SearchBox tells what was typed once the typing pauses, so that not every letter is a question to the service. */
export function SearchBox({ label, hint, value, shortest, onChange }: Props) {
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    onChange(next);
  }, typingPause);
  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setTyped(value);
    }
  }, [value]);
  const length = typed.trim().length;
  const short = length > 0 && length < shortest;
  return (
    <TextInput
      type="search"
      label={label}
      description={hint}
      inputWrapperOrder={["label", "input", "description"]}
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
      styles={short ? { description: { color: "var(--state-attention)" } } : undefined}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
    />
  );
}
