import { Box, Grid, Group, Loader, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { createRoute, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { useBrands } from "../api/brands";
import { type StoreFilter, shortestQuery, useStores } from "../api/stores";
import { Ago } from "../components/Ago";
import { BrandMenu, BrandSelect } from "../components/BrandMenu";
import { LoadingStores } from "../components/LoadingStores";
import { PageTitle } from "../components/PageTitle";
import { ProblemAlert } from "../components/ProblemAlert";
import { SearchField } from "../components/SearchField";
import { StateFilter } from "../components/StateFilter";
import { useText } from "../text/text";
import { StoreListing } from "./StoreListing";
import { signedInRoute, useSignedIn } from "./signedIn";
import { storesSearch } from "./storesSearch";
import { useSignInHref } from "./useSignInHref";

/** The stores of the organization; what is searched for stands in the address. */
export const storesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/stores",
  validateSearch: storesSearch,
  component: StoresPage,
});

function StoresPage() {
  const text = useText();
  const { application } = useSignedIn();
  const filter = storesRoute.useSearch();
  const navigate = useNavigate({ from: storesRoute.fullPath });
  const signInHref = useSignInHref();
  const wide = useMediaQuery("(min-width: 48em)", true, { getInitialValueInEffect: false });
  const brands = useBrands();
  const stores = useStores(filter);
  const { hasNextPage, isFetching, fetchNextPage } = stores;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);

  const select = (change: StoreFilter, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const brandId = filter.brandId;
  const first = stores.data?.pages[0];
  const error = stores.error ?? brands.error;
  return (
    <Grid gap="lg">
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
                {first.total && `${text.stores.count(first.total.value, first.total.exact)}, `}
                {text.stores.asOf} <Ago at={first.asOf} />
              </Text>
            )}
          </Group>
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
              onRetry={() => void Promise.all([stores.refetch(), brands.refetch()])}
            />
          )}
          {first?.loading && <LoadingStores loading={first.loading} />}
          {first ? (
            <StoreListing pages={stores.data?.pages ?? []} filter={filter} wide={wide} onNearEnd={more} />
          ) : (
            stores.isPending && <Loader aria-label={text.page.loading} />
          )}
          {stores.isFetchingNextPage && <Text c="dimmed">{text.stores.more}</Text>}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
