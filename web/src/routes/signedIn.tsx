import { createRoute, Outlet } from "@tanstack/react-router";
import type { Session } from "../api/nouns";
import { signInAddress, useSession } from "../api/session";
import { ConsentBanner } from "../components/ConsentBanner";
import { Frame } from "../components/Frame";
import { ProblemAlert } from "../components/ProblemAlert";
import { SignInCard } from "../components/SignInCard";
import { useText } from "../text/text";
import { rootRoute } from "./root";
import { useLeave } from "./useLeave";
import { useSignInHref } from "./useSignInHref";
import { WithSession } from "./WithSession";

/** What stands around all pages that need somebody signed in; the address stays as it is where nobody is. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: () => <WithSession>{(session) => <SignedIn session={session} />}</WithSession>,
});

/** useSignedIn returns the session that the page is shown for. */
export function useSignedIn(): Session {
  const { data } = useSession();
  if (data === undefined) throw new Error("a page that needs a session is shown without one");
  return data;
}

function SignedIn({ session }: { session: Session }) {
  const signInHref = useSignInHref();
  const { signOut, leave } = useLeave();
  const { application, organization } = session;
  if (!session.signedIn) return <SignInAgain session={session} />;
  return (
    <Frame
      application={application}
      organization={organization?.name}
      signingOut={signOut.isPending}
      onSignOut={() => leave("/")}
      onOtherAccount={() => leave(signInAddress("/stores"))}
    >
      <ConsentBanner grant={session.grant} signInHref={signInHref} />
      {signOut.error && <ProblemAlert error={signOut.error} signInHref={signInHref} />}
      {session.grant?.state === "reauthorization_required" ? <SignInAgain session={session} /> : <Outlet />}
    </Frame>
  );
}

function SignInAgain({ session: { application, signedIn } }: { session: Session }) {
  const text = useText();
  const signInHref = useSignInHref();
  const card = (
    <SignInCard
      application={application}
      title={signedIn ? text.again.consent : text.again.ended}
      detail={signedIn ? text.again.consentDetail : text.again.endedDetail}
      action={text.welcome.signIn}
      signInHref={signInHref}
    />
  );
  return signedIn ? card : <Frame application={application}>{card}</Frame>;
}
