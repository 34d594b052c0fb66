import { expect, test } from "vitest";
import type { ChosenStore } from "./draft";
import { columnName, guessColumns, matchRows } from "./match";
import { fromPattern, hasPlace } from "./pattern";
import { csvOf, decode, defuse, isTable, parseSheet, SheetError, unquoted } from "./sheet";

const store = (id: string, name: string, brandName = "Burger"): ChosenStore => ({
  id,
  name,
  brandId: brandName,
  brandName,
  address: null,
  state: "none",
  localStoreId: null,
});
const soho = store("0190a000-0000-7000-8000-0000000000a1", "Soho");
const camden = store("0190a000-0000-7000-8000-0000000000a2", "Camden");
const bytes = (...parts: number[]) => new Uint8Array(parts).buffer;

function take(text: string, stores: ChosenStore[] = [soho, camden]) {
  const sheet = parseSheet(text);
  const { columns, header } = guessColumns(sheet);
  return matchRows(sheet, columns, header, stores);
}

test.each([
  ["commas", "Store,Your ID\r\nSoho,K-1\r\nCamden,K-2\r\n"],
  ["semicolons", "Store;Your ID\nSoho;K-1\nCamden;K-2"],
  ["tabs, no header", "Soho\tK-1\nCamden\tK-2\n"],
  ["a mark for UTF-8", "\uFEFFStore,Your ID\nSoho,K-1\nCamden,K-2"],
  ["quotes", '"Store","Your ID"\n"Soho","K-1"\n"Camden","K-2"'],
  ["another order and more columns", "Your ID,Town,Store\nK-1,London,Soho\nK-2,London,Camden"],
  ["upstream's own ids", `Store ID,Store,Your ID\n${soho.id.toUpperCase()},x,K-1\n${camden.id},y,K-2`],
  ["other case, spaces and empty rows", "store,your id\n\n  soho , K-1 \nCAMDEN,K-2\n,,\n"],
])("reads %s", (_, text) => {
  const { ids, faults } = take(text);
  expect(faults).toEqual([]);
  expect([...ids]).toEqual([
    [soho.id, "K-1"],
    [camden.id, "K-2"],
  ]);
});

test("says what is wrong by row and column, and takes the rest", () => {
  const text = "Store,Your ID\nSoho,K-1\nLeeds,K-3\n,K-4\nSoho,K-5\nCamden,";
  const { ids, faults, rows } = take(text);
  expect([...ids.values()]).toEqual(["K-1"]);
  expect(rows).toBe(5);
  expect(faults.map(({ row, column, kind }) => `${columnName(column)}${row} ${kind}`)).toEqual([
    "A3 unknown-store",
    "A4 no-store",
    "A5 repeated-store",
    "B6 no-id",
  ]);
});

test("tells stores of one name apart by the brand", () => {
  const stores = [store("1", "Soho"), store("2", "Soho", "Pizza")];
  expect(take("Store,Your ID\nSoho,K-1", stores).faults[0]?.kind).toBe("ambiguous-store");
  expect([...take("Brand,Store,Your ID\nPizza,Soho,K-1", stores).ids]).toEqual([["2", "K-1"]]);
});

test("a column that is missing is a fault of each row, not a crash", () => {
  expect(take("Store,Town\nSoho,London").faults).toEqual([{ row: 2, column: 0, kind: "no-id" }]);
});

test("takes no formula for an id", () => {
  expect(take('Store,Your ID\nSoho,"=HYPERLINK(""x"")"').faults[0]?.kind).toBe("formula");
});

test.each(["=1+1", "+44", "-5", "@home", "'quoted", "plain"])(
  "writes %s so that reading it again loses nothing",
  (id) => {
    expect(defuse(id)).not.toMatch(/^[=+\-@]/);
    expect(unquoted(defuse(id))).toBe(id);
    const { ids } = take(csvOf([["Store", "Your ID"], ["Soho", id]])); // biome-ignore format: a small table
    expect([...ids.values()]).toEqual([id]);
  },
);

test("reads the encodings that spreadsheets write", () => {
  expect(decode(bytes(0x43, 0x61, 0x66, 0xe9))).toBe("Café");
  expect(decode(bytes(0x43, 0x61, 0x66, 0xc3, 0xa9))).toBe("Café");
  expect(decode(bytes(0xff, 0xfe, 0x41, 0x00))).toBe("A");
});

test.each([
  ["", "empty"],
  [" \n,\n", "empty"],
  ["PK\u0003\u0004\u0000", "binary"],
  ['Store,"Your ID\nSoho,K-1', "quotes"],
  ["a,b\n".repeat(50_001), "rows"],
])("refuses what is no sheet", (text, reason) => {
  expect(() => parseSheet(text)).toThrow(new SheetError(reason as SheetError["reason"]));
});

test("reads 50,000 rows", () => {
  const { rows } = parseSheet("Soho,K-1\n".repeat(50_000));
  expect(rows).toHaveLength(50_000);
});

test("tells a column from a word", () => {
  expect(isTable("K-1\n")).toBe(false);
  expect(isTable("K-1\nK-2")).toBe(true);
  expect(isTable("Soho\tK-2")).toBe(true);
});

test("counts up from a pattern", () => {
  expect(fromPattern("K-##", 9, 3)).toEqual(["K-09", "K-10", "K-11"]);
  expect(fromPattern("#", 1, 1)).toEqual(["1"]);
  expect(fromPattern("A#B", 99, 2)).toEqual(["A99B", "A100B"]);
  expect(hasPlace("K")).toBe(false);
});

test("names columns as spreadsheets do", () => {
  expect([0, 25, 26, 701, 702].map(columnName)).toEqual(["A", "Z", "AA", "ZZ", "AAA"]);
});
