import { expect, test } from "vitest";
import { dotsOf, pathOf } from "./line-picture";

test("a line goes from the first to the last point, greater values higher", () => {
  const points = [
    { x: 0, y: 1 },
    { x: 5, y: 3 },
    { x: 10, y: 1 },
  ];
  expect(pathOf(points, 1, 3)).toBe("M4.00 136.00L300.00 4.00L596.00 136.00");
});

test("a missing value is a gap, and a lone point is a dot", () => {
  const points = [
    { x: 0, y: 1 },
    { x: 1, y: null },
    { x: 2, y: 2 },
    { x: 3, y: 3 },
  ];
  expect(pathOf(points, 1, 3)).toBe("M398.67 70.00L596.00 4.00");
  expect(dotsOf(points, 1, 3)).toBe("M4.00 136.00h0");
});

test("values and places that are all the same stand in the middle", () => {
  expect(dotsOf([{ x: 7, y: 5 }], 5, 5)).toBe("M300.00 70.00h0");
});
