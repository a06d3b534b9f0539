import { expect, test } from "vitest";
import type { AggregatePoint, Model } from "@/api/schema";
import { asked, figuresOf, sharedNames } from "./use-model-figures";

const point = (group: string | null, values: AggregatePoint["values"]) => ({
  group,
  values,
  bucket_ms: null,
  n: 1,
});

test("versions without traces have none, and others than those asked about are left out", () => {
  const points = [
    point("m-1", { count: 4, error_rate: 0.25, cost_usd: null }),
    point("m-9", { count: 1, error_rate: 0, cost_usd: 1 }),
    point(null, { count: 7, error_rate: 0, cost_usd: 1 }),
  ];
  expect([...figuresOf(["m-1", "m-2"], points)]).toEqual([
    ["m-1", { traces: 4, errorRate: 0.25, costUsd: null }],
    ["m-2", { traces: 0, errorRate: null, costUsd: null }],
  ]);
});

test("one question is bounded, however long ids are", () => {
  const ids = Array.from({ length: 500 }, (_, at) => `m-${at}${"x".repeat(240)}`);
  const first = asked(ids);
  expect(first.length).toBeGreaterThan(50);
  expect(first).toEqual(ids.slice(0, first.length));
  expect(first.join("', '").length).toBeLessThan(16_000);
  expect(asked(ids.slice(0, 3))).toHaveLength(3);
});

test("names that several versions have are known", () => {
  const models = ["a", "b", "a", "", ""].map((name) => ({ name }) as Model);
  expect([...sharedNames(models)]).toEqual(["a"]);
});
