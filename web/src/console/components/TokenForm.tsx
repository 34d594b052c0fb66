import { Button, Card, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { PageTitle } from "../../components/PageTitle";
import { useConsoleText } from "../text/text";

type Props = {
  /** Whether a session has just ended, and its page is kept. */
  ended: boolean;
  busy: boolean;
  refusal: string | null;
  onSubmit: (token: string) => void;
  children?: ReactNode;
};

/**
 * TokenForm asks for an admin token and hands it on once. The field is not React's: what was typed stands in the field
 * alone, and is cleared the moment that it was handed on.
 */
export function TokenForm({ ended, busy, refusal, onSubmit, children }: Props) {
  const text = useConsoleText();
  const field = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState(false);
  function submit(event: FormEvent) {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (field.current) field.current.value = "";
    setEmpty(token === "");
    if (token === "") field.current?.focus();
    else onSubmit(token);
  }
  return (
    <Card withBorder maw="32rem" mx="auto" mt="xl" padding="xl">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Text fw={700}>storelink</Text>
          <PageTitle application={text.name} title={text.signIn.title} />
          {ended && <Text role="status">{text.signIn.ended}</Text>}
          <PasswordInput
            ref={field}
            label={text.signIn.field}
            description={text.signIn.detail}
            error={empty ? text.signIn.empty : refusal}
            autoComplete="off"
            spellCheck={false}
            required
            withAsterisk={false}
          />
          {children}
          <Group>
            <Button type="submit" loading={busy}>
              {text.signIn.action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
