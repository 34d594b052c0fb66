import { useLocation } from "@tanstack/react-router";
import { ProblemAlert } from "../../components/ProblemAlert";

/** Problem shows what went wrong on a page. Where the session has ended, loading the page again asks to sign in. */
export function Problem({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const href = useLocation({ select: (location) => location.href });
  return <ProblemAlert error={error} signInHref={href} onRetry={onRetry} />;
}
