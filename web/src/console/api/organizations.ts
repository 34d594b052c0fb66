import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer } from "../../api/problem";
import type { DriftPolicy } from "./nouns";
import { endless, pageSize, searchable } from "./pages";

/** useOrganizations lists organizations by name. */
export function useOrganizations(given: string | undefined) {
  const q = searchable(given);
  return useInfiniteQuery({
    queryKey: ["organizations", { q }],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/admin/organizations", { params: { query: { q, limit: pageSize, cursor: pageParam } }, signal }),
      ),
    ...endless,
    placeholderData: keepPreviousData,
  });
}

/** What is to be done about drift in an organization; null: as the deployment does. */
export type PolicyChange = { organizationId: string; driftPolicy: DriftPolicy | null };

/** useChangePolicy sets what is done about connections that were changed at Otter. */
export function useChangePolicy() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ organizationId, driftPolicy }: PolicyChange) =>
      answer(
        client.PATCH("/admin/organizations/{organizationId}", {
          params: { path: { organizationId } },
          body: { driftPolicy },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["organizations"] }),
  });
}
