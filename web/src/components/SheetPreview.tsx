import { Checkbox, Group, NativeSelect, ScrollArea, Table, Text } from "@mantine/core";
import { type Columns, columnName } from "../draft/match";
import type { Sheet } from "../draft/sheet";
import { useText } from "../text/text";

type Props = {
  sheet: Sheet;
  columns: Columns;
  header: boolean;
  onChange: (columns: Columns, header: boolean) => void;
};

const shown = 5;

/** SheetPreview shows the first rows, and lets a person say which column is which. */
export function SheetPreview({ sheet, columns, header, onChange }: Props) {
  const text = useText();
  const all = Array.from({ length: sheet.columns }, (_, i) => i);
  const nameOf = (i: number) => {
    const title = header ? sheet.rows[0]?.[i]?.trim() : "";
    return title ? text.sheet.columnNamed(columnName(i), title) : text.sheet.column(columnName(i));
  };
  const pick = (part: keyof Columns) => (
    <NativeSelect
      key={part}
      label={text.sheet.columns[part]}
      value={columns[part] ?? ""}
      onChange={({ currentTarget: { value } }) =>
        onChange({ ...columns, [part]: value === "" ? null : Number(value) }, header)
      }
      data={[{ value: "", label: text.sheet.noColumn }, ...all.map((i) => ({ value: String(i), label: nameOf(i) }))]}
    />
  );
  return (
    <>
      <Group align="end" grow preventGrowOverflow={false}>
        {pick("store")}
        {pick("id")}
        {pick("brand")}
      </Group>
      <Checkbox
        label={text.sheet.header}
        checked={header}
        onChange={(event) => onChange(columns, event.currentTarget.checked)}
      />
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: "region", "aria-label": text.sheet.preview }}>
        <Table withTableBorder withColumnBorders fz="xs" aria-label={text.sheet.preview}>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {all.map((i) => (
                <Table.Th key={i} scope="col">
                  {columnName(i)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sheet.rows.slice(0, shown).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is its number.
              <Table.Tr key={index} fw={header && index === 0 ? 600 : undefined}>
                <Table.Th scope="row" c="dimmed">
                  {index + 1}
                </Table.Th>
                {all.map((i) => (
                  <Table.Td key={i}>{row[i]}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {sheet.rows.length > shown && (
        <Text size="xs" c="dimmed">
          {text.sheet.more(sheet.rows.length - shown)}
        </Text>
      )}
    </>
  );
}
