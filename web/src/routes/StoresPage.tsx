import { Box, Button, Grid, Group, Loader, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useBrands } from "../api/brands";
import { connectScope } from "../api/nouns";
import { type StoreFilter, shortestQuery, useStores } from "../api/stores";
import { Ago } from "../components/Ago";
import { BottomBar } from "../components/BottomBar";
import { BrandMenu, BrandSelect } from "../components/BrandMenu";
import { LoadingStores } from "../components/LoadingStores";
import { PageButton } from "../components/links";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { SearchField } from "../components/SearchField";
import { StateFilter } from "../components/StateFilter";
import { Steps } from "../components/Steps";
import { useText } from "../text/text";
import { StoreListing } from "./StoreListing";
import { useSignedIn } from "./signedIn";
import { useChoice } from "./useChoice";
import { useSignInHref } from "./useSignInHref";

const route = getRouteApi("/signed-in/stores");

/** StoresPage is where stores are found and chosen. */
export function StoresPage() {
  const text = useText();
  const { application, scopes } = useSignedIn();
  const filter = route.useSearch();
  const navigate = useNavigate({ from: "/stores" });
  const signInHref = useSignInHref();
  const wide = useMediaQuery("(min-width: 48em)", true, { getInitialValueInEffect: false });
  const brands = useBrands();
  const listed = useStores(filter);
  const { hasNextPage, isFetching, fetchNextPage } = listed;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const stores = useMemo(() => listed.data?.pages.flatMap((page) => page.items) ?? [], [listed.data]);
  const { choice, come, count, clear, error: choiceError } = useChoice({ stores, complete: !hasNextPage, filter });
  const mayConnect = scopes.includes(connectScope);

  const select = (change: StoreFilter, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const { brandId } = filter;
  const first = listed.data?.pages[0];
  const total = first?.total ?? null;
  const error = listed.error ?? brands.error ?? choiceError;
  return (
    <>
      {mayConnect && <Steps current="choose" />}
      <Grid gap="lg" my="lg">
        {wide && (
          <Grid.Col span={{ base: 12, sm: 4, md: 3 }}>
            <BrandMenu brands={brands.data ?? []} selected={brandId} />
          </Grid.Col>
        )}
        <Grid.Col span={{ base: 12, sm: 8, md: 9 }}>
          <Stack gap="md">
            <Group justify="space-between" align="baseline">
              <PageTitle application={application.name} title={text.stores.title} />
              {first && (
                <Text size="sm" c="dimmed" role="status">
                  {total && `${text.stores.count(total.value, total.exact)}, `}
                  {text.stores.asOf} <Ago at={first.asOf} />
                </Text>
              )}
            </Group>
            {!mayConnect && <Text role="note">{text.store.readOnly}</Text>}
            <Group align="start" grow preventGrowOverflow={false}>
              <Box flex="1 1 14rem">
                <SearchField
                  value={filter.q ?? ""}
                  shortest={shortestQuery}
                  onChange={(q) => select({ q: q || undefined }, true)}
                />
              </Box>
              {!wide && (
                <BrandSelect brands={brands.data ?? []} selected={brandId} onSelect={(id) => select({ brandId: id })} />
              )}
              <Box flex="0 1 14rem">
                <StateFilter value={filter.state} onChange={(state) => select({ state })} />
              </Box>
            </Group>
            {error && (
              <ProblemAlert
                error={error}
                signInHref={signInHref}
                onRetry={() => void Promise.all([listed.refetch(), brands.refetch()])}
              />
            )}
            {first?.loading && <LoadingStores loading={first.loading} />}
            {first ? (
              <StoreListing
                stores={stores}
                total={total?.exact ? total.value : null}
                loading={first.loading !== null}
                filter={filter}
                wide={wide}
                choice={mayConnect ? choice : null}
                onNearEnd={more}
              />
            ) : (
              listed.isPending && <Loader aria-label={text.page.loading} />
            )}
            {listed.isFetchingNextPage && <Text c="dimmed">{text.stores.more}</Text>}
          </Stack>
        </Grid.Col>
      </Grid>
      {mayConnect && first && (stores.length > 0 || count > 0) && (
        <BottomBar
          label={text.choose.bar}
          status={choice.busy ? text.choose.reading(come) : count > 0 ? text.choose.count(count) : text.choose.nothing}
        >
          {total && choice.all !== true && stores.length > 0 && (wide || count === 0) && (
            <Button variant="default" onClick={() => choice.onAll(true)} loading={choice.busy}>
              {text.choose.allThatMatch(total.value)}
            </Button>
          )}
          {count > 0 && (
            <Button variant="default" onClick={clear} disabled={choice.busy}>
              {text.choose.clear}
            </Button>
          )}
          {count > 0 ? (
            <PageButton to="/map">{text.choose.next(count)}</PageButton>
          ) : (
            <Button disabled>{text.choose.next(0)}</Button>
          )}
        </BottomBar>
      )}
    </>
  );
}
