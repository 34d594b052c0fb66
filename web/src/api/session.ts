import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "./client";
import { answer } from "./problem";

export const sessionKey = ["session"] as const;

/** useSession reads who is signed in. */
export function useSession() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => answer(client.GET("/api/session", { signal })),
    refetchOnWindowFocus: "always",
  });
}

/** useSignOut ends the session on the server and forgets everything that was read or typed with it. */
export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(client.POST("/auth/logout")),
    onSuccess: () => {
      sessionStorage.clear();
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
      return queries.invalidateQueries({ queryKey: sessionKey });
    },
  });
}

/** signInAddress returns where signing in begins; it comes back to the given path of this page. */
export function signInAddress(returnTo: string): string {
  return `/auth/login?${new URLSearchParams({ return_to: returnTo })}`;
}
