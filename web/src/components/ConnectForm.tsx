import { Button, Group, NativeSelect, Stack, TextInput, Title } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { localStoreIdFault } from "../api/nouns";
import { useText } from "../text/text";

type Props = {
  applicationName: string;
  /** What the store is connected to by storelink now, to be replaced; null: nothing. */
  current: string | null;
  /** What upstream shows at the moment, whoever put it there. */
  live: string | null;
  /** The only ids that may be used; null: any. */
  allowed: string[] | null;
  value: string;
  onChange: (value: string) => void;
  onSubmit: (localStoreId: string) => void;
  busy: boolean;
  /** What the service said of the id. */
  refusal: string | null;
};

/** ConnectForm asks for the one thing that it takes to connect a store: its id in the integrator's own system. */
export function ConnectForm({
  applicationName,
  current,
  live,
  allowed,
  value,
  onChange,
  onSubmit,
  busy,
  refusal,
}: Props) {
  const text = useText();
  const field = useRef<HTMLInputElement & HTMLSelectElement>(null);
  const [left, setLeft] = useState(false);
  const fault = localStoreIdFault(value, allowed);
  const problem = fault ? text.store.faults[fault] : value === live ? text.store.same(value) : null;
  const shown = problem !== null && left ? problem : refusal;

  function submit(event: FormEvent) {
    event.preventDefault();
    setLeft(problem !== null);
    if (problem === null) onSubmit(value);
    else field.current?.focus();
  }

  const common = {
    ref: field,
    label: current === null ? text.store.field : text.store.newField,
    description: text.store.hint(applicationName),
    error: shown,
    value,
    disabled: busy,
    required: true,
    withAsterisk: false,
  };
  return (
    <form onSubmit={submit} noValidate aria-labelledby="connect">
      <Stack gap="sm" maw="28rem">
        <Title order={2} size="h5" id="connect">
          {current === null ? text.store.connectTitle : text.store.replaceTitle}
        </Title>
        {allowed === null ? (
          <TextInput
            {...common}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={(event) => onChange(event.currentTarget.value)}
            onBlur={() => setLeft(value !== "")}
          />
        ) : (
          <NativeSelect
            {...common}
            data={[{ value: "", label: text.store.choose }, ...allowed]}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        )}
        <Group>
          <Button type="submit" loading={busy}>
            {current === null ? text.store.connect : text.store.replace}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
