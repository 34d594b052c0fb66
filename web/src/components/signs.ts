import type { Outcome, StoreState } from "../api/nouns";
import type { IconName } from "./Icon";

/** A sign says by shape and colour what the words beside it say. */
export type Sign = { icon: IconName; color: string };

const good: Sign = { icon: "check", color: "var(--state-good)" };
const attention: Sign = { icon: "triangle", color: "var(--state-attention)" };
const bad: Sign = { icon: "cross", color: "var(--state-bad)" };
const quiet: Sign = { icon: "dash", color: "var(--state-quiet)" };

/** The sign of what goes on. */
export const busySign: Sign = { icon: "clock", color: "var(--state-busy)" };

/** The sign of each state of a store. */
export const stateSigns: Record<StoreState, Sign> = {
  none: { icon: "ring", color: "var(--state-quiet)" },
  connected: good,
  disconnected: quiet,
  pending: busySign,
  waiting: busySign,
  conflict: attention,
  failed: bad,
  drifted: { icon: "swap", color: "var(--state-attention)" },
  unmanaged: quiet,
};

/** The sign of each outcome of an item. */
export const outcomeSigns: Record<Outcome, Sign> = {
  connected: good,
  replaced: good,
  unchanged: good,
  disconnected: quiet,
  conflict: attention,
  superseded: quiet,
  cancelled: quiet,
  failed: bad,
};
