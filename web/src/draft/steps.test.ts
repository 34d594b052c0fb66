import { expect, test } from "vitest";
import type { PreviewItem } from "../api/nouns";
import type { ChosenStore } from "./draft";
import { itemsOf, planOf } from "./steps";

const stores = new Map(
  ["1", "2", "3", "4", "5", "6"].map((id): [string, ChosenStore] => [
    id,
    { id, name: id, brandId: "b", brandName: "Burger", address: null, state: "none", localStoreId: null },
  ]),
);
const ids = new Map([...stores.keys()].map((id) => [id, `K-${id}`]));

const preview = (storeId: string, step: PreviewItem["step"], observedLocalStoreId: string | null): PreviewItem => ({
  brandId: "b",
  storeId,
  localStoreId: `K-${storeId}`,
  step,
  observedLocalStoreId,
});

const previews = [
  preview("1", "connect", null),
  preview("2", "replace", "OLD-2"),
  preview("3", "none", "K-3"),
  preview("4", "conflict", "OLD-4"),
  preview("5", "taken", null),
  preview("6", "not_found", null),
];

test("groups what was looked at", () => {
  const plan = planOf({ previews, stores, ids, uses: new Map() });
  const names = Object.entries(plan).map(([group, items]) => [group, items.map(({ store }) => store.id)]);
  expect(Object.fromEntries(names)).toEqual({
    connect: ["1"],
    replace: ["2"],
    right: ["3"],
    conflict: ["4"],
    taken: ["5"],
    missing: ["6"],
  });
});

test("asks for no replace that was not confirmed, and names what a confirmed one replaces", () => {
  const plan = planOf({ previews, stores, ids, uses: new Map() });
  expect(itemsOf(plan, new Set()).map((item) => item.storeId)).toEqual(["1", "3"]);
  const asked = itemsOf(plan, new Set(["2", "4"]));
  expect(asked.map(({ storeId, replaces }) => [storeId, replaces])).toEqual([
    ["1", undefined],
    ["3", undefined],
    ["2", "OLD-2"],
    ["4", "OLD-4"],
  ]);
});

test("an id that its holder gives up in the same run is not taken", () => {
  const uses = new Map([["K-5", { storeId: "1", storeName: "1" }]]);
  expect(planOf({ previews, stores, ids, uses }).taken).toEqual([]);
  const foreign = new Map([["K-5", { storeId: "9", storeName: "9" }]]);
  expect(planOf({ previews, stores, ids, uses: foreign }).taken).toHaveLength(1);
});
