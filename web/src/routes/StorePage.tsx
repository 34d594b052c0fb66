import { Group, Loader, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { connectScope, type Store } from "../api/nouns";
import { useStore } from "../api/stores";
import { addressLine } from "../components/address";
import { Icon } from "../components/Icon";
import { PageAnchor } from "../components/links";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { useText } from "../text/text";
import { StoreConnection } from "./StoreConnection";
import { useSignedIn } from "./signedIn";
import { useSignInHref } from "./useSignInHref";

const route = getRouteApi("/signed-in/stores/$brandId/$storeId");

/** StorePage shows one store, what it is connected to, and changes that. */
export function StorePage() {
  const text = useText();
  const ref = route.useParams();
  const { run, ...filter } = route.useSearch();
  const signInHref = useSignInHref();
  const { data: store, error, refetch } = useStore(ref);
  return (
    <Stack gap="md" maw="44rem">
      <Group>
        <PageAnchor to="/stores" activeOptions={{ exact: true }} search={filter}>
          <Group component="span" gap={6} display="inline-flex">
            <Icon name="back" />
            {text.store.back}
          </Group>
        </PageAnchor>
      </Group>
      {store && <StoreDetails key={store.id} store={store} runId={run} />}
      {error && <ProblemAlert error={error} signInHref={signInHref} onRetry={() => void refetch()} />}
      {!store && !error && <Loader aria-label={text.page.loading} />}
    </Stack>
  );
}

function StoreDetails({ store, runId }: { store: Store; runId: string | undefined }) {
  const text = useText();
  const { application, scopes } = useSignedIn();
  return (
    <>
      <div>
        <PageTitle application={application.name} title={store.name} />
        <Text c="dimmed">{[store.brandName, addressLine(store.address)].filter(Boolean).join(" · ")}</Text>
      </div>
      {scopes.includes(connectScope) ? (
        <StoreConnection store={store} runId={runId} />
      ) : (
        <Text role="note">{text.store.readOnly}</Text>
      )}
    </>
  );
}
