import { Code, Text, VisuallyHidden } from "@mantine/core";
import { useConsoleText } from "../text/text";

/** LocalId is a local store id, or a dash where there is none. */
export function LocalId({ id, none }: { id: string | null; none?: string }) {
  const text = useConsoleText();
  if (id === null) return <Missing words={none ?? text.list.nothing} />;
  return <Code style={{ overflowWrap: "anywhere", fontSize: "inherit", background: "none", padding: 0 }}>{id}</Code>;
}

/** Missing is a dash to the eye and words to a screen reader. */
export function Missing({ words }: { words: string }) {
  const text = useConsoleText();
  return (
    <Text span inherit c="dimmed">
      <span aria-hidden="true">{text.list.none}</span>
      <VisuallyHidden>{words}</VisuallyHidden>
    </Text>
  );
}
