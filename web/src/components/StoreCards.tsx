import { Box, Card, Group, Text } from "@mantine/core";
import { stateOf } from "../api/nouns";
import { useText } from "../text/text";
import { addressLine } from "./address";
import { ChoiceBox } from "./ChoiceBox";
import { StateLabel } from "./StateLabel";
import { byArrows, Missing, type StoreListProps, StoreName } from "./StoreTable";
import { useRange } from "./useRange";
import { useVirtualRows } from "./useVirtualRows";

/** StoreCards lists stores on small screens, where a table has no room. */
export function StoreCards({ stores, total, onNearEnd, choice }: StoreListProps) {
  const text = useText();
  const virtual = useVirtualRows<HTMLUListElement>({ count: stores.length, rowHeight: 140, onNearEnd });
  const choose = useRange(stores, choice);
  return (
    <>
      {choice && (
        <Group gap="xs" wrap="nowrap" px="sm">
          <ChoiceBox
            label={text.choose.all}
            checked={choice.all === true}
            some={choice.all === "some"}
            disabled={choice.busy}
            onChange={choice.onAll}
          />
          <Text size="sm" aria-hidden>
            {text.choose.all}
          </Text>
        </Group>
      )}
      <Box
        component="ul"
        ref={virtual.list}
        aria-label={text.stores.title}
        p={0}
        m={0}
        style={{ listStyle: "none", paddingTop: virtual.before, paddingBottom: virtual.after }}
        onKeyDown={byArrows}
      >
        {virtual.rows.map(({ index }) => {
          const store = stores[index];
          if (store === undefined) return null;
          const chosen = choice?.chosen.has(store.id) ?? false;
          return (
            <Box
              component="li"
              key={store.id}
              data-index={index}
              ref={virtual.measure}
              aria-posinset={index + 1}
              aria-setsize={total ?? -1}
              pb="xs"
            >
              <Card withBorder padding="sm" bg={chosen ? "var(--chosen)" : "var(--surface)"}>
                <Group gap="sm" wrap="nowrap" align="start">
                  {choice && (
                    <ChoiceBox
                      label={text.choose.one(store.name)}
                      checked={chosen}
                      onChange={(on, range) => choose(index, on, range)}
                    />
                  )}
                  <div style={{ minWidth: 0, flex: 1 }}>
                    <StoreName store={store} />
                    <Text size="sm">{addressLine(store.address)}</Text>
                    <Group justify="space-between" mt="xs" gap="xs">
                      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                        {text.stores.localId}:{" "}
                        {store.mapping?.localStoreId ?? <Missing words={text.stores.noLocalId} />}
                      </Text>
                      <StateLabel state={stateOf(store)} />
                    </Group>
                  </div>
                </Group>
              </Card>
            </Box>
          );
        })}
      </Box>
    </>
  );
}
