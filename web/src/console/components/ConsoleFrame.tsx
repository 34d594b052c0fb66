import { Anchor, Box, Burger, Button, Collapse, Container, Group, Menu, Stack, Text } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import frame from "../../components/Frame.module.css";
import { PageNavLink } from "../../components/links";
import { useConsoleText } from "../text/text";
import classes from "./ConsoleFrame.module.css";

/** A language that the console speaks. */
export type Language = { code: string; name: string };

type Props = {
  name: string;
  role: string;
  languages: Language[];
  onLanguage: (code: string) => void;
  onSignOut: () => void;
  children: ReactNode;
};

/** ConsoleFrame stands around every page: where one can go, as whom, and the way out. */
export function ConsoleFrame({ children, ...account }: Props) {
  const text = useConsoleText();
  const [opened, { toggle, close }] = useDisclosure(false);
  const wide = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });
  return (
    <>
      <Anchor href="#content" className={frame.skip}>
        {text.nav.skip}
      </Anchor>
      <Box component="header" className={classes.header}>
        <Container size={contentWidth} px="md">
          <Group justify="space-between" gap="sm" wrap="nowrap" mih="3.25rem">
            <Group gap="lg" wrap="nowrap">
              <Text fw={700} className={classes.mark}>
                storelink
              </Text>
              {wide && <Pages horizontal />}
            </Group>
            <Group gap="xs" wrap="nowrap">
              <Account {...account} />
              {!wide && <Burger opened={opened} onClick={toggle} size="sm" aria-label={text.nav.menu} />}
            </Group>
          </Group>
          {!wide && (
            // biome-ignore lint/a11y/noStaticElementInteractions: the links inside are what is clicked; this only hears of it.
            // biome-ignore lint/a11y/useKeyWithClickEvents: a link is clicked by the keyboard, too.
            <div onClick={close}>
              <Collapse expanded={opened}>
                <Pages />
              </Collapse>
            </div>
          )}
        </Container>
      </Box>
      <Container
        component="main"
        id="content"
        size={contentWidth}
        px="md"
        py="lg"
        tabIndex={-1}
        style={{ outline: "none" }}
      >
        {children}
      </Container>
    </>
  );
}

const contentWidth = "84rem";

function Pages({ horizontal }: { horizontal?: boolean }) {
  const text = useConsoleText();
  const pages = [
    { to: "/", name: text.nav.overview, exact: true },
    { to: "/mappings", name: text.nav.mappings, exact: false },
    { to: "/organizations", name: text.nav.organizations, exact: false },
    { to: "/grants", name: text.nav.grants, exact: false },
    { to: "/runs", name: text.nav.runs, exact: false },
    { to: "/unmatched", name: text.nav.webhooks, exact: false },
  ] as const;
  const links = pages.map(({ to, name, exact }) => (
    <PageNavLink
      key={to}
      to={to}
      label={name}
      activeOptions={{ exact, includeSearch: false }}
      color="var(--mantine-color-text)"
      className={classes.page}
    />
  ));
  return (
    <nav aria-label={text.nav.label}>
      {horizontal ? (
        <Group gap={2} wrap="nowrap">
          {links}
        </Group>
      ) : (
        <Stack gap={2} pb="sm">
          {links}
        </Stack>
      )}
    </nav>
  );
}

function Account({ name, role, languages, onLanguage, onSignOut }: Omit<Props, "children">) {
  const text = useConsoleText();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          rightSection={<span aria-hidden="true">▾</span>}
          styles={{ label: { maxWidth: "40vw" } }}
        >
          {text.nav.account(name, text.nav.roles[role] ?? role)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {languages.length > 1 && <Menu.Label>{text.nav.language}</Menu.Label>}
        {languages.length > 1 && (
          <Menu.RadioGroup value={text.language} onChange={onLanguage}>
            {languages.map(({ code, name: words }) => (
              <Menu.RadioItem key={code} value={code} lang={code}>
                {words}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        )}
        {languages.length > 1 && <Menu.Divider />}
        <Menu.Item onClick={onSignOut}>{text.nav.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
