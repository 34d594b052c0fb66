import { expect, test } from "vitest";
import type { ChosenStore } from "./draft";
import { faultsOf, usesOf } from "./faults";

const store = (id: string, name = id): ChosenStore => ({
  id,
  name,
  brandId: "b",
  brandName: "Burger",
  address: null,
  state: "none",
  localStoreId: null,
});

const soho = store("1", "Soho");
const camden = store("2", "Camden");
const uses = usesOf([{ id: "3", name: "Leeds", localStoreId: "K-3" }]);

test.each<[string, string, string | undefined, string | undefined]>([
  ["", "empty", undefined, undefined],
  [" K-1", "spaces", undefined, undefined],
  ["K\n1", "line-break", undefined, undefined],
  ["Café", "characters", undefined, undefined],
  ["x".repeat(256), "long", undefined, undefined],
  ["K-3", "used", "Leeds", undefined],
  ["K-9", "not-allowed", undefined, "K-1"],
])("%j is %s", (id, kind, other, allowed) => {
  const ids = new Map([["1", id]]);
  const faults = faultsOf({ stores: [soho], ids, allowed: allowed ? [allowed] : null, uses });
  expect(faults.get("1")).toEqual(other ? { kind, other } : { kind });
});

test.each(["K-1", "x".repeat(255), "a b", "=1"])("%j is good", (id) => {
  expect(faultsOf({ stores: [soho], ids: new Map([["1", id]]), allowed: null, uses }).size).toBe(0);
});

test("says of both that they have the same id", () => {
  const ids = new Map([
    ["1", "K-1"],
    ["2", "K-1"],
  ]);
  const faults = faultsOf({ stores: [soho, camden], ids, allowed: null, uses });
  expect(faults.get("1")).toEqual({ kind: "duplicate", other: "Camden" });
  expect(faults.get("2")).toEqual({ kind: "duplicate", other: "Soho" });
});

test("lets two stores exchange their ids, and a store keep its own", () => {
  const held = usesOf([
    { id: "1", name: "Soho", localStoreId: "K-1" },
    { id: "2", name: "Camden", localStoreId: "K-2" },
  ]);
  const given = { stores: [soho, camden], allowed: null, uses: held };
  const exchanged = new Map([
    ["1", "K-2"],
    ["2", "K-1"],
  ]);
  expect(faultsOf({ ...given, ids: exchanged }).size).toBe(0);
  expect(faultsOf({ ...given, stores: [soho], ids: new Map([["1", "K-1"]]) }).size).toBe(0);
  expect(faultsOf({ ...given, stores: [soho], ids: new Map([["1", "K-2"]]) }).get("1")?.kind).toBe("used");
});

test("checks ten thousand stores at once", () => {
  const stores = Array.from({ length: 10_000 }, (_, i) => store(String(i)));
  const ids = new Map(stores.map(({ id }) => [id, `K-${id}`]));
  const faults = faultsOf({ stores, ids, allowed: null, uses: new Map() });
  expect(faults.size).toBe(0);
});
