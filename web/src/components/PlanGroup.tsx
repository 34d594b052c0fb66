import { Button, Card, Checkbox, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Planned } from "../draft/steps";
import { useText } from "../text/text";
import { Icon } from "./Icon";
import classes from "./PlanGroup.module.css";
import type { Sign } from "./signs";

const page = 50;

type Props = {
  sign: Sign;
  title: string;
  detail?: string;
  items: Planned[];
  /** Whether its stores are shown at once. */
  open?: boolean;
  /** What is ticked, where each has to be confirmed. */
  confirmed?: { has: (storeId: string) => boolean };
  onConfirm?: (storeIds: string[], on: boolean) => void;
  confirmAll?: string;
  /** What is said of one store. */
  sentence: (item: Planned) => ReactNode;
};

/** PlanGroup is one group of the stores that were looked at, and what will happen to them. */
export function PlanGroup({ sign, title, detail, items, open, confirmed, onConfirm, confirmAll, sentence }: Props) {
  const text = useText();
  const [shown, setShown] = useState(page);
  const [opened, setOpened] = useState(open ?? false);
  if (items.length === 0) return null;
  const ticked = confirmed ? items.filter(({ store }) => confirmed.has(store.id)).length : 0;
  return (
    <Card withBorder padding="md" bg="var(--surface)">
      <details open={opened} onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary className={classes.summary}>
          <Group component="span" gap="sm" wrap="nowrap" c={sign.color} fz="lg">
            <Icon name={sign.icon} />
            <Title order={2} size="h5" c="var(--mantine-color-text)">
              {title}
            </Title>
          </Group>
          <span className={classes.marker} aria-hidden>
            <Icon name="down" />
          </span>
        </summary>
        <Stack gap="sm" mt="sm">
          {detail && <Text size="sm">{detail}</Text>}
          {confirmed && onConfirm && confirmAll && items.length > 1 && (
            <Checkbox
              label={confirmAll}
              fw={600}
              checked={ticked === items.length}
              indeterminate={ticked > 0 && ticked < items.length}
              onChange={(event) =>
                onConfirm(
                  items.map(({ store }) => store.id),
                  event.currentTarget.checked,
                )
              }
            />
          )}
          <ul className={classes.items}>
            {opened &&
              items.slice(0, shown).map((item) => (
                <li key={item.store.id} className={classes.item}>
                  {confirmed && onConfirm ? (
                    <Checkbox
                      label={<Named item={item} />}
                      description={sentence(item)}
                      checked={confirmed.has(item.store.id)}
                      onChange={(event) => onConfirm([item.store.id], event.currentTarget.checked)}
                    />
                  ) : (
                    <>
                      <Named item={item} />
                      <Text size="sm" component="div">
                        {sentence(item)}
                      </Text>
                    </>
                  )}
                </li>
              ))}
          </ul>
          {items.length > shown && (
            <Group>
              <Button variant="default" size="xs" onClick={() => setShown(shown + 4 * page)}>
                {text.review.more(items.length - shown)}
              </Button>
            </Group>
          )}
        </Stack>
      </details>
    </Card>
  );
}

function Named({ item: { store, from, to } }: { item: Planned }) {
  return (
    <span className={classes.named}>
      <span>
        <strong>{store.name}</strong> <span className={classes.brand}>{store.brandName}</span>
      </span>
      <span className={classes.ids}>
        {from !== null && from !== to && (
          <>
            <s>{from}</s> <Icon name="arrow" />{" "}
          </>
        )}
        <b>{to}</b>
      </span>
    </span>
  );
}
