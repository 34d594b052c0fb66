import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer, needsSignIn } from "../../api/problem";
import type { components } from "../../api/schema.gen";
import { sessionKey } from "../../api/session";

/** Who is signed in: the name of the token and what its role may do. */
export type Operator = components["schemas"]["AdminSession"];

/** useOperator reads who is signed in; null: nobody. */
export function useOperator() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async ({ signal }): Promise<Operator | null> => {
      try {
        return await answer(client.GET("/admin/session", { signal }));
      } catch (error) {
        if (needsSignIn(error)) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    refetchOnWindowFocus: "always",
  });
}

/** useSignIn exchanges an admin token for a session cookie. The token is nowhere kept. */
export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => answer(client.POST("/admin/session", { body: { token } })),
    gcTime: 0,
    onSuccess: (operator) => queries.setQueryData(sessionKey, operator),
  });
}

/** useSignOut ends the session on the server and forgets everything that was read with it. */
export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(client.DELETE("/admin/session")),
    onSuccess: () => {
      sessionStorage.clear();
      queries.setQueryData(sessionKey, null);
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
    },
  });
}
