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
  /** Why the sign-in before did not work. */
  reason?: { title: string; detail: string };
};

/** SignInCard is all that somebody sees who is not signed in. */
export function SignInCard({ application, title, detail, action, signInHref, reason }: Props) {
  return (
    <Card withBorder maw="32rem" mx="auto" mt="xl" padding="xl">
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
        <Group>
          <Button component="a" href={signInHref} size="md">
            {action}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
