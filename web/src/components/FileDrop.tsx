import { Text } from "@mantine/core";
import { type DragEvent, useState } from "react";
import { useText } from "../text/text";
import classes from "./FileDrop.module.css";
import { Icon } from "./Icon";

type Props = { problem: string | null; onFile: (file: File) => void };

/** FileDrop takes a file that is dropped or chosen. */
export function FileDrop({ problem, onFile }: Props) {
  const text = useText();
  const [over, setOver] = useState(false);
  const drag = (inside: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <div>
      <label
        className={classes.drop}
        data-over={over || undefined}
        onDragOver={drag(true)}
        onDragLeave={drag(false)}
        onDrop={(event) => {
          drag(false)(event);
          const file = event.dataTransfer.files[0];
          if (file) onFile(file);
        }}
      >
        <Icon name="sheet" />
        <Text span fw={600}>
          {text.sheet.drop}
        </Text>
        <Text span size="sm" c="dimmed">
          {text.sheet.dropHint}
        </Text>
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
          className={classes.input}
          aria-label={text.sheet.drop}
          aria-describedby={problem === null ? undefined : "file-problem"}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) onFile(file);
          }}
        />
      </label>
      {problem !== null && (
        <Text id="file-problem" role="alert" size="sm" c="var(--state-bad)" mt="xs">
          {problem}
        </Text>
      )}
    </div>
  );
}
