import { NativeSelect } from "@mantine/core";
import { type StoreState, storeStates } from "../api/nouns";
import { useText } from "../text/text";

type Props = { value: StoreState | undefined; onChange: (state: StoreState | undefined) => void };

/** StateFilter selects stores by their state. */
export function StateFilter({ value, onChange }: Props) {
  const text = useText();
  return (
    <NativeSelect
      label={text.stores.state}
      value={value ?? ""}
      onChange={(event) => onChange(storeStates.find((state) => state === event.currentTarget.value))}
      data={[
        { value: "", label: text.stores.allStates },
        ...storeStates.map((state) => ({ value: state, label: text.states[state] })),
      ]}
    />
  );
}
