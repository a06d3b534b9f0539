import { expect, test } from "vitest";
import { marksOf, rootAt, rootOf, selected, stretchesOf, textsOf, withMark } from "./spans";

const shown = { field: "response", text: "na\u00efve \u{1f600} answer\r\nand more" };
const mark = (start: number, end: number, label = "a") => ({
  field: "response",
  start,
  end,
  label,
  text: "",
});

test("what is selected is counted in code points, line breaks as the text has them", () => {
  expect(selected(shown, 0, 5, "a")).toEqual({
    field: "response",
    start: 0,
    end: 5,
    label: "a",
    text: "na\u00efve",
  });
  expect(selected(shown, 6, 15, "a")).toMatchObject({ start: 6, end: 14, text: "\u{1f600} answer" });
  // After the line break, which the field shows as one unit and the text has as two.
  expect(selected(shown, 16, 19, "a")).toMatchObject({ start: 16, end: 19, text: "and" });
  expect(selected(shown, 4, 4, "a")).toBeNull();
  expect(selected(shown, 0, 999, "a")).toMatchObject({ start: 0, end: 24 });
});

test("half of a pair of surrogates is never marked", () => {
  expect(selected(shown, 7, 8, "a")).toBeNull();
  expect(selected(shown, 6, 7, "a")).toMatchObject({ start: 6, end: 7, text: "\u{1f600}" });
});

test("marks come by position, each once", () => {
  const marks = withMark([mark(4, 6)], mark(0, 2));
  expect(marks.map(({ start }) => start)).toEqual([0, 4]);
  expect(withMark(marks, mark(4, 6))).toBe(marks);
  expect(withMark(marks, mark(4, 6, "b"))).toHaveLength(3);
});

test("a text is cut where marks begin and end", () => {
  const text = { field: "response", text: "abcdef" };
  expect(stretchesOf(text, [mark(1, 4), mark(3, 5, "b"), { ...mark(0, 1), field: "request" }])).toEqual([
    { text: "a", labels: [] },
    { text: "bc", labels: ["a"] },
    { text: "d", labels: ["a", "b"] },
    { text: "e", labels: ["b"] },
    { text: "f", labels: [] },
  ]);
  expect(stretchesOf(text, [])).toEqual([{ text: "abcdef", labels: [] }]);
});

test("what is no mark is left out", () => {
  expect(marksOf([mark(0, 1), "x", null, { field: 1 }])).toEqual([mark(0, 1)]);
  expect(marksOf("x")).toEqual([]);
});

test("the texts of one part, of every trace that is shown", () => {
  const texts = [
    "request",
    "response",
    "response/a",
    "2/response",
    "2/request",
    "trace/response/request",
    "trace/tr-1/response/a",
  ].map((field) => ({ field, text: "t" }));
  expect(textsOf(texts, "response").map(({ field }) => field)).toEqual([
    "response",
    "response/a",
    "2/response",
    "trace/tr-1/response/a",
  ]);
});

test("the root of a field says which part of which thing it lies in", () => {
  const fields = ["response", "request/messages/0", "12/response/a~1b", "trace/tr-1/response/a"];
  expect(fields.map(rootOf)).toEqual(["response", "request", "12/response", "trace/tr-1/response"]);
  expect([rootAt(0, "request"), rootAt(1, "response"), rootAt(1, "request", "tr-1")]).toEqual([
    "request",
    "2/response",
    "trace/tr-1/request",
  ]);
});
