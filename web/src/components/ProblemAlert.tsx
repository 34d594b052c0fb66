import { Alert, Button, Code, CopyButton, Group, List, Text } from "@mantine/core";
import { needsSignIn, ProblemError, slugOf } from "../api/problem";
import { useText } from "../text/text";
import { Icon } from "./Icon";

type Props = {
  error: Error;
  /** Where signing in again begins. */
  signInHref: string;
  onRetry?: () => void;
};

/** ProblemAlert shows what went wrong, the request's id to copy, and what can be done about it. */
export function ProblemAlert({ error, signInHref, onRetry }: Props) {
  const text = useText();
  const problem = error instanceof ProblemError ? error.problem : null;
  const known = text.problem.known[slugOf(error) ?? ""];
  return (
    <Alert
      role="alert"
      variant="default"
      icon={<Icon name="cross" />}
      title={known?.title ?? problem?.title ?? text.problem.noAnswer}
      styles={{ wrapper: { color: "var(--state-bad)" }, icon: { color: "var(--state-bad)" } }}
    >
      <Text size="sm">{known?.detail ?? problem?.detail ?? text.problem.noAnswerDetail}</Text>
      {problem?.errors && problem.errors.length > 0 && (
        <List size="sm" mt="xs">
          {problem.errors.map((e) => (
            <List.Item key={`${e.pointer} ${e.detail}`}>{e.detail}</List.Item>
          ))}
        </List>
      )}
      <Group mt="sm" gap="sm">
        {needsSignIn(error) && (
          <Button component="a" href={signInHref} size="xs">
            {text.again.signIn}
          </Button>
        )}
        {onRetry && !needsSignIn(error) && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {text.problem.retry}
          </Button>
        )}
        {problem && <RequestId id={problem.instance} />}
      </Group>
    </Alert>
  );
}

function RequestId({ id }: { id: string }) {
  const text = useText();
  return (
    <Group gap="xs">
      <Text size="xs" c="dimmed">
        {text.problem.request} <Code style={{ overflowWrap: "anywhere" }}>{id}</Code>
      </Text>
      <CopyButton value={id}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy} aria-label={text.problem.copy}>
            {copied ? text.problem.copied : text.problem.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
