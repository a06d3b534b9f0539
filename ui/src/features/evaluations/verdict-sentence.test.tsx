// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Comparison, RunComparison, ScorerComparison } from "@/api/schema";
import { show } from "@/testing/show";
import { amountNotes, amountSentences } from "./amount-table";
import { VerdictSentence } from "./verdict-sentence";
import { chosenComparison } from "./verdict-table";

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

test("what it takes more of beyond chance stands beside the verdict", () => {
  const run = {
    amounts: [
      { amount: "cost_usd", change: "more", ratio: 17.2, warnings: ["few"] },
      { amount: "tokens_total", change: "less", ratio: 0.75, warnings: [] },
      { amount: "duration_ms", change: "inconclusive", ratio: 3, warnings: [] },
    ],
  } as unknown as RunComparison;
  expect(amountSentences(run)).toEqual(["It takes 17.2 times the cost.", "It takes 25% less tokens."]);
  expect(amountNotes(run)).toEqual(["cost: few"]);
  const { container } = show(
    <VerdictSentence one={measured} baseline="old" candidate="new" more={amountSentences(run)} />,
  );
  expect(container.querySelector("p")?.textContent).toMatch(/in pairs\)\. It takes 17\.2 times the cost\./);
});

test("without a choice a scorer that tells them apart leads, and a scorer alone is a choice", () => {
  const scorers = ["a", "b", "c"].map((scorer, at) => ({
    scorer,
    verdict: ["inconclusive", "better", "worse"][at],
  }));
  const comparison = { candidates: [{ candidate: "r", scorers }] } as unknown as Comparison;
  const chosen = (scorer?: string, candidate?: string) =>
    chosenComparison(comparison, scorer, candidate)?.scorer.scorer;
  expect(chosen()).toBe("c");
  expect(chosen("a")).toBe("a");
  expect(chosen("b", "r")).toBe("b");
  expect(chosen("a", "gone")).toBe("c");
});
