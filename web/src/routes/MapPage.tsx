import { Button, Group, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { BottomBar } from "../components/BottomBar";
import { PageButton } from "../components/links";
import { MapGrid, type MapGridHandle } from "../components/MapGrid";
import { Nothing } from "../components/Nothing";
import { PageTitle } from "../components/PageTitle";
import { PatternDialog } from "../components/PatternDialog";
import { SheetDialog } from "../components/SheetDialog";
import { Steps } from "../components/Steps";
import { download } from "../draft/download";
import type { ChosenStore } from "../draft/draft";
import { csvOf, isTable, parseSheet } from "../draft/sheet";
import { useText } from "../text/text";
import { useSignedIn } from "./signedIn";
import { useMapping, useSaid } from "./useMapping";

type Dialog = { kind: "pattern" } | { kind: "sheet"; pasted: string | null };

/** MapPage is where each chosen store gets its local id: typed, pasted, from a file or by a pattern. */
export function MapPage() {
  const text = useText();
  const { application } = useSignedIn();
  const navigate = useNavigate();
  const { keeper, draft, stores, faults, allowed } = useMapping();
  const { said, leave, sayAll } = useSaid(faults);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const grid = useRef<MapGridHandle>(null);
  const at = useRef(-1);
  const ready = stores.length - faults.size;

  const toNextFault = () => {
    sayAll();
    const order = [...stores.keys()];
    const faulty = order.filter((index) => faults.has(stores[index]?.id ?? ""));
    at.current = faulty.find((index) => index > at.current) ?? faulty[0] ?? -1;
    grid.current?.focus(at.current);
  };
  const fillDown = (from: number, cells: string[]) =>
    keeper.type(stores.slice(from, from + cells.length).map((store, i) => [store.id, cells[i] ?? ""] as const));
  const paste = (index: number, pasted: string) => {
    if (!isTable(pasted)) return false;
    const { rows, columns } = parseSheet(pasted, "\t");
    if (columns > 1) setDialog({ kind: "sheet", pasted });
    else
      fillDown(
        index,
        rows.map(([cell]) => (cell ?? "").replace(/^ +| +$/g, "")),
      );
    return true;
  };
  const fill = (ids: string[], onlyEmpty: boolean) => {
    const cells = onlyEmpty ? stores.filter((store) => !draft.ids.get(store.id)) : stores;
    keeper.type(cells.map((store, i) => [store.id, ids[i] ?? ""] as const));
    setDialog(null);
  };

  if (stores.length === 0) {
    return (
      <Nothing title={text.map.none} detail={text.map.noneDetail}>
        <PageTitle application={application.name} title={text.map.title} hidden />
        <PageButton to="/stores">{text.page.toStores}</PageButton>
      </Nothing>
    );
  }
  return (
    <>
      <Steps current="map" />
      <Stack gap="md" my="lg">
        <div>
          <PageTitle application={application.name} title={text.map.title} />
          <Text c="dimmed">{text.map.detail(application.name)}</Text>
        </div>
        <Group gap="sm">
          <Button variant="default" onClick={() => setDialog({ kind: "sheet", pasted: null })}>
            {text.map.fromSheet}
          </Button>
          <Button variant="default" onClick={() => setDialog({ kind: "pattern" })}>
            {text.map.byPattern}
          </Button>
        </Group>
        <MapGrid
          ref={grid}
          stores={stores}
          ids={draft.ids}
          problemOf={(storeId) => {
            const fault = said(storeId);
            return fault && text.map.fault(fault);
          }}
          allowed={allowed}
          onType={(storeId, localStoreId) => keeper.type([[storeId, localStoreId]])}
          onPaste={paste}
          onLeave={leave}
          onRemove={(storeId) => keeper.leave([storeId])}
        />
      </Stack>
      <BottomBar label={text.map.bar} status={text.map.ready(ready, stores.length)}>
        <PageButton to="/stores" variant="default">
          {text.page.back}
        </PageButton>
        {faults.size > 0 ? (
          <Button onClick={toNextFault}>{text.map.toNext(faults.size)}</Button>
        ) : (
          <Button onClick={() => void navigate({ to: "/review" })}>{text.map.next(stores.length)}</Button>
        )}
      </BottomBar>
      {dialog?.kind === "pattern" && (
        <PatternDialog
          count={stores.length}
          empty={stores.filter((store) => !draft.ids.get(store.id)).length}
          onFill={fill}
          onCancel={() => setDialog(null)}
        />
      )}
      {dialog?.kind === "sheet" && (
        <SheetDialog
          stores={stores}
          pasted={dialog.pasted}
          onUse={(ids) => {
            keeper.type(ids);
            setDialog(null);
          }}
          onTemplate={() => download("stores.csv", template(stores, draft.ids))}
          onCancel={() => setDialog(null)}
        />
      )}
    </>
  );
}

function template(stores: ChosenStore[], ids: ReadonlyMap<string, string>): string {
  const rows = stores.map((store) => [store.id, store.brandName, store.name, store.address, ids.get(store.id) ?? ""]);
  return csvOf([["Store ID", "Brand", "Store", "Address", "Your ID"], ...rows]);
}
