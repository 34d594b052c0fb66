import { Box, Button, Group, Stack } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { createRoute, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { exportAddress, useMappings } from "../api/mappings";
import { itemCodes, type MappingQuery, mappingStates } from "../api/nouns";
import { shortestQuery } from "../api/pages";
import { ChoiceFilter } from "../components/ChoiceFilter";
import { ColumnChoice } from "../components/ColumnChoice";
import { DataList } from "../components/DataList";
import { FilterChips } from "../components/FilterChips";
import { ListHead } from "../components/ListHead";
import { columnsAtFirst, useMappingColumns } from "../components/mappingColumns";
import { SearchBox } from "../components/SearchBox";
import { useConsoleText } from "../text/text";
import { BulkActs } from "./BulkActs";
import { FilterDrawer } from "./FilterDrawer";
import { keepList } from "./lastList";
import { NoMappings } from "./NoMappings";
import { Problem } from "./Problem";
import { clean, mappingSearch } from "./search";
import { signedInRoute } from "./signedIn";
import { useChips } from "./useChips";
import { useMore } from "./useMore";

/** The mapping table. Everything that is filtered by stands in the address, by the names that the API has. */
export const mappingsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/mappings",
  validateSearch: mappingSearch,
  component: MappingsPage,
});

function MappingsPage() {
  const text = useConsoleText();
  const query = mappingsRoute.useSearch();
  const navigate = useNavigate({ from: mappingsRoute.fullPath });
  const [opened, drawer] = useDisclosure(false);
  const [shown, setShown] = useLocalStorage<string[]>({
    key: "storelink:columns",
    defaultValue: columnsAtFirst,
    getInitialValueInEffect: false,
  });
  const all = useMappingColumns();
  const columns = useMemo(() => all.filter(({ id }) => id === "storeName" || shown.includes(id)), [all, shown]);
  const mappings = useMappings(query);
  const rows = useMemo(() => mappings.data?.pages.flatMap((page) => page.items) ?? [], [mappings.data]);
  const more = useMore(mappings);
  useEffect(() => keepList(query), [query]);

  const change = (part: MappingQuery, replace = false) =>
    void navigate({ search: (before) => clean({ ...before, ...part }), replace });
  const chips = useChips(query, rows[0], change);
  const first = mappings.data?.pages[0];
  return (
    <Stack gap="md">
      <ListHead title={text.mappings.title} total={first?.total ?? null} asOf={first?.asOf}>
        <ColumnChoice columns={all} shown={shown} always="storeName" onChange={setShown} atFirst={columnsAtFirst} />
        <BulkActs query={query} chips={chips} />
        <Button component="a" variant="default" href={exportAddress(query)} download title={text.mappings.csvHint}>
          {text.mappings.csv} ↓
        </Button>
      </ListHead>
      <Group align="start" gap="sm">
        <Box flex="1 1 18rem">
          <SearchBox
            label={text.mappings.search}
            hint={text.mappings.searchHint}
            value={query.q ?? ""}
            shortest={shortestQuery}
            onChange={(q) => change({ q: q || undefined }, true)}
          />
        </Box>
        <Group gap="xs" pt={{ base: 0, xs: 25 }}>
          <ChoiceFilter
            label={text.mappings.state}
            options={mappingStates}
            words={text.states}
            value={query.state ?? []}
            onChange={(state) => change({ state: state.length > 0 ? state : undefined })}
          />
          <ChoiceFilter
            label={text.mappings.code}
            options={itemCodes}
            words={text.codes}
            value={query.code ?? []}
            onChange={(code) => change({ code: code.length > 0 ? code : undefined })}
          />
          <Button variant="default" onClick={drawer.open}>
            {text.mappings.more}
          </Button>
        </Group>
      </Group>
      <FilterChips chips={chips} />
      <FilterDrawer
        key={opened ? "open" : "closed"}
        opened={opened}
        query={query}
        onClose={drawer.close}
        onApply={(part) => {
          drawer.close();
          change(part);
        }}
      />
      {mappings.error && <Problem error={mappings.error} onRetry={() => void mappings.refetch()} />}
      <DataList
        label={text.mappings.title}
        columns={columns}
        rows={rows}
        rowId={(mapping) => mapping.id}
        total={first?.total?.exact ? first.total.value : null}
        sort={query.sort}
        onSort={(sort) => change({ sort: sort as MappingQuery["sort"] })}
        onNearEnd={more}
        pending={mappings.isPending && mappings.error === null}
        loadingMore={mappings.isFetchingNextPage}
        complete={!mappings.hasNextPage}
        nothing={mappings.error === null && <NoMappings query={query} />}
      />
    </Stack>
  );
}
