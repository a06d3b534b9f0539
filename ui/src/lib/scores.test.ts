import { expect, test } from "vitest";
import { histogram, isFailure, scoreNumber, shownMean } from "./scores";

test.each([
  [true, 1],
  ["No", 0],
  [" pass ", 1],
  [0.25, 0.25],
  ["blue", null],
  [[1], null],
  [null, null],
  ["NaN", null],
])("the number of %j is %j", (value, expected) => {
  expect(scoreNumber(value)).toBe(expected);
});

test("what fails depends on what is better", () => {
  expect(isFailure(false, "higher")).toBe(true);
  expect(isFailure(false, "lower")).toBe(false);
  expect(isFailure("yes", "lower")).toBe(true);
  expect(isFailure(0, "none")).toBe(false);
  expect(isFailure(0.2, "higher")).toBe(false);
});

test("few values have a bin each", () => {
  expect(histogram([1, 0, 1])).toEqual([
    { from: 0, to: 0, count: 1 },
    { from: 1, to: 1, count: 2 },
  ]);
  expect(histogram([])).toEqual([]);
});

test("many values fall into bins of one width, none is lost", () => {
  const bins = histogram(Array.from({ length: 101 }, (_, at) => at / 100));
  expect(bins).toHaveLength(10);
  expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(101);
  expect(bins.at(-1)).toMatchObject({ to: 1, count: 11 });
});

test("means are short", () => {
  expect(shownMean(0.573333, "rate")).toBe("57.3%");
  expect(shownMean(2.71902, "mean")).toBe("2.72");
});
