import { useCallback } from "react";

type Endless = { hasNextPage: boolean; isFetching: boolean; isError: boolean; fetchNextPage: () => Promise<unknown> };

/** useMore returns what asks for the next page of an endless list, once at a time. */
export function useMore({ hasNextPage, isFetching, isError, fetchNextPage }: Endless): () => void {
  return useCallback(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
}
