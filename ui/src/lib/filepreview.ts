/** What of a file can be shown: decided by its bytes, never by what it says that it is. A name says only how a text is read:
 * as a table, or as Markdown. */

export type FilePreview =
  | { kind: "image"; type: RasterType }
  | { kind: "table"; rows: readonly (readonly string[])[] }
  | { kind: "text"; text: string }
  | { kind: "markdown"; text: string }
  | { kind: "none" };

export type RasterType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

export const MOST_TABLE_ROWS = 200;
export const MOST_TABLE_COLUMNS = 50;

/** The raster format that these bytes begin like; null for everything else, such as SVG, which is a program's text. */
export function rasterType(bytes: Uint8Array): RasterType | null {
  const at = (place: number, signature: readonly number[]) =>
    signature.every((each, index) => bytes[place + index] === each);
  if (at(0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
  if (at(0, [0xff, 0xd8, 0xff])) return "image/jpeg";
  if (at(0, [0x47, 0x49, 0x46, 0x38]) && (bytes[4] === 0x37 || bytes[4] === 0x39) && bytes[5] === 0x61)
    return "image/gif";
  if (at(0, [0x52, 0x49, 0x46, 0x46]) && at(8, [0x57, 0x45, 0x42, 0x50])) return "image/webp";
  return null;
}

/** How a file is shown of which these are the first bytes; `whole` says that they are all of them. */
export function previewOf(name: string, bytes: Uint8Array, whole: boolean): FilePreview {
  const type = rasterType(bytes);
  if (type !== null) return { kind: "image", type };
  const text = textOf(bytes, whole);
  if (text === null) return { kind: "none" };
  const comma = /\.(csv|tsv)$/i.exec(name)?.[1]?.toLowerCase();
  const rows = comma === undefined ? [] : tableRows(text, comma === "tsv" ? "\t" : ",");
  if (rows.length > 1) return { kind: "table", rows };
  return { kind: /\.(md|markdown)$/i.test(name) ? "markdown" : "text", text };
}

/** The text that bytes are in UTF-8; null when they are none. A character cut at the end is left out. */
export function textOf(bytes: Uint8Array, whole: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    return null;
  }
}

/** The first rows of a table with such a mark between its cells, quoted as RFC 4180 says. */
export function tableRows(text: string, mark: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell !== "") rows.push(row.slice(0, MOST_TABLE_COLUMNS));
    row = [];
    cell = "";
  };
  for (let at = 0; at < text.length && rows.length < MOST_TABLE_ROWS; at += 1) {
    const sign = text[at] as string;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += sign;
        at += 1;
      } else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === mark) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n") endRow();
    else if (sign !== "\r" || text[at + 1] !== "\n") cell += sign;
  }
  if (rows.length < MOST_TABLE_ROWS && (row.length > 0 || cell !== "")) endRow();
  return rows;
}
