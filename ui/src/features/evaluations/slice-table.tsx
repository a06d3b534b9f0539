import { NativeSelect } from "@mantine/core";
import type { EvaluationRow, ScorerAggregate } from "@/api/schema";
import { Count } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import table from "@/components/table.module.css";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { intervalOf, meanOf } from "./list-cells";

const t = text.evaluation;

/** The names of the slices that rows belong to. */
export function sliceKeys(rows: readonly EvaluationRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row.slices)))].sort();
}

interface SliceTableProps {
  keys: readonly string[];
  chosen: string | undefined;
  scorers: readonly ScorerAggregate[];
  onChoose: (key: string | undefined) => void;
}

/** What each scorer comes to within the values of a slice. */
export function SliceTable({ keys, chosen, scorers, onChoose }: SliceTableProps) {
  const rows = scorers.flatMap(({ scorer, slices }) =>
    slices.filter((each) => each.key === chosen).map((slice) => ({ scorer, ...slice })),
  );
  return (
    <div className={classes.slices}>
      <NativeSelect
        label={t.slice}
        data={[{ value: "", label: t.noSlice }, ...keys]}
        value={chosen ?? ""}
        onChange={(event) => onChoose(event.currentTarget.value || undefined)}
      />
      {chosen !== undefined && rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <div className={table.wrap} tabIndex={0} role="region" aria-label={t.slice}>
          <table className={table.table} aria-label={t.slice}>
            <thead>
              <tr>
                <th>{t.scorer}</th>
                <th>
                  <SafeText text={chosen} />
                </th>
                <th data-num>{t.mean}</th>
                <th data-num>{t.interval}</th>
                <th data-num>{t.n}</th>
                <th data-num>{t.errors}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ scorer, value, summary }) => (
                <tr key={JSON.stringify([scorer, value])}>
                  <td>
                    <SafeText text={scorer} />
                  </td>
                  <td>{value === null ? <em>{t.withoutSlice}</em> : <SafeText text={value} />}</td>
                  <td data-num>
                    <strong>{meanOf(summary)}</strong>
                  </td>
                  <td data-num>{intervalOf(summary)}</td>
                  <td data-num>
                    <Count value={summary.n} />
                  </td>
                  <td data-num>
                    <Count value={summary.errors} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
