import type { ChosenStore } from "./draft";
import { type Sheet, unquoted } from "./sheet";

/** Which column of a sheet holds what; null: none. */
export type Columns = { store: number | null; brand: number | null; id: number | null };

/** What is wrong with one row. */
export type RowFault =
  | { kind: "no-store" }
  | { kind: "unknown-store"; value: string }
  | { kind: "ambiguous-store"; value: string }
  | { kind: "repeated-store"; value: string; row: number }
  | { kind: "no-id" }
  | { kind: "formula"; value: string };

/** A fault, with the row as the spreadsheet counts it and the column, from 0. */
export type SheetFault = RowFault & { row: number; column: number };

const names = {
  store: /^(store|tienda|local|restaurant|name|nombre|store ?(name|id)|sucursal)$/i,
  brand: /^(brand|marca)( ?name)?$/i,
  id: /^(your ?id|local ?(store ?)?id|id|code|pos ?id|external ?id|tu id|su id|c[oó]digo)$/i,
};

/** guessColumns finds the columns by the names in the first row, else takes the first two. header: it has names. */
export function guessColumns({ rows, columns }: Sheet): { columns: Columns; header: boolean } {
  const first = (rows[0] ?? []).map((cell) => cell.trim().replaceAll("_", " "));
  const find = (pattern: RegExp) => {
    const at = first.findIndex((cell) => pattern.test(cell));
    return at < 0 ? null : at;
  };
  const exact = first.findIndex((cell) => /^store ?id$/i.test(cell));
  const found = { store: exact >= 0 ? exact : find(names.store), brand: find(names.brand), id: find(names.id) };
  const header = found.store !== null || found.id !== null;
  if (!header) return { columns: { store: 0, brand: null, id: columns > 1 ? 1 : null }, header };
  return { columns: found, header };
}

type Matched = { ids: Map<string, string>; faults: SheetFault[]; rows: number };

/**
 * matchRows gives the sheet's ids to the chosen stores. A store is named by its own id at upstream, or by its name where
 * only one of the chosen ones is called so (with the brand, where the sheet has that).
 */
export function matchRows(sheet: Sheet, at: Columns, header: boolean, stores: readonly ChosenStore[]): Matched {
  const ids = new Map<string, string>();
  const faults: SheetFault[] = [];
  const find = finder(stores);
  const seen = new Map<string, number>();
  let rows = 0;
  for (const [index, cells] of sheet.rows.entries()) {
    if ((header && index === 0) || cells.every((cell) => cell.trim() === "")) continue;
    rows++;
    const cell = (column: number | null) => (column === null ? "" : (cells[column] ?? ""));
    const add = (column: number | null, fault: RowFault) =>
      faults.push({ ...fault, row: index + 1, column: column ?? 0 });
    const name = unquoted(cell(at.store).trim());
    const store = name === "" ? "none" : find(name, cell(at.brand).trim());
    const id = cell(at.id).replace(/^ +| +$/g, "");
    if (store === "none") add(at.store, { kind: "no-store" });
    else if (store === "unknown") add(at.store, { kind: "unknown-store", value: name });
    else if (store === "ambiguous") add(at.store, { kind: "ambiguous-store", value: name });
    else if (seen.has(store.id)) add(at.store, { kind: "repeated-store", value: name, row: seen.get(store.id) ?? 0 });
    else if (id === "") add(at.id, { kind: "no-id" });
    else if (id.startsWith("=")) add(at.id, { kind: "formula", value: id });
    else ids.set(store.id, unquoted(id));
    if (typeof store === "object" && !seen.has(store.id)) seen.set(store.id, index + 1);
  }
  return { ids, faults, rows };
}

type Found = ChosenStore | "none" | "unknown" | "ambiguous";

function finder(stores: readonly ChosenStore[]): (name: string, brand: string) => Found {
  const byId = new Map(stores.map((store) => [store.id, store]));
  const byName = new Map<string, ChosenStore[]>();
  for (const store of stores) {
    const key = folded(store.name);
    byName.set(key, [...(byName.get(key) ?? []), store]);
  }
  return (name, brand) => {
    const one = byId.get(name.toLowerCase());
    if (one) return one;
    const same = byName.get(folded(name)) ?? [];
    const candidates = brand === "" ? same : same.filter((store) => folded(store.brandName) === folded(brand));
    return candidates.length > 1 ? "ambiguous" : (candidates[0] ?? "unknown");
  };
}

function folded(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim().toLowerCase();
}

/** columnName names a column as spreadsheets do: A, B, … Z, AA. */
export function columnName(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnName(Math.floor(column / 26) - 1) + letter;
}
