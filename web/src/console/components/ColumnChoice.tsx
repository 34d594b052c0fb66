import { Button, Checkbox, Popover, Stack } from "@mantine/core";
import { useConsoleText } from "../text/text";
import type { Column } from "./DataTable";

type Props<T> = {
  columns: Column<T>[];
  shown: string[];
  /** The column that is never left out. */
  always: string;
  atFirst: string[];
  onChange: (shown: string[]) => void;
};

/** ColumnChoice chooses which columns a table has. */
export function ColumnChoice<T>({ columns, shown, always, atFirst, onChange }: Props<T>) {
  const text = useConsoleText();
  return (
    <Popover position="bottom-end" withinPortal trapFocus shadow="md">
      <Popover.Target>
        <Button variant="default" rightSection={<span aria-hidden="true">▾</span>}>
          {text.mappings.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={text.mappings.columns}>
        <Checkbox.Group label={text.mappings.columns} value={shown} onChange={onChange}>
          <Stack gap="xs" mt="xs">
            {columns
              .filter(({ id }) => id !== always)
              .map(({ id, header }) => (
                <Checkbox key={id} value={id} label={header} />
              ))}
          </Stack>
        </Checkbox.Group>
        <Button variant="default" size="xs" mt="md" onClick={() => onChange(atFirst)}>
          {text.mappings.columnsReset}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
