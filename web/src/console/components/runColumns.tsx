import { Group, Text } from "@mantine/core";
import { useMemo } from "react";
import { Ago } from "../../components/Ago";
import { PageAnchor } from "../../components/links";
import { busySign, stateSigns } from "../../components/signs";
import { type AdminRunSummary, type Item, itemStates } from "../api/nouns";
import { useConsoleText } from "../text/text";
import type { Column } from "./DataTable";
import { LocalId, Missing } from "./LocalId";
import { OutcomeLabel, Signed } from "./StateLabel";

/** useRunColumns returns the columns of the list of runs. */
export function useRunColumns(): Column<AdminRunSummary>[] {
  const text = useConsoleText();
  return useMemo(() => {
    const t = text.runs;
    return [
      {
        id: "started",
        header: t.started,
        width: 11,
        cell: (run) => (
          <PageAnchor to="/runs/$runId" params={{ runId: run.id }} size="sm" fw={600}>
            <Ago at={run.createdAt} />
          </PageAnchor>
        ),
      },
      { id: "organization", header: t.organization, width: 15, cell: (run) => run.organizationName || t.several },
      { id: "actor", header: t.actor, width: 10, cell: (run) => text.mapping.by(run.actor) },
      { id: "state", header: t.state, width: 12, cell: (run) => <RunStateLabel run={run} /> },
      { id: "stores", header: t.stores, width: 6, numeric: true, cell: (run) => text.number(run.total) },
      { id: "result", header: t.result, width: 20, cell: (run) => <Counts run={run} /> },
      {
        id: "ended",
        header: t.ended,
        width: 10,
        cell: (run) => (run.endedAt === null ? <Missing words={text.list.nothing} /> : <Ago at={run.endedAt} />),
      },
    ];
  }, [text]);
}

/** RunStateLabel says how a run stands. */
export function RunStateLabel({ run }: { run: Pick<AdminRunSummary, "state" | "waitingFor" | "counts"> }) {
  const text = useConsoleText();
  if (run.state === "done") {
    const failed = run.counts.failed + run.counts.conflict > 0;
    return <Signed sign={failed ? stateSigns.conflict : stateSigns.connected} words={text.runStates.done} />;
  }
  const words = run.waitingFor === null ? text.runStates[run.state] : text.run.waiting[run.waitingFor];
  return <Signed sign={busySign} words={words} />;
}

function Counts({ run: { counts } }: { run: AdminRunSummary }) {
  const text = useConsoleText();
  return (
    <Group gap={8}>
      {itemStates
        .filter((outcome) => counts[outcome] > 0)
        .map((outcome) => (
          <Text key={outcome} size="xs" span>
            <b>{text.number(counts[outcome])}</b> {text.outcomes[outcome].toLocaleLowerCase(text.language)}
          </Text>
        ))}
    </Group>
  );
}

/** useItemColumns returns the columns of the list of a run's stores. */
export function useItemColumns(): Column<Item>[] {
  const text = useConsoleText();
  return useMemo(() => {
    const t = text.run;
    return [
      {
        id: "store",
        header: t.store,
        width: 16,
        cell: (item) => (
          <>
            <PageAnchor
              to="/mappings"
              search={{ remoteStoreId: item.storeId }}
              activeOptions={{ exact: true }}
              size="sm"
              fw={600}
            >
              {item.storeName || item.storeId}
            </PageAnchor>
            <Text size="xs" c="dimmed">
              {item.brandName}
            </Text>
          </>
        ),
      },
      {
        id: "asked",
        header: t.askedFor,
        width: 9,
        cell: (item) => <LocalId id={item.localStoreId} none={t.disconnect} />,
      },
      {
        id: "outcome",
        header: t.outcome,
        width: 12,
        cell: (item) => <OutcomeLabel outcome={item.outcome ?? "pending"} />,
      },
      { id: "now", header: t.now, width: 9, cell: (item) => <LocalId id={item.observedLocalStoreId} /> },
      {
        id: "detail",
        header: t.detail,
        width: 20,
        cell: (item) =>
          item.error === null ? (
            <Missing words={text.list.nothing} />
          ) : (
            <>
              <Text size="sm">{text.codes[item.error.code]}</Text>
              {item.error.detail !== "" && (
                <Text size="xs" c="dimmed">
                  {item.error.detail}
                </Text>
              )}
            </>
          ),
      },
    ];
  }, [text]);
}
