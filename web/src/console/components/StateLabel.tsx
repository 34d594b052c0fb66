import { Group, Text } from "@mantine/core";
import { Icon } from "../../components/Icon";
import { busySign, outcomeSigns, type Sign, stateSigns } from "../../components/signs";
import type { ItemState, Mapping } from "../api/nouns";
import { useConsoleText } from "../text/text";

type Stated = Pick<Mapping, "state" | "code" | "waitingFor" | "dark">;

/** StateLabel says a mapping's state by words, a sign and a colour; where a code says more, it is said instead. */
export function StateLabel({ mapping: { state, code, dark } }: { mapping: Stated }) {
  const text = useConsoleText();
  const words = code !== null && (state === "failed" || state === "waiting") ? text.codes[code] : text.states[state];
  return <Signed sign={dark ? stateSigns.failed : stateSigns[state]} words={words} />;
}

/** OutcomeLabel says how an item of a run stands. */
export function OutcomeLabel({ outcome }: { outcome: ItemState }) {
  const text = useConsoleText();
  return <Signed sign={outcome === "pending" ? busySign : outcomeSigns[outcome]} words={text.outcomes[outcome]} />;
}

/** Signed is words with a sign before them that says the same. */
export function Signed({ sign: { icon, color }, words }: { sign: Sign; words: string }) {
  return (
    <Group component="span" gap={6} wrap="nowrap" display="inline-flex" c={color} fz="sm">
      <Icon name={icon} />
      <Text span inherit c="var(--mantine-color-text)">
        {words}
      </Text>
    </Group>
  );
}
