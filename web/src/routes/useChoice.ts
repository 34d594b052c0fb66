import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Store } from "../api/nouns";
import { allStores, type StoreFilter } from "../api/stores";
import { addressLine } from "../components/address";
import type { Choice } from "../components/choice";
import { chosen } from "../draft/draft";
import { useDraft } from "./useDraft";

type Listed = { stores: Store[]; complete: boolean; filter: StoreFilter };

/** useChoice chooses stores of the list: one, a range, or all that match, those that are not listed yet included. */
export function useChoice({ stores, complete, filter }: Listed) {
  const { keeper, draft } = useDraft();
  const [come, setCome] = useState(0);
  const stop = useRef<AbortController>(null);
  const set = (changed: Store[], on: boolean) =>
    on
      ? keeper.choose(changed.map((store) => chosen(store, addressLine(store.address))))
      : keeper.leave(changed.map((store) => store.id));
  const everything = useMutation({
    mutationFn: async (on: boolean) => {
      setCome(0);
      stop.current = new AbortController();
      set(complete ? stores : await allStores(filter, stop.current.signal, setCome), on);
    },
  });
  const here = stores.filter((store) => draft.stores.has(store.id)).length;
  const choice: Choice = {
    chosen: draft.stores,
    onChoose: set,
    all: complete && here > 0 && here === stores.length ? true : here > 0 ? "some" : false,
    onAll: (on) => everything.mutate(on),
    busy: everything.isPending,
  };
  return {
    choice,
    come,
    error: everything.error,
    count: draft.stores.size,
    clear: () => keeper.leave(draft.stores.keys()),
  };
}
