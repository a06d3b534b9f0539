// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { ScorerComparison } from "@/api/schema";
import { show } from "@/testing/show";
import { VerdictSentence } from "./verdict-sentence";

const measured = {
  scorer: "correct",
  kind: "rate",
  n: 900,
  baseline_value: 0.35,
  candidate_value: 0.573,
  difference: 0.223,
  interval: { low: 0.188, high: 0.259, level: 0.95, method: "tango" },
  verdict: "better",
  rows_needed: null,
} as unknown as ScorerComparison;

function said(change: Partial<ScorerComparison>): string {
  const { container, unmount } = show(
    <VerdictSentence one={{ ...measured, ...change }} baseline="old" candidate="new" />,
  );
  const text = container.querySelector("p")?.textContent ?? "";
  unmount();
  return text;
}

test("a sentence says which is better, by how much, and how sure that is", () => {
  expect(said({})).toBe(
    "By correct, new is better than old. It went from 35% to 57.3%: +22.3% (95% interval +18.8% to +25.9%, 900 rows in pairs).",
  );
  expect(said({ verdict: "worse", difference: -0.1, interval: null })).toBe(
    "By correct, new is worse than old. It went from 35% to 57.3%: −10% (900 rows in pairs).",
  );
});

test("what the rows cannot tell is said, with how many could", () => {
  expect(said({ verdict: "inconclusive", rows_needed: 4_000 })).toMatch(
    /do not tell which of new and old is better\..*About 4,000 rows would be needed to tell\.$/,
  );
  expect(said({ verdict: null, candidate_value: null })).toBe("By correct, new and old cannot be compared. ");
});
