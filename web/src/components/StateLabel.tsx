import { Group, Text } from "@mantine/core";
import type { Outcome, StoreState } from "../api/nouns";
import { useText } from "../text/text";
import { Icon } from "./Icon";
import { busySign, outcomeSigns, type Sign, stateSigns } from "./signs";

/** StateLabel says a store's state by a word, a sign and a colour. */
export function StateLabel({ state }: { state: StoreState }) {
  const text = useText();
  return <Signed sign={stateSigns[state]} words={text.states[state]} />;
}

/** OutcomeLabel says how an item of a run ended; null: it has not. */
export function OutcomeLabel({ outcome }: { outcome: Outcome | null }) {
  const text = useText();
  return outcome === null ? (
    <Signed sign={busySign} words={text.outcome.pending} />
  ) : (
    <Signed sign={outcomeSigns[outcome]} words={text.outcomes[outcome]} />
  );
}

function Signed({ sign: { icon, color }, words }: { sign: Sign; words: string }) {
  return (
    <Group component="span" gap={6} wrap="nowrap" display="inline-flex" c={color} fz="sm">
      <Icon name={icon} />
      <Text span inherit c="var(--mantine-color-text)">
        {words}
      </Text>
    </Group>
  );
}
