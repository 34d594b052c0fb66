import { Card, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "../../components/Icon";
import { PageAnchor } from "../../components/links";
import { type Sign, stateSigns } from "../../components/signs";
import { mappingStates, type Stats } from "../api/nouns";
import { useConsoleText } from "../text/text";
import classes from "./StateTiles.module.css";

/** StateTiles says how many mappings are how at this moment, what needs somebody first. */
export function StateTiles({ stats }: { stats: Stats }) {
  const text = useConsoleText();
  const t = text.overview;
  return (
    <section aria-label={t.now}>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 5 }} spacing="sm">
        <Tile
          sign={stats.dark > 0 ? stateSigns.failed : stateSigns.disconnected}
          loud={stats.dark > 0}
          count={stats.dark}
          words={t.dark}
          hint={stats.dark > 0 ? t.darkFor(text.duration(stats.darkForSeconds)) : t.darkHint}
        >
          {(content) => (
            <PageAnchor to="/mappings" search={{ dark: true }} className={classes.link} underline="never">
              {content}
            </PageAnchor>
          )}
        </Tile>
        {mappingStates.map((state) => (
          <Tile
            key={state}
            sign={stateSigns[state]}
            loud={needsSomebody.has(state) && stats.states[state] > 0}
            count={stats.states[state]}
            words={text.states[state]}
          >
            {(content) => (
              <PageAnchor to="/mappings" search={{ state: [state] }} className={classes.link} underline="never">
                {content}
              </PageAnchor>
            )}
          </Tile>
        ))}
        <Tile sign={{ icon: "arrow", color: "var(--state-quiet)" }} count={stats.total} words={t.total}>
          {(content) => (
            <PageAnchor to="/mappings" className={classes.link} underline="never">
              {content}
            </PageAnchor>
          )}
        </Tile>
      </SimpleGrid>
    </section>
  );
}

const needsSomebody = new Set<string>(["failed", "conflict", "drifted"]);

type TileProps = {
  sign: Sign;
  loud?: boolean;
  count: number;
  words: string;
  hint?: string;
  children: (content: ReactNode) => ReactNode;
};

function Tile({ sign: { icon, color }, loud, count, words, hint, children }: TileProps) {
  const text = useConsoleText();
  return (
    <Card withBorder padding={0} style={loud ? { borderInlineStart: `4px solid ${color}` } : undefined}>
      {children(
        <>
          <Text span fz="xl" fw={700} c="var(--mantine-color-text)" className={classes.number}>
            {text.number(count)}
          </Text>
          <Text span size="sm" c="var(--mantine-color-text)" className={classes.words}>
            <Text span c={color} className={classes.sign}>
              <Icon name={icon} />
            </Text>
            {words}
          </Text>
          {hint && (
            <Text span size="xs" c="dimmed">
              {hint}
            </Text>
          )}
        </>,
      )}
    </Card>
  );
}
