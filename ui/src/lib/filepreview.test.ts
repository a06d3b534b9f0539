import { expect, test } from "vitest";
import { MOST_TABLE_COLUMNS, MOST_TABLE_ROWS, previewOf, rasterType, tableRows, textOf } from "./filepreview";

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(
    parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)),
  );
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

test("images are known by how they begin", () => {
  expect(rasterType(bytes(PNG, "rest"))).toBe("image/png");
  expect(rasterType(bytes([0xff, 0xd8, 0xff, 0xe0]))).toBe("image/jpeg");
  expect(rasterType(bytes("GIF89a"))).toBe("image/gif");
  expect(rasterType(bytes("RIFF", [1, 2, 3, 4], "WEBPVP8"))).toBe("image/webp");
  for (const other of ["<svg xmlns='http://www.w3.org/2000/svg'/>", "GIF88a", "RIFF1234WAVE", "\x89PN", ""])
    expect(rasterType(bytes(other))).toBeNull();
});

test("a name says nothing of what a file is", () => {
  expect(previewOf("photo.png", bytes("<script>alert(1)</script>"), true)).toEqual({
    kind: "text",
    text: "<script>alert(1)</script>",
  });
  expect(previewOf("page.html", bytes(PNG), true)).toEqual({ kind: "image", type: "image/png" });
  expect(previewOf("model.pkl", bytes([0x80, 0x04, 0x00, 0x95]), true)).toEqual({ kind: "none" });
});

test("a text is Markdown where its name says so", () => {
  expect(previewOf("README.MD", bytes("# Title"), true)).toEqual({ kind: "markdown", text: "# Title" });
  expect(previewOf("notes.markdown", bytes("<b>x</b>"), true).kind).toBe("markdown");
  expect(previewOf("cmd", bytes("# Title"), true).kind).toBe("text");
  expect(previewOf("README.md", bytes([0xff, 0xfe, 0x00]), true)).toEqual({ kind: "none" });
});

test("text is UTF-8, and a character that was cut is left out", () => {
  const whole = bytes("né");
  expect(textOf(whole, true)).toBe("né");
  expect(textOf(whole.slice(0, 2), false)).toBe("n");
  expect(textOf(whole.slice(0, 2), true)).toBeNull();
  expect(textOf(bytes([0xff, 0x41]), true)).toBeNull();
  expect(textOf(bytes("a", [0], "b"), true)).toBeNull();
});

test("tables are read with their quotes, as far as they are shown", () => {
  expect(tableRows('a,b\r\n"x, ""y""\nz",2\n\n3', ",")).toEqual([["a", "b"], ['x, "y"\nz', "2"], ["3"]]);
  expect(tableRows("a\tb\n1\t", "\t")).toEqual([
    ["a", "b"],
    ["1", ""],
  ]);
  const many = tableRows(
    "1,"
      .repeat(80)
      .concat("\n")
      .repeat(MOST_TABLE_ROWS + 9),
    ",",
  );
  expect([many.length, many[0]?.length]).toEqual([MOST_TABLE_ROWS, MOST_TABLE_COLUMNS]);
  expect(previewOf("a.csv", bytes("one line"), true).kind).toBe("text");
  expect(previewOf("a.CSV", bytes("a,b\n1,2"), true)).toEqual({
    kind: "table",
    rows: [
      ["a", "b"],
      ["1", "2"],
    ],
  });
});
