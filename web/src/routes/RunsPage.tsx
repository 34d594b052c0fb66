import { Button, Group, Loader, Stack } from "@mantine/core";
import { useRuns } from "../api/runs";
import { PageButton } from "../components/links";
import { Nothing } from "../components/Nothing";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { RunList } from "../components/RunList";
import { useText } from "../text/text";
import { useSignedIn } from "./signedIn";
import { useSignInHref } from "./useSignInHref";

/** RunsPage lists the organization's runs, newest first. */
export function RunsPage() {
  const text = useText();
  const { application } = useSignedIn();
  const signInHref = useSignInHref();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useRuns();
  const runs = data?.pages.flatMap((page) => page.items);
  return (
    <Stack gap="md" maw="56rem">
      <PageTitle application={application.name} title={text.runs.title} />
      {error && <ProblemAlert error={error} signInHref={signInHref} onRetry={() => void refetch()} />}
      {!runs && !error && <Loader aria-label={text.page.loading} />}
      {runs && runs.length > 0 && <RunList runs={runs} />}
      {runs?.length === 0 && (
        <Nothing title={text.runs.none} detail={text.runs.noneDetail}>
          <PageButton to="/stores">{text.page.toStores}</PageButton>
        </Nothing>
      )}
      {hasNextPage && (
        <Group>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {text.runs.more}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
