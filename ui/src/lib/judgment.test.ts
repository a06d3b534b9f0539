import { expect, test } from "vitest";
import { judgmentValue, shownValue, verdict } from "./judgment";

test.each([
  ["true", true],
  [" Yes ", true],
  ["no", false],
  ["0.8", 0.8],
  ["-1e3", -1000],
  [".5", 0.5],
  ["good", "good"],
  ["1.2.3", "1.2.3"],
  ['{"a": 1}', { a: 1 }],
  ["[broken", "[broken"],
  ['"true"', "true"],
])("%s means %j", (typed, value) => expect(judgmentValue(typed)).toEqual(value));

test("values are shown short", () => {
  expect(shownValue(0.123456789)).toBe("0.123457");
  expect(shownValue(["a"])).toBe('["a"]');
  expect(shownValue(true)).toBe("true");
});

test("plain verdicts have a colour, numbers have none", () => {
  expect([verdict("pass"), verdict(false), verdict(0), verdict("meh")]).toEqual(["good", "bad", null, null]);
});
