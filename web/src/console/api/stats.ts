import { useQuery } from "@tanstack/react-query";
import { client } from "../../api/client";
import { answer } from "../../api/problem";

/** useStats reads how things are now, and again every so often (in ms; false: not again). */
export function useStats(again: number | false) {
  return useQuery({
    queryKey: ["stats"],
    queryFn: ({ signal }) => answer(client.GET("/admin/stats", { signal })),
    refetchInterval: again,
  });
}

/** useStatsHistory reads how things were at the end of each day. */
export function useStatsHistory(days: number, again: number | false) {
  return useQuery({
    queryKey: ["stats", "history", days],
    queryFn: ({ signal }) => answer(client.GET("/admin/stats/history", { params: { query: { days } }, signal })),
    select: (history) => history.items,
    refetchInterval: again,
  });
}
