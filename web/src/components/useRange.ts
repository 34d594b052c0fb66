import { useRef } from "react";
import type { Store } from "../api/nouns";
import type { Choice } from "./choice";

/** useRange chooses one store, or all from the one that was chosen last where shift is held. */
export function useRange(stores: Store[], choice: Choice | null) {
  const last = useRef<number | null>(null);
  return (index: number, on: boolean, range: boolean) => {
    const from = range && last.current !== null ? last.current : index;
    last.current = index;
    choice?.onChoose(stores.slice(Math.min(from, index), Math.max(from, index) + 1), on);
  };
}
