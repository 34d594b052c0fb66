import { Button, Code, CopyButton, Group } from "@mantine/core";
import { useConsoleText } from "../text/text";

/** CopyText is an id that people carry elsewhere, with a button that copies it. */
export function CopyText({ value, what }: { value: string; what: string }) {
  const text = useConsoleText();
  return (
    <Group component="span" gap={4} wrap="nowrap" display="inline-flex" maw="100%">
      <Code style={{ overflowWrap: "anywhere" }}>{value}</Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button
            size="compact-xs"
            variant="default"
            onClick={copy}
            aria-label={copied ? text.nav.copied : text.list.copy(what)}
            style={{ flex: "none" }}
          >
            <svg viewBox="0 0 16 16" width="1em" height="1em" fill="none" stroke="currentColor" aria-hidden="true">
              <path d={copied ? "M3 8.5l3 3 7-7" : "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1"} strokeWidth={1.5} />
            </svg>
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
