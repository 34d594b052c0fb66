import { Stack, Text } from "@mantine/core";
import { createRoute } from "@tanstack/react-router";
import { useMemo } from "react";
import { Nothing } from "../../components/Nothing";
import { useUnmatched } from "../api/webhooks";
import { DataList } from "../components/DataList";
import { ListHead } from "../components/ListHead";
import { useUnmatchedColumns } from "../components/unmatchedColumns";
import { useConsoleText } from "../text/text";
import { Problem } from "./Problem";
import { signedInRoute } from "./signedIn";
import { useMore } from "./useMore";

/** The webhooks of Otter that no mapping fitted: what somebody connects besides storelink shows here. */
export const unmatchedRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/unmatched",
  component: UnmatchedPage,
});

function UnmatchedPage() {
  const text = useConsoleText();
  const t = text.unmatched;
  const columns = useUnmatchedColumns();
  const webhooks = useUnmatched();
  const rows = useMemo(() => webhooks.data?.pages.flatMap((page) => page.items) ?? [], [webhooks.data]);
  const more = useMore(webhooks);
  const first = webhooks.data?.pages[0];
  return (
    <Stack gap="md">
      <ListHead title={t.title} total={first?.total ?? null} asOf={first?.asOf} />
      <Text size="sm" c="dimmed">
        {t.detail}
      </Text>
      {webhooks.error && <Problem error={webhooks.error} onRetry={() => void webhooks.refetch()} />}
      <DataList
        label={t.title}
        columns={columns}
        rows={rows}
        rowId={(webhook) => webhook.eventId}
        total={first?.total?.exact ? first.total.value : null}
        onNearEnd={more}
        pending={webhooks.isPending && webhooks.error === null}
        loadingMore={webhooks.isFetchingNextPage}
        complete={!webhooks.hasNextPage}
        nothing={webhooks.error === null && <Nothing title={t.empty} detail={t.emptyDetail} />}
      />
    </Stack>
  );
}
