import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { aggregateQuery } from "@/api/queries";
import type { AggregatePoint, Model } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { quote } from "@/lib/filtertext";
import { finite } from "@/lib/format";
import { joinClauses } from "@/lib/timerange";

/** What the filter of one question may be long; the ids of MLflow's versions are up to 250 characters each. */
const MOST_CHARS = 15_000;

export interface ModelFigures {
  traces: number;
  errorRate: number | null;
  costUsd: number | null;
}

/** What the traces of listed versions come to within the page's time range: one question for all of them. A version is
 * left out while that is not known, and where the list is too long to ask about. */
export function useModelFigures(experimentId: string, models: readonly Model[]): Map<string, ModelFigures> {
  const { clause } = useTimeRange();
  const ids = useMemo(() => asked(models.map(({ model_id }) => model_id)), [models]);
  const found = useQuery({
    ...aggregateQuery({
      experiments: [experimentId],
      filter: joinClauses(`model IN (${ids.map(quote).join(", ")})`, clause),
      group_by: "model",
      measures: ["count", "error_rate", "cost_usd"],
    }),
    enabled: ids.length > 0,
  });
  // What was asked of another range or of fewer versions says nothing of these.
  const points = found.isPlaceholderData ? undefined : found.data?.points;
  return useMemo(() => (points === undefined ? new Map() : figuresOf(ids, points)), [ids, points]);
}

/** As many of the ids, from the first, as one filter holds. */
export function asked(ids: readonly string[]): string[] {
  let chars = 0;
  const fit = ids.findIndex((id) => {
    chars += quote(id).length + 2;
    return chars > MOST_CHARS;
  });
  return ids.slice(0, fit < 0 ? undefined : fit);
}

/** The figures of each version that was asked about; one without traces has none of them. */
export function figuresOf(
  ids: readonly string[],
  points: readonly AggregatePoint[],
): Map<string, ModelFigures> {
  const found = new Map(
    ids.map((id): [string, ModelFigures] => [id, { traces: 0, errorRate: null, costUsd: null }]),
  );
  for (const { group, values } of points)
    if (group !== null && found.has(group))
      found.set(group, {
        traces: finite(values.count) ?? 0,
        errorRate: finite(values.error_rate),
        costUsd: finite(values.cost_usd),
      });
  return found;
}

/** The names that several of the listed versions have. */
export function sharedNames(models: readonly Model[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { name } of models) {
    if (name !== "" && seen.has(name)) shared.add(name);
    seen.add(name);
  }
  return shared;
}
