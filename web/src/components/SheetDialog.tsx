import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMemo, useState } from "react";
import type { ChosenStore } from "../draft/draft";
import { type Columns, guessColumns, matchRows } from "../draft/match";
import { decode, parseSheet, type Sheet, SheetError } from "../draft/sheet";
import { useText } from "../text/text";
import { ConfirmDialog } from "./ConfirmDialog";
import { FileDrop } from "./FileDrop";
import { SheetFaults } from "./SheetFaults";
import { SheetPreview } from "./SheetPreview";

type Props = {
  stores: ChosenStore[];
  /** Cells that were pasted elsewhere; null: nothing is there yet. */
  pasted: string | null;
  onUse: (ids: ReadonlyMap<string, string>) => void;
  onTemplate: () => void;
  onCancel: () => void;
};

type Read = { sheet: Sheet; columns: Columns; header: boolean };

/** SheetDialog takes ids from a spreadsheet: what the columns are, what does not fit, and how many will be used. */
export function SheetDialog({ stores, pasted, onUse, onTemplate, onCancel }: Props) {
  const text = useText();
  const [state, setState] = useState<Read | SheetError | null>(() => (pasted === null ? null : read(pasted, "\t")));
  const sheet = state instanceof SheetError ? null : state;
  const matched = useMemo(
    () => (sheet === null ? null : matchRows(sheet.sheet, sheet.columns, sheet.header, stores)),
    [sheet, stores],
  );
  const usable = matched?.ids.size ?? 0;
  return (
    <ConfirmDialog
      opened
      size="xl"
      title={text.sheet.title}
      confirm={text.sheet.use(usable)}
      cancel={text.page.cancel}
      busy={false}
      disabled={usable === 0}
      onConfirm={() => matched && onUse(matched.ids)}
      onCancel={onCancel}
    >
      {sheet === null || matched === null ? (
        <Stack gap="md">
          <FileDrop
            problem={state instanceof SheetError ? text.sheet.unreadable[state.reason] : null}
            onFile={(file) => void file.arrayBuffer().then((bytes) => setState(read(decode(bytes))))}
          />
          <Textarea
            label={text.sheet.paste}
            description={text.sheet.pasteHint}
            rows={4}
            value=""
            onPaste={(event) => {
              event.preventDefault();
              setState(read(event.clipboardData.getData("text/plain")));
            }}
            onChange={(event) => event.currentTarget.value.includes("\n") && setState(read(event.currentTarget.value))}
          />
          <Group gap="xs">
            <Text size="sm">{text.sheet.templateHint}</Text>
            <Button variant="default" size="xs" onClick={onTemplate}>
              {text.sheet.template}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack gap="md">
          <SheetPreview
            sheet={sheet.sheet}
            columns={sheet.columns}
            header={sheet.header}
            onChange={(columns, header) => setState({ ...sheet, columns, header })}
          />
          <Text role="status" fw={600}>
            {text.sheet.found(usable, matched.rows)}
          </Text>
          <SheetFaults faults={matched.faults} />
          <Group>
            <Button variant="default" size="xs" onClick={() => setState(null)}>
              {text.sheet.another}
            </Button>
          </Group>
        </Stack>
      )}
    </ConfirmDialog>
  );
}

function read(content: string, delimiter?: string): Read | SheetError {
  try {
    const sheet = parseSheet(content, delimiter);
    return { sheet, ...guessColumns(sheet) };
  } catch (error) {
    if (error instanceof SheetError) return error;
    throw error;
  }
}
