import type { ScorerComparison } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, percent } from "@/lib/format";
import { shownDifference, shownMean } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./evaluations.module.css";

const t = text.comparison.sentence;

interface VerdictSentenceProps {
  one: ScorerComparison;
  /** The names of the two evaluations. */
  baseline: string;
  candidate: string;
  /** What it takes more or less of, in sentences. */
  more?: readonly string[];
}

/** In one sentence which of two evaluations is better by a scorer, and how sure that is. */
export function VerdictSentence({ one, baseline, candidate, more = [] }: VerdictSentenceProps) {
  const said = t.verdicts[one.verdict ?? "none"](one.scorer, candidate, baseline);
  return (
    <p className={classes.sentence}>
      <strong>
        <SafeText text={said} />
      </strong>{" "}
      {evidenceOf(one)}
      {more.length > 0 && <strong>{` ${more.join(" ")}`}</strong>}
    </p>
  );
}

function evidenceOf(one: ScorerComparison): string {
  const [before, after, difference] = [one.baseline_value, one.candidate_value, one.difference].map(finite);
  if (typeof before !== "number" || typeof after !== "number" || typeof difference !== "number") return "";
  const [low, high] = [finite(one.interval?.low), finite(one.interval?.high)];
  const pairs = exactNumber(one.n);
  const parts = [
    t.means(shownMean(before, one.kind), shownMean(after, one.kind), shownDifference(difference, one.kind)),
    low === null || high === null
      ? t.pairs(pairs)
      : t.interval(
          percent(finite(one.interval?.level) ?? 0),
          shownDifference(low, one.kind),
          shownDifference(high, one.kind),
          pairs,
        ),
  ];
  if (one.verdict === "inconclusive" && one.rows_needed !== null && one.rows_needed > 0)
    parts.push(t.needed(exactNumber(one.rows_needed)));
  return parts.join(" ");
}
