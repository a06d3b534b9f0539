import { expect, test } from "vitest";
import { stretchShown } from "./use-figures";

const ALL = { fromMs: null, toMs: null };

test("one moment of all time stands at the end of a stretch of time", () => {
  const { fromMs, toMs, width } = stretchShown(ALL, 0, 1_700_000_000_000, 1_700_000_000_000);
  expect(toMs).toBe(1_700_000_000_001);
  expect((toMs - fromMs) / width).toBe(12);
});

test("days of all time begin with the first, and a range that was chosen stays", () => {
  const day = 86_400_000;
  expect(stretchShown(ALL, 0, 0, 30 * day).fromMs).toBe(0);
  expect(stretchShown({ fromMs: 5, toMs: 9 }, 0, 7, 8)).toMatchObject({ fromMs: 5, toMs: 9 });
});
