import { expect, test } from "vitest";
import { meanInterval, wilson } from "./interval";

test("a share has Wilson's interval", () => {
  const { low, high } = wilson(0.8, 10);
  expect(low).toBeCloseTo(0.4902, 3);
  expect(high).toBeCloseTo(0.9433, 3);
  expect(wilson(1, 5).high).toBe(1);
  expect(wilson(0, 5).low).toBe(0);
});

test("values of 0 and 1 are a share, others get Student's interval", () => {
  expect(meanInterval(0.8, 0.4, 10)).toEqual(wilson(0.8, 10));
  const { low, high } = meanInterval(3, Math.sqrt(2), 5) ?? { low: 0, high: 0 };
  expect(high - 3).toBeCloseTo(2.776 * Math.sqrt(2.5 / 5), 3);
  expect(3 - low).toBeCloseTo(high - 3, 10);
});

test("one value or none says nothing about others", () => {
  expect(meanInterval(3.5, 0, 1)).toBeNull();
  expect(meanInterval(1, 0, 0)).toBeNull();
});
