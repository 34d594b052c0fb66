import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer } from "../../api/problem";
import { endless, pageSize } from "./pages";

/** useUnmatched lists the webhooks that fitted no mapping, newest first. */
export function useUnmatched() {
  return useInfiniteQuery({
    queryKey: ["unmatched"],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/admin/webhooks/unmatched", { params: { query: { limit: pageSize, cursor: pageParam } }, signal }),
      ),
    ...endless,
    placeholderData: keepPreviousData,
  });
}
