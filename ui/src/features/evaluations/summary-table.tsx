import type { EvaluationRow, EvaluationSummary, ScorerAggregate } from "@/api/schema";
import { Count } from "@/components/figures";
import { IntervalBar } from "@/components/interval-bar";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { finite } from "@/lib/format";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { Spread } from "./histogram";
import { intervalOf, meanOf } from "./list-cells";
import { scoreOf } from "./use-rows";

const t = text.evaluation;

interface SummaryTableProps {
  summary: EvaluationSummary;
  rows: readonly EvaluationRow[];
  chosen: string | undefined;
  onChoose: (scorer: string | undefined) => void;
}

/** What an evaluation's scores come to: each scorer with its mean, interval, n, errors and spread. */
export function SummaryTable({ summary, rows, chosen, onChoose }: SummaryTableProps) {
  const directions = summary.evaluation.bindings.directions;
  if (summary.scorers.length === 0) return <p className="dim">{t.noScores}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className={table.wrap} tabIndex={0} role="region" aria-label={t.scores}>
      <table className={table.table} aria-label={t.scores}>
        <thead>
          <tr>
            <th>{t.scorer}</th>
            <th data-num>{t.mean}</th>
            <th colSpan={2}>{t.interval}</th>
            <th data-num>{t.n}</th>
            <th data-num>{t.errors}</th>
            <th>{t.spread}</th>
          </tr>
        </thead>
        <tbody>
          {summary.scorers.map((each) => (
            <tr key={each.scorer}>
              <td>
                <button
                  type="button"
                  className={classes.picked}
                  aria-pressed={each.scorer === chosen}
                  title={t.histogramOf(each.scorer)}
                  onClick={() => onChoose(each.scorer === chosen ? undefined : each.scorer)}
                >
                  <SafeText text={each.scorer} />
                </button>{" "}
                <span className="dim">{t.better[directions[each.scorer] ?? "none"]}</span>
              </td>
              <td data-num>
                <strong title={String(each.summary.value)}>{meanOf(each.summary)}</strong>
              </td>
              <td>
                <Bar aggregate={each} />
              </td>
              <td data-num title={each.summary.interval?.method}>
                {intervalOf(each.summary)}
              </td>
              <td data-num>
                <Count value={each.summary.n} />
              </td>
              <td data-num className={each.summary.errors > 0 ? classes.bad : undefined}>
                <Count value={each.summary.errors} />
              </td>
              <td>
                <Spread values={valuesOf(rows, each.scorer)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The values that a scorer gave, errors left out. */
export function valuesOf(rows: readonly EvaluationRow[], scorer: string): unknown[] {
  return rows.flatMap((row) => {
    const score = scoreOf(row, scorer);
    return score === undefined || score.error !== null ? [] : [score.value];
  });
}

function Bar({ aggregate: { summary } }: { aggregate: ScorerAggregate }) {
  const value = finite(summary.value);
  const low = finite(summary.interval?.low);
  const high = finite(summary.interval?.high);
  if (value === null || low === null || high === null) return null;
  const most = finite(summary.quantiles.at(-1)?.value) ?? high;
  const least = finite(summary.quantiles[0]?.value) ?? low;
  const from = summary.kind === "rate" ? 0 : Math.min(0, least, low);
  const to = summary.kind === "rate" ? 1 : Math.max(most, high);
  return <IntervalBar from={from} to={to} value={value} low={low} high={high} />;
}
