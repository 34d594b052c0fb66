import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer } from "../../api/problem";
import type { GrantState } from "./nouns";
import { endless, pageSize } from "./pages";

/** Which grants are listed. */
export type GrantFilter = { organizationId?: string; state?: GrantState };

/** useGrants lists the consents that were given, oldest first. */
export function useGrants(filter: GrantFilter) {
  return useInfiniteQuery({
    queryKey: ["grants", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/admin/grants", { params: { query: { ...filter, limit: pageSize, cursor: pageParam } }, signal }),
      ),
    ...endless,
    placeholderData: keepPreviousData,
  });
}

/** useForget forgets a grant: its sessions end. */
export function useForget() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (grantId: string) =>
      answer(client.DELETE("/admin/grants/{grantId}", { params: { path: { grantId } } })),
    onSettled: () =>
      Promise.all(["grants", "organizations"].map((noun) => queries.invalidateQueries({ queryKey: [noun] }))),
  });
}
