import { List, Stack, Text } from "@mantine/core";
import { columnName, type SheetFault } from "../draft/match";
import { useText } from "../text/text";

const shown = 20;

/** SheetFaults lists what does not fit, by row and column as the spreadsheet counts them. */
export function SheetFaults({ faults }: { faults: readonly SheetFault[] }) {
  const text = useText();
  if (faults.length === 0) return null;
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600} c="var(--state-attention)">
        {text.sheet.faults(faults.length)}
      </Text>
      <List size="sm" style={{ overflowWrap: "anywhere" }}>
        {faults.slice(0, shown).map((fault) => (
          <List.Item key={`${fault.row} ${fault.kind}`}>
            <strong>{text.sheet.place(fault.row, columnName(fault.column))}</strong> {text.sheet.fault(fault)}
          </List.Item>
        ))}
      </List>
      {faults.length > shown && (
        <Text size="sm" c="dimmed">
          {text.sheet.moreFaults(faults.length - shown)}
        </Text>
      )}
    </Stack>
  );
}
