import { useSyncExternalStore } from "react";
import { draftOf } from "../draft/draftStore";
import { useSignedIn } from "./signedIn";

/** useDraft returns what was chosen and typed for the organization that is signed in, and where that is kept. */
export function useDraft() {
  const { organization } = useSignedIn();
  const keeper = draftOf(organization?.id ?? "");
  return { keeper, draft: useSyncExternalStore(keeper.subscribe, keeper.get) };
}
