import { Group, Progress, Stack, Text } from "@mantine/core";
import { PageAnchor } from "../../components/links";
import { outcomeSigns } from "../../components/signs";
import { type AdminRunSummary, itemStates } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { OutcomeLabel } from "./StateLabel";

/** RunBar shows how far a run is and how its stores ended; each number leads to its stores. */
export function RunBar({ run }: { run: AdminRunSummary }) {
  const text = useConsoleText();
  const { counts, total } = run;
  const words = text.run.progress(total - counts.pending, total);
  const present = itemStates.filter((outcome) => counts[outcome] > 0);
  return (
    <Stack gap="xs">
      <Text role="status" fw={600}>
        {words}
        {run.state !== "done" && (
          <Text span size="sm" c="dimmed" fw={400}>
            {" "}
            · {text.run.live}
          </Text>
        )}
      </Text>
      <Progress.Root
        size="lg"
        role="progressbar"
        aria-label={words}
        aria-valuenow={total - counts.pending}
        aria-valuemax={total}
      >
        {present.map(
          (outcome) =>
            outcome !== "pending" && (
              <Progress.Section
                key={outcome}
                value={total === 0 ? 0 : (100 * counts[outcome]) / total}
                color={outcomeSigns[outcome].color}
                withAria={false}
              />
            ),
        )}
      </Progress.Root>
      <Group gap="md" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {present.map((outcome) => (
          <li key={outcome}>
            <PageAnchor
              to="/runs/$runId"
              params={{ runId: run.id }}
              search={{ outcome }}
              activeOptions={{ exact: true }}
              c="inherit"
            >
              <Group gap={6} component="span" display="inline-flex">
                <OutcomeLabel outcome={outcome} />
                <b>{text.number(counts[outcome])}</b>
              </Group>
            </PageAnchor>
          </li>
        ))}
      </Group>
    </Stack>
  );
}
