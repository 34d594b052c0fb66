import type { Total } from "./nouns";

/** One page of a list. */
export type ListPage<T> = { items: T[]; nextCursor: string | null; asOf: string; total: Total | null };

/** How many rows are asked for at a time. */
export const pageSize = 100;

/** What all endless lists have in common. */
export const endless = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { nextCursor: string | null }) => page.nextCursor ?? undefined,
};

/** searchable returns the words where the service searches for them: it wants three characters at least. */
export function searchable(q: string | undefined): string | undefined {
  return (q ?? "").length < shortestQuery ? undefined : q;
}

/** The fewest characters that the service searches for. */
export const shortestQuery = 3;
