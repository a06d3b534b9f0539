import { Link } from "@tanstack/react-router";
import type { Comparison, RunComparison, ScorerComparison } from "@/api/schema";
import { Count } from "@/components/figures";
import { IntervalBar } from "@/components/interval-bar";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { exactNumber, finite, MISSING } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { short, shownMean, shownDifference as signed } from "@/lib/scores";
import { text } from "@/strings";
import { AmountTable, amountNotes, amountSentences } from "./amount-table";
import classes from "./evaluations.module.css";
import { VerdictSentence } from "./verdict-sentence";

const t = text.comparison;

interface VerdictTableProps {
  experimentId: string;
  comparison: Comparison;
  nameOf: (runId: string) => string;
  scorer: string | undefined;
  candidate: string | undefined;
  onChoose: (scorer: string, candidate: string) => void;
}

/** Each scorer of each candidate against the baseline: the verdict first, then what it rests on. */
export function VerdictTable(props: VerdictTableProps) {
  const { comparison, nameOf, experimentId } = props;
  const scorers = [
    ...new Set(comparison.candidates.flatMap((each) => each.scorers.map((one) => one.scorer))),
  ];
  const found = chosenComparison(comparison, props.scorer, props.candidate);
  return (
    <>
      {found !== undefined && (
        <VerdictSentence
          one={found.scorer}
          baseline={nameOf(comparison.baseline)}
          candidate={nameOf(found.run.candidate)}
          more={amountSentences(found.run)}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className={table.wrap} tabIndex={0} role="region" aria-label={t.title}>
        <table className={table.table} aria-label={t.title}>
          <thead>
            <tr>
              <th>{t.scorer}</th>
              <th>{t.candidate}</th>
              <th>{t.verdict}</th>
              <th data-num>{t.before}</th>
              <th data-num>{t.after}</th>
              <th data-num>{t.difference}</th>
              <th>{t.interval}</th>
              <th>{t.outcome}</th>
              <th data-num title={t.pHint}>
                {t.p}
              </th>
              <th data-num>{t.n}</th>
            </tr>
          </thead>
          <tbody>
            {scorers.flatMap((scorer) =>
              comparison.candidates.map((run) => {
                const one = run.scorers.find((each) => each.scorer === scorer);
                if (one === undefined) return null;
                const chosen = found?.scorer === one;
                return (
                  <tr key={`${scorer} ${run.candidate}`}>
                    <td>
                      <button
                        type="button"
                        className={`${classes.picked} ${classes.named} clip`}
                        aria-pressed={chosen}
                        title={t.rowsOf(scorer)}
                        onClick={() => props.onChoose(scorer, run.candidate)}
                      >
                        <SafeText text={scorer} />
                      </button>
                    </td>
                    <td>
                      <Link
                        className={`${classes.named} clip`}
                        title={visibleText(nameOf(run.candidate))}
                        to="/experiments/$experimentId/evaluations/$runId"
                        params={{ experimentId, runId: run.candidate }}
                        preload={false}
                      >
                        <SafeText text={nameOf(run.candidate)} />
                      </Link>
                    </td>
                    <Figures one={one} widest={widestOf(comparison, scorer)} />
                  </tr>
                );
              }),
            )}
          </tbody>
        </table>
      </div>
      <AmountTable comparison={comparison} nameOf={nameOf} />
      <ul className={classes.notes}>
        {comparison.candidates.flatMap((run) =>
          notesOf(run).map((note) => (
            <li key={run.candidate + note}>
              <SafeText text={`${nameOf(run.candidate)}: ${note}`} />
            </li>
          )),
        )}
      </ul>
    </>
  );
}

export function toneOf(verdict: ScorerComparison["verdict"]): "good" | "bad" | undefined {
  return verdict === "better" ? "good" : verdict === "worse" ? "bad" : undefined;
}

function Figures({ one, widest }: { one: ScorerComparison; widest: number }) {
  const mean = (value: number | string | null) => {
    const number = finite(value);
    return number === null ? MISSING : shownMean(number, one.kind);
  };
  const [difference, low, high, p] = [
    one.difference,
    one.interval?.low,
    one.interval?.high,
    one.p_adjusted,
  ].map(finite);
  const tone = toneOf(one.verdict);
  return (
    <>
      <td>
        <span className={classes.verdict} data-tone={tone} title={one.warnings.join("\n") || undefined}>
          {one.verdict === null ? t.noVerdict : t.verdicts[one.verdict]}
          {one.warnings.length > 0 && " *"}
        </span>
      </td>
      <td data-num>{mean(one.baseline_value)}</td>
      <td data-num>{mean(one.candidate_value)}</td>
      <td data-num>
        <strong>{signed(difference, one.kind)}</strong>
      </td>
      <td title={one.interval?.method}>
        {typeof difference === "number" && typeof low === "number" && typeof high === "number" && (
          <>
            <IntervalBar
              from={-widest}
              to={widest}
              value={difference}
              low={low}
              high={high}
              tone={tone}
              zero
            />
            <span className={classes.under}>
              {signed(low, one.kind)} … {signed(high, one.kind)}
            </span>
          </>
        )}
      </td>
      <td>
        <Outcome one={one} />
        <span className={classes.under}>
          {`${exactNumber(one.wins)} · ${exactNumber(one.ties)} · ${exactNumber(one.losses)}`}
        </span>
      </td>
      <td data-num title={typeof p === "number" ? `${p} (${one.test ?? ""})` : undefined}>
        {typeof p !== "number" ? MISSING : p < 0.001 ? "< 0.001" : short(p)}
      </td>
      <td data-num>
        <Count value={one.n} />
      </td>
    </>
  );
}

function Outcome({ one }: { one: ScorerComparison }) {
  const all = Math.max(1, one.wins + one.ties + one.losses);
  const label = t.outcomeOf(exactNumber(one.wins), exactNumber(one.ties), exactNumber(one.losses));
  return (
    <span className={classes.outcome} role="img" aria-label={label} title={label}>
      <span data-part="won" style={{ width: `${(one.wins / all) * 100}%` }} />
      <span data-part="lost" style={{ width: `${(one.losses / all) * 100}%` }} />
    </span>
  );
}

/** The farthest that a difference or its interval reaches from none: what the pictures of a scorer have in common. */
function widestOf(comparison: Comparison, scorer: string): number {
  const ends = comparison.candidates
    .flatMap((run) => run.scorers.filter((one) => one.scorer === scorer))
    .flatMap((one) => [finite(one.difference), finite(one.interval?.low), finite(one.interval?.high)]);
  return Math.max(1e-9, ...ends.map((end) => Math.abs(end ?? 0)));
}

function notesOf(run: RunComparison): string[] {
  const { pairing } = run;
  const found = [t.paired(exactNumber(pairing.paired))];
  if (pairing.only_baseline + pairing.only_candidate > 0)
    found.push(t.unpaired(exactNumber(pairing.only_baseline), exactNumber(pairing.only_candidate)));
  if (pairing.changed > 0) found.push(t.changed(exactNumber(pairing.changed)));
  if (run.not_compared.length > 0) found.push(t.notCompared(run.not_compared.join(", ")));
  for (const one of run.scorers) {
    if (one.verdict === "inconclusive" && one.rows_needed !== null && one.rows_needed > 0)
      found.push(`${one.scorer}: ${t.needed(exactNumber(one.rows_needed))}`);
    for (const warning of one.warnings) found.push(`${one.scorer}: ${warning}`);
  }
  found.push(...amountNotes(run));
  return found;
}

const LEADS = ["worse", "better", "different"] as const;

/** The comparison that an address chooses, by its scorer alone or with the candidate; without a choice the first that
 * got worse, else better, else differs, else the first. */
export function chosenComparison(
  comparison: Comparison,
  scorer: string | undefined,
  candidate: string | undefined,
): { run: RunComparison; scorer: ScorerComparison } | undefined {
  const all = comparison.candidates.flatMap((run) => run.scorers.map((one) => ({ run, scorer: one })));
  return (
    all.find((each) => each.scorer.scorer === scorer && each.run.candidate === candidate) ??
    (candidate === undefined ? all.find((each) => each.scorer.scorer === scorer) : undefined) ??
    LEADS.map((verdict) => all.find((each) => each.scorer.verdict === verdict)).find((each) => each) ??
    all[0]
  );
}
