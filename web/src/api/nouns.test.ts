import { expect, test } from "vitest";
import { localStoreIdFault } from "./nouns";

test.each([
  ["K-17", null, null],
  ["a", null, null],
  ["two words", null, null],
  ["x".repeat(255), null, null],
  ["", null, "empty"],
  [" K", null, "spaces"],
  ["K ", null, "spaces"],
  ["K\t1", null, "characters"],
  ["Zürich", null, "characters"],
  ["x".repeat(256), null, "long"],
  ["K-17", ["K-17"], null],
  ["K-18", ["K-17"], "not-allowed"],
] as const)("%j with %j allowed is %j", (id, allowed, fault) => {
  expect(localStoreIdFault(id, allowed)).toBe(fault);
});
