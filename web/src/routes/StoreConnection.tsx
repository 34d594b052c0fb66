import { Button, Group } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { useState } from "react";
import type { Store } from "../api/nouns";
import { pointedAt, slugOf } from "../api/problem";
import { useConnection } from "../api/stores";
import { ConnectForm } from "../components/ConnectForm";
import { ConnectionStatus } from "../components/ConnectionStatus";
import { DisconnectDialog } from "../components/DisconnectDialog";
import { DisconnectedNotice, OutcomeNotice } from "../components/OutcomeNotice";
import { ProblemAlert } from "../components/ProblemAlert";
import { ReplaceDialog } from "../components/ReplaceDialog";
import { useText } from "../text/text";
import { useSignedIn } from "./signedIn";
import { useChange } from "./useChange";
import { useSignInHref } from "./useSignInHref";

/** StoreConnection is where a store is connected, moved to another id, and disconnected. */
export function StoreConnection({ store, runId }: { store: Store; runId: string | undefined }) {
  const text = useText();
  const signInHref = useSignInHref();
  const { application, localStoreIds } = useSignedIn();
  const connection = useConnection({ brandId: store.brandId, storeId: store.id });
  const live = connection.data ? connection.data.localStoreId : undefined;
  const [disconnecting, setDisconnecting] = useState(false);
  const [draft, setDraft, clearDraft] = useSessionStorage({
    key: `draft:${store.id}`,
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const change = useChange({ store, runId, live, onSettled: clearDraft });
  const taken = slugOf(change.error) === "local-store-id-taken";
  const refusal = taken
    ? text.outcome.failed("local_store_id_taken", { id: draft, observed: null })
    : pointedAt(change.error, "/items/0/localStoreId");

  return (
    <>
      <ConnectionStatus
        connection={connection.data ?? null}
        askedAt={connection.dataUpdatedAt}
        asking={connection.isFetching}
        mapping={store.mapping}
        onLookAgain={() => void connection.refetch()}
      />
      {connection.error && <ProblemAlert error={connection.error} signInHref={signInHref} />}
      {change.error && <ProblemAlert error={change.error} signInHref={signInHref} onRetry={change.retry} />}
      {change.run && change.item && <OutcomeNotice run={change.run} item={change.item} signInHref={signInHref} />}
      {change.disconnected && <DisconnectedNotice storeName={store.name} />}
      <ConnectForm
        applicationName={application.name}
        current={change.ours}
        live={live ?? null}
        allowed={localStoreIds}
        value={draft}
        onChange={(value) => {
          setDraft(value);
          change.forgetError();
        }}
        onSubmit={change.connect}
        busy={change.busy}
        refusal={refusal}
      />
      {live && (
        <Group>
          <Button variant="default" c="var(--state-bad)" onClick={() => setDisconnecting(true)} disabled={change.busy}>
            {text.disconnect.action}
          </Button>
        </Group>
      )}
      <ReplaceDialog
        question={change.question}
        storeName={store.name}
        busy={change.busy}
        onConfirm={change.replace}
        onCancel={change.keep}
      />
      <DisconnectDialog
        localStoreId={disconnecting && live ? live : null}
        storeName={store.name}
        busy={change.busy}
        onConfirm={() => live && change.disconnect(live, () => setDisconnecting(false))}
        onCancel={() => setDisconnecting(false)}
      />
    </>
  );
}
