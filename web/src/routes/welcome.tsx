import { createRoute, Navigate } from "@tanstack/react-router";
import { signInAddress } from "../api/session";
import { Frame } from "../components/Frame";
import { SignInCard } from "../components/SignInCard";
import { useText } from "../text/text";
import { rootRoute } from "./root";
import { words } from "./storesSearch";
import { WithSession } from "./WithSession";

/** The first page: what this is, why a sign-in did not work, and the way in. */
export const welcomeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: (search): { error?: string; return_to?: string } => ({
    error: words(search.error),
    return_to: words(search.return_to),
  }),
  component: Welcome,
});

function Welcome() {
  const text = useText();
  const { error, return_to: returnTo } = welcomeRoute.useSearch();
  return (
    <WithSession>
      {({ signedIn, application }) =>
        signedIn && error === undefined ? (
          <Navigate to="/stores" replace />
        ) : (
          <Frame application={application}>
            <SignInCard
              application={application}
              title={text.welcome.title(application.name)}
              detail={text.welcome.detail(application.name)}
              action={error === undefined ? text.welcome.signIn : text.welcome.startAgain}
              points={error === undefined ? text.welcome.points(application.name) : undefined}
              signInHref={signInAddress(returnTo ?? "/stores")}
              reason={error === undefined ? undefined : text.welcome.error(error)}
            />
          </Frame>
        )
      }
    </WithSession>
  );
}
