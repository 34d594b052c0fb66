import type { Store } from "../api/nouns";

/** Which of the listed stores are chosen, and what happens where a person changes that. */
export type Choice = {
  chosen: { has: (storeId: string) => boolean };
  onChoose: (stores: Store[], on: boolean) => void;
  /** Whether all that match are chosen. */
  all: boolean | "some";
  onAll: (on: boolean) => void;
  /** While all that match are being read. */
  busy: boolean;
};
