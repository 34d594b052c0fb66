import { NativeSelect } from "@mantine/core";
import { useConsoleText } from "../text/text";

type Props<T extends string> = {
  label: string;
  options: readonly T[];
  words: Record<T, string>;
  value: T | undefined;
  onChange: (value: T | undefined) => void;
};

/** StateSelect offers one value of several, or all. */
export function StateSelect<T extends string>({ label, options, words, value, onChange }: Props<T>) {
  const text = useConsoleText();
  return (
    <NativeSelect
      label={label}
      value={value ?? ""}
      onChange={(event) => onChange(options.find((option) => option === event.currentTarget.value))}
      data={[
        { value: "", label: text.list.all },
        ...options.map((option) => ({ value: option, label: words[option] })),
      ]}
    />
  );
}
