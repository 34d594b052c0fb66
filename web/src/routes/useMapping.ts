import { useMemo, useState } from "react";
import { useHolders } from "../api/stores";
import { inOrder } from "../draft/draft";
import { type Fault, faultsOf, usesOf } from "../draft/faults";
import { useText } from "../text/text";
import { useSignedIn } from "./signedIn";
import { useDraft } from "./useDraft";

/** useMapping returns the chosen stores in order, what was typed for them, and what is wrong with it. */
export function useMapping() {
  const { language } = useText();
  const { localStoreIds: allowed } = useSignedIn();
  const { keeper, draft } = useDraft();
  const holders = useHolders();
  const stores = useMemo(() => inOrder(draft.stores.values(), language), [draft.stores, language]);
  const uses = useMemo(
    () =>
      usesOf(
        (holders.data ?? []).map(({ id, name, mapping }) => ({
          id,
          name,
          localStoreId: mapping?.localStoreId ?? null,
        })),
      ),
    [holders.data],
  );
  const faults = useMemo(() => faultsOf({ stores, ids: draft.ids, allowed, uses }), [stores, draft.ids, allowed, uses]);
  return { keeper, draft, stores, faults, uses, allowed };
}

/** useSaid says which faults are to be said: of an empty cell only once a person has been there. */
export function useSaid(faults: ReadonlyMap<string, Fault>) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  return {
    said: (storeId: string): Fault | null => {
      const fault = faults.get(storeId) ?? null;
      return fault?.kind === "empty" && !all && !left.has(storeId) ? null : fault;
    },
    leave: (storeId: string) => {
      if (!left.has(storeId)) setLeft(new Set(left).add(storeId));
    },
    sayAll: () => setAll(true),
  };
}
