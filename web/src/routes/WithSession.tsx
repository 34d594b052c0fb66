import { Center, Container, Loader } from "@mantine/core";
import { type ReactNode, useLayoutEffect } from "react";
import { wearAccent } from "../accent";
import type { Session } from "../api/nouns";
import { useSession } from "../api/session";
import { ProblemAlert } from "../components/ProblemAlert";
import { useText } from "../text/text";
import { useSignInHref } from "./useSignInHref";

/** WithSession shows its page once it is known who is signed in. */
export function WithSession({ children }: { children: (session: Session) => ReactNode }) {
  const text = useText();
  const signInHref = useSignInHref();
  const { data, error, refetch } = useSession();
  const accent = data?.application.accent ?? null;
  useLayoutEffect(() => wearAccent(accent), [accent]);
  if (data) return children(data);
  return (
    <Container component="main" size="sm" py="xl">
      {error ? (
        <ProblemAlert error={error} signInHref={signInHref} onRetry={() => void refetch()} />
      ) : (
        <Center py="xl">
          <Loader aria-label={text.page.loading} />
        </Center>
      )}
    </Container>
  );
}
