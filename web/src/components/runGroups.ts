import type { RunCounts } from "../api/nouns";
import { busySign, outcomeSigns, type Sign } from "./signs";

export type RunGroup = "right" | "conflict" | "failed" | "stopped" | "pending";

type Counted = { name: RunGroup; count: number; sign: Sign };

/** groupsOf gathers a run's counts into what a person tells apart; empty groups are left out. */
export function groupsOf(counts: RunCounts): Counted[] {
  const groups: Counted[] = [
    {
      name: "right",
      count: counts.connected + counts.replaced + counts.unchanged + counts.disconnected,
      sign: outcomeSigns.connected,
    },
    { name: "failed", count: counts.failed, sign: outcomeSigns.failed },
    { name: "conflict", count: counts.conflict, sign: outcomeSigns.conflict },
    { name: "stopped", count: counts.cancelled + counts.superseded, sign: outcomeSigns.cancelled },
    { name: "pending", count: counts.pending, sign: busySign },
  ];
  return groups.filter(({ count }) => count > 0);
}
