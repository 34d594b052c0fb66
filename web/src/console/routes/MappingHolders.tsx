import { Group, Text } from "@mantine/core";
import { PageAnchor } from "../../components/links";
import { useHolders } from "../api/mappings";
import type { Mapping } from "../api/nouns";
import { useConsoleText } from "../text/text";

/** MappingHolders names the stores that an id belongs to which was asked for in vain. */
export function MappingHolders({ mapping: { id, askedLocalStoreId } }: { mapping: Mapping }) {
  const text = useConsoleText();
  const { data } = useHolders(askedLocalStoreId, id);
  if (askedLocalStoreId === null || data === undefined) return null;
  if (data.length === 0) return <Text size="sm">{text.mapping.noHolder(askedLocalStoreId)}</Text>;
  return (
    <Group gap="xs">
      <Text size="sm">{text.mapping.holder(askedLocalStoreId)}:</Text>
      {data.map((holder) => (
        <PageAnchor key={holder.id} to="/mappings/$mappingId" params={{ mappingId: holder.id }} size="sm">
          {holder.storeName} ({holder.organizationName})
        </PageAnchor>
      ))}
    </Group>
  );
}
