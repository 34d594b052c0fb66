import { Center, Container, Loader } from "@mantine/core";
import { createRoute, Outlet } from "@tanstack/react-router";
import { createContext, useContext, useRef } from "react";
import { slugOf } from "../../api/problem";
import { type Operator, useOperator, useSignIn, useSignOut } from "../api/session";
import { ConsoleFrame } from "../components/ConsoleFrame";
import { TokenForm } from "../components/TokenForm";
import { useLanguage } from "../text/language";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { rootRoute } from "./root";

/** What stands around all pages: they need somebody signed in, and the address stays as it is where nobody is. */
export const signedInRoute = createRoute({ getParentRoute: () => rootRoute, id: "signed-in", component: SignedIn });

const OperatorContext = createContext<Operator | null>(null);

/** useMayOperate reports whether who is signed in may change anything. */
export function useMayOperate(): boolean {
  return useContext(OperatorContext)?.role === "operate";
}

function SignedIn() {
  const text = useConsoleText();
  const { data: operator, error, refetch } = useOperator();
  const signOut = useSignOut();
  const { languages, choose } = useLanguage();
  // Who signed out on purpose is not told that a session has ended.
  const ended = useRef(false);
  if (operator === undefined) {
    return (
      <Container component="main" size="sm" py="xl">
        {error ? (
          <Problem error={error} onRetry={() => void refetch()} />
        ) : (
          <Center py="xl">
            <Loader aria-label={text.list.more} />
          </Center>
        )}
      </Container>
    );
  }
  if (operator === null) return <SignIn ended={ended.current} />;
  ended.current = true;
  return (
    <OperatorContext value={operator}>
      <ConsoleFrame
        name={operator.name}
        role={operator.role}
        languages={languages}
        onLanguage={choose}
        onSignOut={() => {
          ended.current = false;
          signOut.mutate();
        }}
      >
        {signOut.error && <Problem error={signOut.error} />}
        <Outlet />
      </ConsoleFrame>
    </OperatorContext>
  );
}

function SignIn({ ended }: { ended: boolean }) {
  const text = useConsoleText();
  const signIn = useSignIn();
  const slug = slugOf(signIn.error);
  const refusal = slug === "not-signed-in" ? text.signIn.refused : slug === "forbidden" ? text.signIn.weak : null;
  return (
    <Container component="main" size="sm" py="xl">
      <TokenForm
        ended={ended}
        busy={signIn.isPending}
        refusal={refusal}
        // What a mutation was called with would be kept with it.
        onSubmit={(token) => signIn.mutate(token, { onSettled: () => undefined })}
      >
        {signIn.error && refusal === null && <Problem error={signIn.error} />}
      </TokenForm>
    </Container>
  );
}
