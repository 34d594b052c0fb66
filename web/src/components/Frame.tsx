import { Anchor, Box, Button, Container, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Application } from "../api/nouns";
import { useText } from "../text/text";
import { ApplicationMark } from "./ApplicationMark";
import classes from "./Frame.module.css";
import { LanguageSelect } from "./LanguageSelect";
import { PageAnchor } from "./links";

type Props = {
  application: Application;
  /** Absent where nobody is signed in. */
  organization?: string;
  onSignOut?: () => void;
  signingOut?: boolean;
  /** Signs out and begins to sign in with another account. */
  onOtherAccount?: () => void;
  children: ReactNode;
};

/** Frame stands around every page: whose wizard it is, for which organization, and the way out. */
export function Frame({ application, organization, onSignOut, signingOut, onOtherAccount, children }: Props) {
  const text = useText();
  return (
    <div className={classes.page}>
      <Anchor href="#content" className={classes.skip}>
        {text.page.skip}
      </Anchor>
      {onSignOut && (
        <Box component="header" className={classes.header}>
          <Container size="xl" py="xs">
            <Group justify="space-between" gap="sm">
              <ApplicationMark application={application} />
              <Group gap="md">
                <PageAnchor to="/stores" size="sm" c="var(--accent-text)">
                  {text.page.stores}
                </PageAnchor>
                <PageAnchor to="/runs" size="sm" c="var(--accent-text)">
                  {text.page.runs}
                </PageAnchor>
                <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
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
      <Container component="main" id="content" size="xl" py="lg" tabIndex={-1} className={classes.content}>
        {children}
      </Container>
      <footer className={classes.footer}>
        <Container size="xl" py="sm">
          <Group justify="space-between" gap="sm">
            <Text size="xs" c="dimmed">
              {organization && onOtherAccount && (
                <>
                  {text.account.signedInAs(organization)}{" "}
                  <Anchor component="button" type="button" fz="xs" c="var(--accent-text)" onClick={onOtherAccount}>
                    {text.account.other}
                  </Anchor>
                </>
              )}
            </Text>
            <LanguageSelect />
          </Group>
        </Container>
      </footer>
    </div>
  );
}
