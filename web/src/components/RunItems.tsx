import { Group, Stack, Text } from "@mantine/core";
import type { Item } from "../api/nouns";
import { useText } from "../text/text";
import { PageAnchor } from "./links";
import { sentence } from "./OutcomeNotice";
import { OutcomeLabel } from "./StateLabel";

/** RunItems lists the stores of a run, those that need somebody on top. */
export function RunItems({ items }: { items: Item[] }) {
  return (
    <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
      {[...items]
        .sort((a, b) => urgency(a) - urgency(b))
        .map((item) => (
          <RunItem key={item.storeId} item={item} />
        ))}
    </Stack>
  );
}

function urgency(item: Item): number {
  if (item.outcome === "failed") return 0;
  return item.outcome === "conflict" ? 1 : 2;
}

function RunItem({ item }: { item: Item }) {
  const text = useText();
  return (
    <Group
      component="li"
      justify="space-between"
      gap="xs"
      py="xs"
      style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}
    >
      <div style={{ flex: "1 1 16rem" }}>
        <PageAnchor to="/stores/$brandId/$storeId" params={{ brandId: item.brandId, storeId: item.storeId }} fw={600}>
          {item.storeName}
        </PageAnchor>
        <Text size="sm" c="dimmed">
          {item.brandName}
        </Text>
        {item.outcome !== null && <Text size="sm">{sentence(text, item)}</Text>}
      </div>
      <OutcomeLabel outcome={item.outcome} />
    </Group>
  );
}
