import { Alert, Button, Card, Group, Stack, Text } from "@mantine/core";
import type { Application } from "../api/nouns";
import { ApplicationMark } from "./ApplicationMark";
import { Icon } from "./Icon";
import { PageTitle } from "./PageTitle";

type Props = {
  application: Application;
  title: string;
  detail: string;
  action: string;
  signInHref: string;
  /** What is asked for, and what is not. */
  points?: string[];
  /** Why the sign-in before did not work. */
  reason?: { title: string; detail: string };
};

/** SignInCard is all that somebody sees who is not signed in. */
export function SignInCard({ application, title, detail, action, signInHref, points, reason }: Props) {
  return (
    <Card withBorder shadow="sm" maw="30rem" mx="auto" mt="xl" padding="xl" bg="var(--surface)">
      <Stack gap="md">
        <ApplicationMark application={application} />
        <PageTitle application={application.name} title={title} />
        {reason && (
          <Alert
            role="alert"
            variant="default"
            icon={<Icon name="triangle" />}
            title={reason.title}
            styles={{ icon: { color: "var(--state-attention)" } }}
          >
            {reason.detail}
          </Alert>
        )}
        <Text>{detail}</Text>
        {points && (
          <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
            {points.map((point) => (
              <Group component="li" key={point} gap="sm" wrap="nowrap" align="start" c="var(--state-good)" fz="lg">
                <Icon name="check" />
                <Text size="sm" c="var(--mantine-color-text)">
                  {point}
                </Text>
              </Group>
            ))}
          </Stack>
        )}
        <Button component="a" href={signInHref} size="md" fullWidth mt="xs">
          {action}
        </Button>
      </Stack>
    </Card>
  );
}
