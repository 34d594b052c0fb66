import { Box, Card, Group, Text } from "@mantine/core";
import { stateOf } from "../api/nouns";
import { useText } from "../text/text";
import { addressLine } from "./address";
import { StateLabel } from "./StateLabel";
import { Missing, type StoreListProps, StoreName } from "./StoreTable";
import { useVirtualRows } from "./useVirtualRows";

/** StoreCards lists stores on small screens, where a table has no room. */
export function StoreCards({ stores, total, onNearEnd }: StoreListProps) {
  const text = useText();
  const virtual = useVirtualRows<HTMLUListElement>({ count: stores.length, rowHeight: 140, onNearEnd });
  return (
    <Box
      component="ul"
      ref={virtual.list}
      aria-label={text.stores.title}
      p={0}
      m={0}
      style={{ listStyle: "none", paddingTop: virtual.before, paddingBottom: virtual.after }}
    >
      {virtual.rows.map(({ index }) => {
        const store = stores[index];
        return (
          store && (
            <Box
              component="li"
              key={store.id}
              data-index={index}
              ref={virtual.measure}
              aria-posinset={index + 1}
              aria-setsize={total ?? -1}
              pb="xs"
            >
              <Card withBorder padding="sm">
                <StoreName store={store} />
                <Text size="sm">{addressLine(store.address)}</Text>
                <Group justify="space-between" mt="xs" gap="xs">
                  <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                    {text.stores.localId}: {store.mapping?.localStoreId ?? <Missing words={text.stores.noLocalId} />}
                  </Text>
                  <StateLabel state={stateOf(store)} />
                </Group>
              </Card>
            </Box>
          )
        );
      })}
    </Box>
  );
}
