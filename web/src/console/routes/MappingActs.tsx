import { Button, Group, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type ActName, useAct } from "../api/mappings";
import type { Mapping } from "../api/nouns";
import { ActDialog } from "../components/ActDialog";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { useMayOperate } from "./signedIn";

/** MappingActs offers what can be done to a mapping, to who may do it. */
export function MappingActs({ mapping }: { mapping: Mapping }) {
  const text = useConsoleText();
  const [asked, setAsked] = useState<ActName | null>(null);
  const [done, setDone] = useState<ActName | null>(null);
  if (!useMayOperate()) {
    return (
      <Text size="sm" c="dimmed" role="note">
        {text.act.readOnly}
      </Text>
    );
  }
  const { observedAt, observedLocalStoreId: seen, desiredLocalStoreId: wanted, managed } = mapping;
  const adoptable = observedAt !== null && seen !== wanted && (managed || seen !== null);
  const ask = (act: ActName) => () => {
    setDone(null);
    setAsked(act);
  };
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Button onClick={ask("reconcile")}>{text.act.reconcile}</Button>
        {adoptable && (
          <Button variant="default" onClick={ask("adopt")}>
            {text.act.adoptId(seen)}
          </Button>
        )}
        {(seen !== null || wanted !== null) && (
          <Button variant="default" c="var(--state-bad)" onClick={ask("disconnect")}>
            {text.act.disconnect}
          </Button>
        )}
      </Group>
      <div role="status">
        {done === "reconcile" && <Text size="sm">{text.act.asked}</Text>}
        {done === "adopt" && <Text size="sm">{text.act.adopted}</Text>}
      </div>
      {asked !== null && (
        <Acting
          act={asked}
          mapping={mapping}
          onEnd={(act) => {
            setAsked(null);
            setDone(act);
          }}
        />
      )}
    </Stack>
  );
}

type ActingProps = { act: ActName; mapping: Mapping; onEnd: (done: ActName | null) => void };

function Acting({ act, mapping, onEnd }: ActingProps) {
  const navigate = useNavigate();
  const acting = useAct(mapping.id, act);
  return (
    <ActDialog
      act={act}
      mapping={mapping}
      busy={acting.isPending}
      onCancel={() => onEnd(null)}
      onConfirm={(given) =>
        acting.mutate(given, {
          onSuccess: (runId) => {
            onEnd(act);
            if (runId !== null) void navigate({ to: "/runs/$runId", params: { runId } });
          },
        })
      }
    >
      {acting.error && <Problem error={acting.error} />}
    </ActDialog>
  );
}
