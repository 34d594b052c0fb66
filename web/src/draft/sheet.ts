import Papa from "papaparse";

/** A table as a file or the clipboard has it. The first row may be a header. */
export type Sheet = { rows: string[][]; columns: number };

/** The most rows that are read; a run takes 10,000 stores. */
export const mostRows = 50_000;

/** A sheet that could not be read, and why. */
export class SheetError extends Error {
  constructor(readonly reason: "empty" | "quotes" | "binary" | "rows") {
    super(reason);
    this.name = "SheetError";
  }
}

/** decode reads a file's text as Excel and others write it: UTF-8 or UTF-16 with or without a mark, else Latin-1. */
export function decode(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** parseSheet reads rows parted by commas, semicolons or tabs. Empty rows stay, so that a row keeps its number. */
export function parseSheet(text: string, delimiter = ""): Sheet {
  if (text.includes("\u0000")) throw new SheetError("binary");
  const content = text.replace(/^\uFEFF/, "");
  const { data, errors } = Papa.parse<string[]>(content, { delimiter: delimiter || guessDelimiter(content) });
  if (errors.some((error) => error.type === "Quotes")) throw new SheetError("quotes");
  while (data.length > 0 && data.at(-1)?.every((cell) => cell.trim() === "")) data.pop();
  if (data.length === 0) throw new SheetError("empty");
  if (data.length > mostRows) throw new SheetError("rows");
  return { rows: data, columns: data.reduce((most, row) => Math.max(most, row.length), 0) };
}

// Empty rows tell nothing of what parts the cells.
function guessDelimiter(text: string): string {
  return Papa.parse(text, { delimitersToGuess: [",", ";", "\t"], skipEmptyLines: "greedy", preview: 20 }).meta
    .delimiter;
}

/** isTable reports whether pasted text is more than one line of one cell. */
export function isTable(text: string): boolean {
  return /[\t\r\n]/.test(text.replace(/(\r\n|\r|\n)$/, ""));
}

const formulaStart = /^[=+\-@'\t\r\n＝＋－＠]/;

/** defuse puts an apostrophe before what a spreadsheet would take for a formula, as the service's exports do. */
export function defuse(cell: string): string {
  return formulaStart.test(cell) ? `'${cell}` : cell;
}

/** unquoted takes that apostrophe away again, so that reading what was written loses nothing. */
export function unquoted(cell: string): string {
  return cell.startsWith("'") && formulaStart.test(cell.slice(1)) ? cell.slice(1) : cell;
}

/** csvOf writes rows as a file that spreadsheets open: a mark for UTF-8, commas, formulas defused. */
export function csvOf(rows: readonly (readonly (string | null)[])[]): string {
  return `\uFEFF${Papa.unparse(rows.map((row) => row.map((cell) => defuse(cell ?? ""))))}\r\n`;
}
