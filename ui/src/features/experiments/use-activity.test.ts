import { expect, test } from "vitest";
import { activityOf } from "./use-activity";

const DAY_MS = 86_400_000;
const point = (bucket_ms: number | null, count: number) => ({
  bucket_ms,
  group: "1",
  n: count,
  values: { count, error_rate: 0 },
});

test("the newest of all time stands at the right, also of an experiment of one day", () => {
  const totals = { points: [point(null, 5)], complete: true };
  const buckets = { points: [point(20 * DAY_MS, 5)], complete: true };
  const bars = activityOf(totals, buckets, DAY_MS, null, null).get("1")?.bars ?? [];
  expect(bars).toHaveLength(40);
  expect(bars.map(({ count }) => count).lastIndexOf(5)).toBe(39);
  expect(bars.filter(({ count }) => count > 0)).toHaveLength(1);
});

test("a long time is cut into as many bars, the first at the left", () => {
  const buckets = { points: [point(0, 1), point(400 * DAY_MS, 2)], complete: true };
  const bars = activityOf({ points: [point(null, 3)], complete: true }, buckets, DAY_MS, null, null).get(
    "1",
  )?.bars;
  expect([bars?.at(0)?.count, bars?.at(-1)?.count]).toEqual([1, 2]);
});
