import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { useText } from "../text/text";

type Props = { value: string; shortest: number; onChange: (value: string) => void };

const typingPause = 300;

/** SearchField tells what was typed once the typing pauses, so that not every letter is a question to the service. */
export function SearchField({ value, shortest, onChange }: Props) {
  const text = useText();
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
  const short = typed.trim() !== "" && typed.trim().length < shortest;
  return (
    <TextInput
      type="search"
      label={text.stores.search}
      description={text.stores.searchHint}
      inputWrapperOrder={["label", "input", "description"]}
      maxLength={200}
      autoComplete="off"
      styles={short ? { description: { color: "var(--state-attention)" } } : undefined}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
    />
  );
}
