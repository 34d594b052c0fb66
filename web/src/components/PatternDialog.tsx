import { Checkbox, Group, NumberInput, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { fromPattern, hasPlace } from "../draft/pattern";
import { useText } from "../text/text";
import { ConfirmDialog } from "./ConfirmDialog";

type Props = {
  /** How many cells there are, and how many of them are empty. */
  count: number;
  empty: number;
  onFill: (ids: string[], onlyEmpty: boolean) => void;
  onCancel: () => void;
};

/** PatternDialog counts ids up from a pattern. */
export function PatternDialog({ count, empty, onFill, onCancel }: Props) {
  const text = useText();
  const [pattern, setPattern] = useState("K-##");
  const [start, setStart] = useState(1);
  const [onlyEmpty, setOnlyEmpty] = useState(empty > 0);
  const cells = onlyEmpty ? empty : count;
  const good = hasPlace(pattern);
  const examples = good ? fromPattern(pattern, start, Math.min(cells, 3)) : [];
  const last = good && cells > 3 ? fromPattern(pattern, start + cells - 1, 1) : [];
  const submit = () => good && cells > 0 && onFill(fromPattern(pattern, start, cells), onlyEmpty);
  return (
    <ConfirmDialog
      opened
      title={text.pattern.title}
      confirm={text.pattern.fill(cells)}
      cancel={text.page.cancel}
      busy={false}
      disabled={!good || cells === 0}
      onConfirm={submit}
      onCancel={onCancel}
    >
      <Group align="start" grow preventGrowOverflow={false}>
        <TextInput
          flex="2 1 10rem"
          label={text.pattern.pattern}
          description={text.pattern.hint}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={pattern}
          error={good ? null : text.pattern.noPlace}
          data-autofocus
          autoComplete="off"
          onChange={(event) => setPattern(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && submit()}
        />
        <NumberInput
          flex="1 1 6rem"
          label={text.pattern.start}
          value={start}
          min={0}
          max={1_000_000_000}
          allowDecimal={false}
          hideControls
          onChange={(value) => setStart(Number(value) || 0)}
        />
      </Group>
      <Checkbox
        label={text.pattern.onlyEmpty}
        checked={onlyEmpty}
        onChange={(event) => setOnlyEmpty(event.currentTarget.checked)}
      />
      <Text size="sm" role="status" style={{ overflowWrap: "anywhere" }}>
        {text.pattern.example([...examples, ...(last.length > 0 ? ["…"] : []), ...last])}
      </Text>
    </ConfirmDialog>
  );
}
