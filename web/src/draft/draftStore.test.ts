import { beforeEach, expect, test } from "vitest";
import type { ChosenStore } from "./draft";
import { DraftStore, draftOf, forgetDrafts } from "./draftStore";

const soho: ChosenStore = {
  id: "1",
  name: "Soho",
  brandId: "b",
  brandName: "Burger",
  address: null,
  state: "none",
  localStoreId: null,
};

beforeEach(() => localStorage.clear());

test("is there again after a reload, for its own organization alone", () => {
  const keeper = new DraftStore("one");
  keeper.choose([soho]);
  keeper.type([["1", "K-1"]]);
  keeper.flush();
  const again = new DraftStore("one").get();
  expect([...again.stores.values()]).toEqual([soho]);
  expect(again.ids.get("1")).toBe("K-1");
  expect(new DraftStore("two").get().stores.size).toBe(0);
});

test("keeps what was typed for a store that is left out and chosen again", () => {
  const keeper = new DraftStore("one");
  keeper.choose([soho]);
  keeper.type([["1", "K-1"]]);
  keeper.leave(["1"]);
  keeper.choose([soho]);
  expect(keeper.get().ids.get("1")).toBe("K-1");
});

test("repeats the key of the same ask, after a reload, too", () => {
  const keeper = new DraftStore("one");
  const key = keeper.keyFor("body");
  expect(keeper.keyFor("body")).toBe(key);
  expect(new DraftStore("one").keyFor("body")).toBe(key);
  expect(keeper.keyFor("another")).not.toBe(key);
});

test("keeps nothing once it is accepted or somebody signed out", () => {
  const keeper = draftOf("one");
  keeper.choose([soho]);
  keeper.accepted();
  expect(localStorage).toHaveLength(0);
  keeper.choose([soho]);
  keeper.flush();
  forgetDrafts();
  expect(keeper.get().stores.size).toBe(0);
  expect(localStorage).toHaveLength(0);
});

test("forgets where another tab signed out", () => {
  const keeper = draftOf("one");
  keeper.choose([soho]);
  keeper.flush();
  localStorage.clear();
  window.dispatchEvent(new StorageEvent("storage", { key: null }));
  expect(keeper.get().stores.size).toBe(0);
});

test("what somebody else wrote there is no draft", () => {
  localStorage.setItem("storelink:draft:one:stores", "{nonsense");
  expect(new DraftStore("one").get().stores.size).toBe(0);
});
