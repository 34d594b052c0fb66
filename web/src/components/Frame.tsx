import { Anchor, Box, Button, Container, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Application } from "../api/nouns";
import { useText } from "../text/text";
import { ApplicationMark } from "./ApplicationMark";
import classes from "./Frame.module.css";

type Props = {
  application: Application;
  organization?: string;
  onSignOut?: () => void;
  signingOut?: boolean;
  children: ReactNode;
};

/** Frame stands around every page: whose wizard it is, for which organization, and the way out. */
export function Frame({ application, organization, onSignOut, signingOut, children }: Props) {
  const text = useText();
  return (
    <>
      <Anchor href="#content" className={classes.skip}>
        {text.page.skip}
      </Anchor>
      {onSignOut && (
        <Box component="header" className={classes.header} style={{ borderTopColor: application.accent ?? undefined }}>
          <Container size="xl" py="xs">
            <Group justify="space-between" gap="sm">
              <ApplicationMark application={application} />
              <Group gap="sm">
                <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                  {organization}
                </Text>
                <Button variant="default" size="xs" onClick={onSignOut} loading={signingOut}>
                  {text.page.signOut}
                </Button>
              </Group>
            </Group>
          </Container>
        </Box>
      )}
      <Container component="main" id="content" size="xl" py="lg" tabIndex={-1} style={{ outline: "none" }}>
        {children}
      </Container>
    </>
  );
}
