import { Badge, Button, Checkbox, Popover, Stack } from "@mantine/core";
import { useConsoleText } from "../text/text";

type Props<T extends string> = {
  label: string;
  options: readonly T[];
  words: Record<T, string>;
  value: readonly T[];
  onChange: (value: T[]) => void;
};

/** ChoiceFilter offers several values of which any may match. */
export function ChoiceFilter<T extends string>({ label, options, words, value, onChange }: Props<T>) {
  const text = useConsoleText();
  return (
    <Popover position="bottom-start" withinPortal trapFocus shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          rightSection={
            value.length > 0 ? (
              <Badge size="sm">{text.mappings.chosen(value.length)}</Badge>
            ) : (
              <span aria-hidden="true">▾</span>
            )
          }
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <Checkbox.Group
          label={label}
          value={[...value]}
          onChange={(chosen) => onChange(options.filter((option) => chosen.includes(option)))}
        >
          <Stack gap="xs" mt="xs">
            {options.map((option) => (
              <Checkbox key={option} value={option} label={words[option]} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
