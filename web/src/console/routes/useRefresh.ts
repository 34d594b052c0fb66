import { useIdle } from "@mantine/hooks";

const longestAbsence = 5 * 60_000;

/**
 * useRefresh returns how often a page asks again, or false while nobody is there: a page that asks for ever would keep a
 * session alive that nobody uses.
 */
export function useRefresh(every: number): number | false {
  const idle = useIdle(longestAbsence, { initialState: false });
  return idle ? false : every;
}
