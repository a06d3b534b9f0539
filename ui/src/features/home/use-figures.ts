import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { aggregateQuery, someTracesQuery } from "@/api/queries";
import type { Aggregate, AggregateBody } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { finite, nsToMs } from "@/lib/format";
import { bucketEdges, bucketMs, type TimeRange } from "@/lib/timerange";
import { useShown } from "./use-shown";

const MEASURES: AggregateBody["measures"] = [
  "count",
  "error_rate",
  "duration_p50",
  "duration_p95",
  "duration_p99",
  "tokens_input",
  "tokens_output",
  "cost_usd",
];
const LEAST_BUCKETS = 12;
export type Figure = (typeof MEASURES)[number];

export interface Figures {
  totals: Partial<Record<Figure, number | null>>;
  times: readonly number[];
  bucketMs: number;
  /** The values of a measure in each bucket; null where there is none. */
  over: (measure: Figure) => readonly (number | null)[];
  complete: boolean;
}

export interface FiguresState {
  figures: Figures | undefined;
  /** There is no trace in the time range. */
  empty: boolean;
  /** The start of the newest trace of all time, when there is one. */
  newestMs: number | null;
  known: boolean;
  error: Error | null;
  retry: () => void;
}

/** What an experiment's traces come to within the time range: totals, and over time. */
export function useFigures(experimentId: string): FiguresState {
  const { range, zone, asOf } = useTimeRange();
  const { clause, filter } = useShown();
  const all = { experiment: experimentId, filter };
  const newest = useQuery(someTracesQuery(all, 1));
  const oldest = useQuery(someTracesQuery({ ...all, order: "start asc" }, 1));
  const newestMs = startOf(newest.data?.items[0]?.start_ns);
  const oldestMs = startOf(oldest.data?.items[0]?.start_ns);
  const known = newest.data !== undefined && oldest.data !== undefined;
  const { fromMs, toMs, width } = stretchShown(range, asOf, oldestMs ?? 0, newestMs ?? 0);
  const edges = useMemo(() => bucketEdges(fromMs, toMs, width, zone), [fromMs, toMs, width, zone]);
  const shared = { experiments: [experimentId], filter: clause };
  const totals = useQuery(aggregateQuery({ ...shared, measures: MEASURES }));
  const buckets = useQuery({
    ...aggregateQuery({ ...shared, measures: MEASURES, edges_ms: edges }),
    enabled: known && newestMs !== null,
  });
  const figures = useMemo(
    () =>
      totals.data === undefined || buckets.data === undefined
        ? undefined
        : figuresOf(totals.data, buckets.data, edges, width),
    [totals.data, buckets.data, edges, width],
  );
  return {
    figures,
    empty: totals.data !== undefined && totals.data.points.length === 0,
    newestMs,
    known,
    error: totals.error ?? buckets.error ?? newest.error,
    retry: () => {
      void totals.refetch();
      void buckets.refetch();
    },
  };
}

/** From when to when is shown, in buckets of what width: of all time so much that what came in a moment has a place. */
export function stretchShown(
  range: Pick<TimeRange, "fromMs" | "toMs">,
  asOf: number,
  oldestMs: number,
  newestMs: number,
): { fromMs: number; toMs: number; width: number } {
  const startMs = range.fromMs ?? oldestMs;
  const toMs = range.toMs ?? Math.max(range.fromMs === null ? newestMs + 1 : asOf, startMs + 1);
  const width = bucketMs(startMs, toMs);
  return { fromMs: range.fromMs ?? Math.min(startMs, toMs - LEAST_BUCKETS * width), toMs, width };
}

function startOf(ns: string | undefined): number | null {
  return ns === undefined ? null : nsToMs(ns);
}

/** Buckets without traces are there too: no traffic is a value, no latency is a gap. */
export function figuresOf(
  totals: Aggregate,
  buckets: Aggregate,
  edges: readonly number[],
  width: number,
): Figures {
  const times = edges.slice(0, -1);
  const cells = new Map(buckets.points.map((point) => [point.bucket_ms, point.values]));
  const sums = new Set<Figure>(["count", "tokens_input", "tokens_output"]);
  const total = totals.points[0]?.values ?? {};
  return {
    totals: Object.fromEntries(MEASURES.map((measure) => [measure, finite(total[measure])])),
    times,
    bucketMs: width,
    over: (measure) =>
      times.map((at) => {
        const values = cells.get(at);
        return values === undefined ? (sums.has(measure) ? 0 : null) : finite(values[measure]);
      }),
    complete: totals.complete && buckets.complete,
  };
}
