import { Button, Card, Group, Loader, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { createRoute } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type ConnectPermission, redeem } from "../api/connect";
import type { Session } from "../api/nouns";
import { slugOf } from "../api/problem";
import { sessionKey, signInAddress } from "../api/session";
import { Frame } from "../components/Frame";
import { PageButton } from "../components/links";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { useText } from "../text/text";
import { rootRoute } from "./root";
import { useLeave } from "./useLeave";
import { WithSession } from "./WithSession";

/** Where a one-time link of the integrator's arrives: it is redeemed here, and names the account before anything happens. */
export const connectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/connect",
  component: () => <WithSession>{(session) => <Connect session={session} />}</WithSession>,
});

type End = { permission?: ConnectPermission; error?: Error };

// A link works once, so the way there is remembered outside of the page, which may be built twice.
let redeeming: { secret: string; end: Promise<End> } | undefined;

function redeemOnce(secret: string): Promise<End> {
  if (redeeming?.secret !== secret) {
    const end = redeem(secret).then(
      (permission) => ({ permission }),
      (error: Error) => ({ error }),
    );
    redeeming = { secret, end };
  }
  return redeeming.end;
}

/** takeSecret reads the link's secret and takes it out of the address and the history. */
function takeSecret(): string {
  const secret = window.location.hash.slice(1);
  if (secret !== "") window.history.replaceState(window.history.state, "", "/connect");
  return secret;
}

function Connect({ session }: { session: Session }) {
  const text = useText();
  const queries = useQueryClient();
  const [secret] = useState(takeSecret);
  const [end, setEnd] = useState<End | undefined>(secret === "" ? {} : undefined);
  useEffect(() => {
    if (secret === "") return;
    let here = true;
    void redeemOnce(secret).then(async (ended) => {
      await queries.invalidateQueries({ queryKey: sessionKey });
      if (here) setEnd(ended);
    });
    return () => {
      here = false;
    };
  }, [secret, queries]);
  return (
    <Frame application={session.application}>
      <Card withBorder maw="32rem" mx="auto" mt="xl" padding="xl">
        {end ? <Ended session={session} end={end} /> : <Loader aria-label={text.page.loading} />}
      </Card>
    </Frame>
  );
}

function Ended({ session, end: { permission, error } }: { session: Session; end: End }) {
  const text = useText();
  const { application, organization, signedIn } = session;
  const { leave, signOut } = useLeave();
  if (error && slugOf(error) !== "link-used")
    return <ProblemAlert error={error} signInHref={signInAddress("/stores")} />;
  if (!permission)
    return (
      <Stack gap="md">
        <PageTitle application={application.name} title={text.connectLink.over} />
        <Text role="alert">{text.connectLink.overDetail(application.name)}</Text>
      </Stack>
    );
  const wrong = signedIn && !permission.bound;
  const account = organization?.name ?? "";
  return (
    <Stack gap="md">
      <PageTitle
        application={application.name}
        title={wrong ? text.connectLink.wrong : text.welcome.title(application.name)}
      />
      {!signedIn && <Text>{text.connectLink.signIn(permission.localStoreIds.length)}</Text>}
      {wrong && <Text role="alert">{text.connectLink.wrongDetail(account)}</Text>}
      {signedIn && !wrong && <Text>{text.connectLink.account(account, permission.localStoreIds.length)}</Text>}
      <Group gap="sm">
        {!signedIn && (
          <Button component="a" href={signInAddress("/stores")}>
            {text.welcome.signIn}
          </Button>
        )}
        {signedIn && !wrong && (
          <PageButton to="/stores" search={{}}>
            {text.connectLink.goOn}
          </PageButton>
        )}
        {wrong && (
          <Button loading={signOut.isPending} onClick={() => leave(signInAddress("/stores"))}>
            {text.connectLink.otherAccount}
          </Button>
        )}
      </Group>
      {signOut.error && <ProblemAlert error={signOut.error} signInHref={signInAddress("/stores")} />}
    </Stack>
  );
}
