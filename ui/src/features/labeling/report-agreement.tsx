import type { AgreementReport, Coefficient } from "@/api/schema";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { measureCells, measureHeads } from "./measures";

const t = text.report;

/** Every coefficient with its interval and n; why some may mislead stands above. */
export function Agreement({ agreement, of }: { agreement: AgreementReport; of: string }) {
  const { skew, limits, coefficients, warnings } = agreement;
  const [bias, low, high] = [finite(limits?.bias), finite(limits?.low), finite(limits?.high)];
  const prevalence = finite(skew?.prevalence);
  return (
    <>
      <h3>{t.agreement}</h3>
      <p className={classes.hint}>
        {t.basis(exactNumber(agreement.items), agreement.raters.length, exactNumber(agreement.ratings))}
      </p>
      {warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <SafeText text={warning} />
        </p>
      ))}
      {prevalence !== null && (
        <p className={classes.hint}>{t.skew(short(prevalence), short(finite(skew?.bias) ?? 0))}</p>
      )}
      <Coefficients coefficients={coefficients} label={t.about(t.agreement, of)} />
      {bias !== null && low !== null && high !== null && (
        <p className={classes.hint}>
          {t.limits(short(bias), short(low), short(high), exactNumber(limits?.n ?? 0))}
        </p>
      )}
    </>
  );
}

/** Coefficients, a row each. */
export function Coefficients({
  coefficients,
  label,
}: {
  coefficients: readonly Coefficient[];
  label: string;
}) {
  const notes = coefficients.some(({ note }) => note !== null);
  return (
    <RowsTable
      label={label}
      heads={[{ label: t.coefficient }, ...measureHeads(t.value), ...(notes ? [{ label: t.note }] : [])]}
      rows={coefficients.map((each) => ({
        key: each.name,
        cells: [
          t.coefficients[each.name] ?? each.name,
          ...measureCells({
            value: each.value,
            interval: each.interval,
            n: each.n,
            as: each.name === "percent" ? "share" : "number",
            ends: each.name === "percent" ? [0, 1] : [-1, 1],
          }),
          <SafeText key="note" text={each.note ?? ""} />,
        ],
      }))}
    />
  );
}
