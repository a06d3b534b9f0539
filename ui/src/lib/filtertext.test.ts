import { describe, expect, test } from "vitest";
import { chosenValues, withoutField, withValues } from "./conditions";
import { conjuncts, judgmentAt, keyed, quote, toCodePoints, toUtf16, wordsCondition } from "./filtertext";

test("texts are quoted as the language reads them", () => {
  expect(quote("it's")).toBe("'it''s'");
  expect(quote("a\\b")).toBe("'a\\\\b'");
  expect(keyed("tags", "release")).toBe("tags.release");
  expect(keyed("tags", "a b`c")).toBe("tags.`a b``c`");
});

describe("conditions side by side", () => {
  test.each([
    ["", []],
    ["a = 1", ["a = 1"]],
    ["a = 1 AND b = 'x AND y'", ["a = 1", "b = 'x AND y'"]],
    ["(a = 1 OR b = 2) and c = 'it''s'", ["(a = 1 OR b = 2)", "c = 'it''s'"]],
    ["span(a = 1 AND b = 2) AND tags.`x AND` = 1", ["span(a = 1 AND b = 2)", "tags.`x AND` = 1"]],
    ["user = 'and' AND order_and = 1", ["user = 'and'", "order_and = 1"]],
  ])("%s", (text, parts) => expect(conjuncts(text)).toEqual(parts));
  test.each(["a = 1 OR b = 2", "a = 'open", "(a = 1", "a = 1)", "a = 1 AND", "AND a = 1"])(
    "%s has none",
    (text) => expect(conjuncts(text)).toBeNull(),
  );
});

describe("what facets write", () => {
  test.each([
    [["OK"], "state = 'OK'"],
    [["OK", "it's"], "state IN ('OK', 'it''s')"],
    [[null], "state IS NULL"],
    [["a\\b"], "state = 'a\\\\b'"],
  ])("%j is read back", (values, condition) => {
    expect(withValues("", "state", values)).toBe(condition);
    expect(chosenValues(condition, "state")).toEqual(values);
  });
  test("replaces what they wrote before, and nothing else", () => {
    expect(withValues("state = 'OK' AND duration > 2s", "state", ["ERROR"])).toBe(
      "duration > 2s AND state = 'ERROR'",
    );
    expect(withValues("state != 'OK'", "state", ["ERROR"])).toBe("state != 'OK' AND state = 'ERROR'");
    expect(withoutField("state = 'OK' AND user = 'a'", "state")).toBe("user = 'a'");
    expect(withoutField("a = 1 OR b = 2", "state")).toBe("a = 1 OR b = 2");
  });
});

test("places count code points on the server and UTF-16 units here", () => {
  expect(toUtf16("a😀b", 2)).toBe(3);
  expect(toCodePoints("a😀b", 3)).toBe(2);
});

test.each([
  ["weather", "text ~ 'weather'"],
  [" lost luggage ", "text ~ 'lost luggage'"],
  ["café 24h", "text ~ 'café 24h'"],
  ["", null],
  ["state = 'ERROR'", null],
  ["weather and", null],
  ["'weather'", null],
  ["span(name", null],
])("words alone are meant as a search: %s", (text, condition) =>
  expect(wordsCondition(text)).toBe(condition),
);

test.each([
  ["feedback.", { field: "feedback", name: null, typed: "feedback." }],
  ["state = 'OK' AND (expectation.exp", { field: "expectation", name: null, typed: "expectation.exp" }],
  ["feedback.correctness = ", { field: "feedback", name: "correctness", typed: "" }],
  ["feedback.correctness = fa", { field: "feedback", name: "correctness", typed: "fa" }],
  ["feedback.`a b` != 'go", { field: "feedback", name: "a b", typed: "'go" }],
  ["feedback.correctness", { field: "feedback", name: null, typed: "feedback.correctness" }],
  ["my.feedback.x", null],
  ["state = ", null],
])("what is written of a judgment: %s", (text, place) =>
  expect(judgmentAt(text, text.length)).toEqual(place),
);
