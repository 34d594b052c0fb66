import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { mayHelpToRetry, needsSignIn } from "./problem";
import { sessionKey } from "./session";

/**
 * createQueryClient returns the cache of what the service answered. An answer that asks for a new sign-in makes the
 * session be read again, so that the page shows at once that it ended.
 */
export function createQueryClient(): QueryClient {
  const onError = (error: Error) => {
    if (needsSignIn(error)) void client.invalidateQueries({ queryKey: sessionKey });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { staleTime: 10_000, retry: (failures, error) => failures < 2 && mayHelpToRetry(error) },
    },
  });
  return client;
}
