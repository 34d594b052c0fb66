import { Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { Ago } from "../../components/Ago";
import { PageAnchor } from "../../components/links";
import { type Sign, stateSigns } from "../../components/signs";
import type { DriftPolicy, MappingState, Organization } from "../api/nouns";
import { useConsoleText } from "../text/text";
import type { Column } from "./DataTable";
import { Signed } from "./StateLabel";

type OnPolicy = (organization: Organization, policy: DriftPolicy | null) => void;

const attention: MappingState[] = ["failed", "conflict", "drifted"];
const busy: MappingState[] = ["pending", "waiting"];
const other: MappingState[] = ["disconnected", "unmanaged"];
const policies = ["report", "heal"] as const;

const consentSigns: Record<Organization["grants"]["state"], Sign> = {
  active: stateSigns.connected,
  reauthorization_required: stateSigns.failed,
  none: stateSigns.disconnected,
};

/** useOrganizationColumns returns the columns of the list of organizations; the policy is a choice where onPolicy is given. */
export function useOrganizationColumns(onPolicy?: OnPolicy): Column<Organization>[] {
  const text = useConsoleText();
  return useMemo(() => {
    const t = text.organizations;
    return [
      { id: "name", header: t.organization, width: 16, cell: (o) => <Name organization={o} /> },
      {
        id: "connected",
        header: t.connected,
        width: 7,
        numeric: true,
        cell: (o) => <Count of={o} states={["connected"]} />,
      },
      { id: "attention", header: t.attention, width: 10, cell: (o) => <Counts of={o} states={attention} /> },
      { id: "busy", header: t.busy, width: 10, cell: (o) => <Counts of={o} states={busy} /> },
      { id: "other", header: t.other, width: 7, numeric: true, cell: (o) => <Count of={o} states={other} /> },
      { id: "consent", header: t.consent, width: 12, cell: (o) => <Consent organization={o} /> },
      { id: "policy", header: t.policy, width: 12, cell: (o) => <Policy organization={o} onPolicy={onPolicy} /> },
    ];
  }, [text, onPolicy]);
}

function Name({ organization: { id, name, createdAt } }: { organization: Organization }) {
  const text = useConsoleText();
  return (
    <>
      <PageAnchor to="/mappings" search={{ organizationId: id }} size="sm" fw={600}>
        {name}
      </PageAnchor>
      <Text size="xs" c="dimmed">
        {text.organizations.since} <Ago at={createdAt} />
      </Text>
    </>
  );
}

type CountProps = { of: Organization; states: MappingState[]; words?: string };

/** Count is how many mappings are in the given states, and the way to them. */
function Count({ of: { id, mappings }, states, words }: CountProps) {
  const text = useConsoleText();
  const count = states.reduce((sum, state) => sum + mappings[state], 0);
  if (count === 0 && words === undefined)
    return (
      <Text size="sm" span c="dimmed">
        {text.number(0)}
      </Text>
    );
  return (
    <PageAnchor to="/mappings" search={{ organizationId: id, state: states }} size="sm" activeOptions={{ exact: true }}>
      {text.number(count)} {words}
    </PageAnchor>
  );
}

function Counts({ of, states }: Omit<CountProps, "words">) {
  const text = useConsoleText();
  const given = states.filter((state) => of.mappings[state] > 0);
  if (given.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {text.number(0)}
      </Text>
    );
  return (
    <Stack gap={0}>
      {given.map((state) => (
        <Group key={state} gap={4} wrap="nowrap">
          <Count of={of} states={[state]} words={text.states[state].toLocaleLowerCase(text.language)} />
        </Group>
      ))}
    </Stack>
  );
}

function Consent({ organization: { id, grants } }: { organization: Organization }) {
  const text = useConsoleText();
  const t = text.organizations;
  return (
    <>
      <PageAnchor
        to="/grants"
        search={{ organizationId: id }}
        underline="hover"
        c="inherit"
        activeOptions={{ exact: true }}
      >
        <Signed sign={consentSigns[grants.state]} words={t.consents[grants.state]} />
      </PageAnchor>
      {grants.expiresAt !== null && (
        <Text size="xs" c="dimmed">
          {t.until} <Ago at={grants.expiresAt} />
        </Text>
      )}
    </>
  );
}

function Policy({ organization, onPolicy }: { organization: Organization; onPolicy: OnPolicy | undefined }) {
  const text = useConsoleText();
  const t = text.organizations;
  const value = organization.driftPolicy ?? "default";
  if (onPolicy === undefined) return t.policies[value];
  return (
    <NativeSelect
      size="xs"
      aria-label={t.policyOf(organization.name)}
      value={value}
      data={(["default", ...policies] as const).map((policy) => ({ value: policy, label: t.policies[policy] }))}
      onChange={(event) =>
        onPolicy(organization, policies.find((policy) => policy === event.currentTarget.value) ?? null)
      }
    />
  );
}
