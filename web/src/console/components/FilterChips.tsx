import { Group, Pill } from "@mantine/core";
import { useConsoleText } from "../text/text";

/** One filter in force: what it says, and how it ends. */
export type Chip = { key: string; name: string; value: string; remove: () => void };

/** FilterChips shows the filters in force, each with a way to end it, or fixed. */
export function FilterChips({ chips, fixed }: { chips: Chip[]; fixed?: boolean }) {
  const text = useConsoleText();
  if (chips.length === 0) return null;
  return (
    <Group component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
      {chips.map(({ key, name, value, remove }) => (
        <li key={key} style={{ maxWidth: "100%" }}>
          <Pill
            withRemoveButton={!fixed}
            size="md"
            onRemove={remove}
            removeButtonProps={{
              tabIndex: 0,
              "aria-hidden": false,
              "aria-label": text.mappings.remove(`${name} ${value}`),
            }}
          >
            {name}: {value}
          </Pill>
        </li>
      ))}
    </Group>
  );
}
