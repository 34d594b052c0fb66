import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "./client";
import type { OnboardItem } from "./nouns";
import { answer } from "./problem";

const chunk = 100;

/**
 * usePreview asks what a run would do, a hundred stores at a time, until all have been looked at. What has come stays
 * where a chunk fails, and asking again goes on from there. name tells one ask from another.
 */
export function usePreview(items: readonly OnboardItem[], name: string) {
  const query = useInfiniteQuery({
    queryKey: ["preview", name],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.POST("/api/onboard/preview", { body: { items: items.slice(pageParam, pageParam + chunk) }, signal }),
      ),
    initialPageParam: 0,
    getNextPageParam: (_, pages) => (pages.length * chunk < items.length ? pages.length * chunk : undefined),
    enabled: items.length > 0,
    staleTime: 60_000,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const looked = query.data?.pages.reduce((n, page) => n + page.items.length, 0) ?? 0;
  return { ...query, looked, complete: items.length > 0 && looked >= items.length };
}
