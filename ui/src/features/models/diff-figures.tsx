import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { aggregateQuery } from "@/api/queries";
import type { AggregateBody, AggregatePoint } from "@/api/schema";
import { Count, Duration, Share, Usd } from "@/components/figures";
import { problemText } from "@/components/problem-text";
import { quote } from "@/lib/filtertext";
import { finite } from "@/lib/format";
import { text } from "@/strings";

const t = text.models.figures;

interface FigureRow {
  measure: AggregateBody["measures"][number];
  label: string;
  show: (value: number | null) => ReactNode;
}

const FIGURES: readonly FigureRow[] = [
  { measure: "count", label: t.count, show: (value) => <Count value={value ?? 0} /> },
  { measure: "error_rate", label: t.errorRate, show: (value) => <Share value={value} /> },
  { measure: "duration_p50", label: t.p50, show: (value) => <Duration ms={value} /> },
  { measure: "duration_p95", label: t.p95, show: (value) => <Duration ms={value} /> },
  // A sum is 0 where no trace says how many it used.
  { measure: "tokens_total", label: t.tokens, show: (value) => <Count value={value === 0 ? null : value} /> },
  { measure: "cost_usd", label: t.cost, show: (value) => <Usd value={value} /> },
];

interface FigureRowsProps {
  /** Where their traces are; null while it is not known. */
  experimentId: string | null;
  left: string;
  right: string;
}

/** What all traces of two versions come to, side by side. */
export function FigureRows({ experimentId, left, right }: FigureRowsProps) {
  const found = useQuery({
    ...aggregateQuery({
      experiments: [experimentId ?? ""],
      filter: `model IN (${quote(left)}, ${quote(right)})`,
      group_by: "model",
      measures: FIGURES.map(({ measure }) => measure),
    }),
    enabled: experimentId !== null,
  });
  if (found.isError)
    return (
      <tr>
        <td colSpan={2} className="dim">
          {t.count}
        </td>
        <td colSpan={2}>{problemText(found.error)}</td>
      </tr>
    );
  if (found.data === undefined) return null;
  const points = found.data.points;
  return FIGURES.map(({ measure, label, show }) => (
    <tr key={measure}>
      <td colSpan={2} className="dim">
        {label}
      </td>
      {[left, right].map((id) => (
        <td key={id} data-num>
          {show(measured(points, id, measure))}
        </td>
      ))}
    </tr>
  ));
}

function measured(points: readonly AggregatePoint[], id: string, measure: string): number | null {
  return finite(points.find(({ group }) => group === id)?.values[measure]);
}
