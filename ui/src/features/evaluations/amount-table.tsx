import type { AmountComparison, Comparison, RunComparison } from "@/api/schema";
import { Count } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { duration, finite, MISSING, percent, shortNumber, usd } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./evaluations.module.css";

const t = text.comparison;
/** From this ratio on it is told as how many times as much it is; below it in per cent. */
const TIMES = 2;

/** What a row costs and takes of each candidate against the baseline; nothing where neither is known. */
export function AmountTable({
  comparison,
  nameOf,
}: {
  comparison: Comparison;
  nameOf: (id: string) => string;
}) {
  const rows = comparison.candidates.flatMap((run) => run.amounts.map((one) => ({ run, one })));
  if (rows.length === 0) return null;
  return (
    <div className={classes.amounts}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className={table.wrap} tabIndex={0} role="region" aria-label={t.amounts.title}>
        <table className={table.table} aria-label={t.amounts.title}>
          <thead>
            <tr>
              <th>{t.amounts.perRow}</th>
              <th>{t.candidate}</th>
              <th data-num>{t.before}</th>
              <th data-num>{t.after}</th>
              <th data-num>{t.difference}</th>
              <th>{t.interval}</th>
              <th data-num title={t.pHint}>
                {t.p}
              </th>
              <th data-num>{t.n}</th>
              <th data-num>{t.amounts.inAll}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ run, one }) => (
              <tr key={`${one.amount} ${run.candidate}`}>
                <td>{t.amounts.names[one.amount]}</td>
                <td>
                  <SafeText text={nameOf(run.candidate)} />
                </td>
                <Cells one={one} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Cells({ one }: { one: AmountComparison }) {
  const { amount } = one;
  const [low, high, p, difference] = [
    one.interval?.low,
    one.interval?.high,
    one.p_adjusted ?? one.p,
    one.difference,
  ].map(finite);
  return (
    <>
      <td data-num>{shown(amount, one.baseline_value)}</td>
      <td data-num>{shown(amount, one.candidate_value)}</td>
      <td data-num title={one.warnings.join("\n") || undefined}>
        <strong>{typeof difference === "number" ? signed(amount, difference) : MISSING}</strong>
        <span className={classes.under}>{ratioOf(one)}</span>
      </td>
      <td title={one.interval?.method}>
        {typeof low === "number" &&
          typeof high === "number" &&
          `${signed(amount, low)} … ${signed(amount, high)}`}
      </td>
      <td data-num>{typeof p !== "number" ? MISSING : p < 0.001 ? "< 0.001" : short(p)}</td>
      <td data-num>
        <Count value={one.n} />
      </td>
      <td data-num>{`${shown(amount, one.baseline_total)} → ${shown(amount, one.candidate_total)}`}</td>
    </>
  );
}

function ratioOf({ ratio, change }: AmountComparison): string {
  const times = finite(ratio);
  if (times === null) return "";
  const said = times >= TIMES ? t.amounts.times(short(times)) : signedPercent(times - 1);
  return change === "more" || change === "less" ? said : `(${said})`;
}

function signedPercent(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;
}

function shown(amount: AmountComparison["amount"], value: number | string | null): string {
  const number = finite(value);
  if (number === null) return MISSING;
  return amount === "cost_usd"
    ? usd(number)
    : amount === "duration_ms"
      ? duration(number)
      : shortNumber(number);
}

function signed(amount: AmountComparison["amount"], value: number): string {
  return `${value < 0 ? "−" : "+"}${shown(amount, Math.abs(value))}`;
}

/** What a candidate takes more or less of, beyond chance, in sentences. */
export function amountSentences({ amounts }: RunComparison): string[] {
  return amounts.flatMap(({ amount, change, ratio }) => {
    const times = finite(ratio);
    if ((change !== "more" && change !== "less") || times === null) return [];
    return times >= TIMES
      ? [t.amounts.takesTimes(short(times), t.amounts.nouns[amount])]
      : [t.amounts.takes(percent(Math.abs(times - 1)), change, t.amounts.nouns[amount])];
  });
}

/** What must be known of the amounts of a candidate before they are believed. */
export function amountNotes({ amounts }: RunComparison): string[] {
  return amounts.flatMap(({ amount, warnings }) =>
    warnings.map((warning) => `${t.amounts.nouns[amount]}: ${warning}`),
  );
}
