import { Text } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import { Ago } from "../../components/Ago";
import { PageAnchor } from "../../components/links";
import type { Mapping } from "../api/nouns";
import { useConsoleText } from "../text/text";
import { CopyText } from "./CopyText";
import type { Column } from "./DataTable";
import { LocalId, Missing } from "./LocalId";
import { StateLabel } from "./StateLabel";

/** The columns of the mapping table before anybody chose. */
export const columnsAtFirst = ["localStoreId", "organizationName", "state", "observed", "observedAt"];

type Cell = [width: number, cell: (mapping: Mapping) => ReactNode, sortable?: boolean];

/** useMappingColumns returns all columns that the mapping table can have. */
export function useMappingColumns(): Column<Mapping>[] {
  const text = useConsoleText();
  return useMemo(() => {
    const headers = text.mappings.column;
    const time = (at: string | null) => (at === null ? <Missing words={text.list.nothing} /> : <Ago at={at} />);
    const cells: Record<keyof typeof headers, Cell> = {
      storeName: [17, (m) => <StoreCell mapping={m} />, true],
      localStoreId: [9, (m) => <LocalId id={m.desiredLocalStoreId ?? m.askedLocalStoreId} />, true],
      organizationName: [13, (m) => <OrganizationCell mapping={m} />, true],
      state: [13, (m) => <StateLabel mapping={m} />, true],
      observed: [9, (m) => <LocalId id={m.observedLocalStoreId} />],
      observedAt: [9, (m) => <Ago at={m.observedAt} />, true],
      asked: [9, (m) => <LocalId id={m.askedLocalStoreId} />],
      previous: [9, (m) => <LocalId id={m.previousLocalStoreId} />],
      restore: [9, (m) => <LocalId id={m.restoreLocalStoreId} />],
      attempts: [5, (m) => text.number(m.attempts)],
      nextTryAt: [9, (m) => time(m.nextTryAt)],
      waitingSince: [9, (m) => time(m.waitingSince)],
      message: [16, (m) => m.upstreamMessage ?? <Missing words={text.list.nothing} />],
      storeId: [18, (m) => <CopyText value={m.storeId} what={headers.storeId} />],
      updatedAt: [9, (m) => <Ago at={m.updatedAt} />, true],
      createdAt: [9, (m) => <Ago at={m.createdAt} />, true],
    };
    return (Object.keys(cells) as (keyof typeof headers)[]).map((id) => {
      const [width, cell, sortable] = cells[id];
      return { id, header: headers[id], width, cell, sortable };
    });
  }, [text]);
}

function StoreCell({ mapping }: { mapping: Mapping }) {
  return (
    <>
      <PageAnchor to="/mappings/$mappingId" params={{ mappingId: mapping.id }} size="sm" fw={600}>
        {mapping.storeName}
      </PageAnchor>
      <Text size="xs" c="dimmed">
        {mapping.brandName}
      </Text>
    </>
  );
}

function OrganizationCell({ mapping }: { mapping: Mapping }) {
  return (
    <PageAnchor
      to="/mappings"
      search={{ organizationId: mapping.organizationId }}
      size="sm"
      c="var(--mantine-color-text)"
      activeOptions={{ exact: true, includeSearch: true }}
    >
      {mapping.organizationName}
    </PageAnchor>
  );
}
