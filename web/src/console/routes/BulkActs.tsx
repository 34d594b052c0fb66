import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { slugOf } from "../../api/problem";
import { canAct, mostTogether, useActOnAll, useMatching } from "../api/actions";
import type { ActName } from "../api/mappings";
import type { MappingQuery } from "../api/nouns";
import { BulkDialog } from "../components/BulkDialog";
import type { Chip } from "../components/FilterChips";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { useMayOperate } from "./signedIn";

type Props = { query: MappingQuery; chips: Chip[] };

/** BulkActs offers to do the same to all mappings that are listed, to who may do it. */
export function BulkActs({ query, chips }: Props) {
  const text = useConsoleText();
  const [opened, setOpened] = useState(false);
  if (!useMayOperate()) return null;
  const searched: Chip = { key: "q", name: text.filters.q, value: query.q ?? "", remove: () => undefined };
  const which = query.q === undefined ? chips : [searched, ...chips];
  return (
    <>
      <Button
        variant="default"
        onClick={() => setOpened(true)}
        disabled={!canAct(query)}
        title={canAct(query) ? undefined : text.bulk.filterFirst}
      >
        {text.bulk.open}
      </Button>
      {opened && <Acting query={query} chips={which} onEnd={() => setOpened(false)} />}
    </>
  );
}

function Acting({ query, chips, onEnd }: Props & { onEnd: () => void }) {
  const navigate = useNavigate();
  const [act, setAct] = useState<ActName>("reconcile");
  const matching = useMatching(act, query);
  const acting = useActOnAll(query);
  const changed = slugOf(acting.error) === "count-changed";
  return (
    <BulkDialog
      act={act}
      onAct={setAct}
      chips={chips}
      count={matching.isFetching ? undefined : matching.data}
      most={mostTogether}
      changed={changed}
      busy={acting.isPending}
      onCancel={onEnd}
      onConfirm={({ count, reason }) =>
        acting.mutate(
          { action: act, count, reason },
          {
            onSuccess: (run) => {
              onEnd();
              void navigate({ to: "/runs/$runId", params: { runId: run.id } });
            },
          },
        )
      }
    >
      {matching.error && <Problem error={matching.error} onRetry={() => void matching.refetch()} />}
      {acting.error && !changed && <Problem error={acting.error} />}
    </BulkDialog>
  );
}
