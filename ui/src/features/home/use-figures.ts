import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { aggregateQuery, someTracesQuery } from "@/api/queries";
import type { Aggregate, AggregateBody } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { finite, nsToMs } from "@/lib/format";
import { bucketMs, zoneOffsetMs } from "@/lib/timerange";

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
  const { range, clause, zone } = useTimeRange();
  const all = { experiment: experimentId, filter: "" };
  const newest = useQuery(someTracesQuery(all, 1));
  const oldest = useQuery(someTracesQuery({ ...all, order: "start asc" }, 1));
  const newestMs = startOf(newest.data?.items[0]?.start_ns);
  const oldestMs = startOf(oldest.data?.items[0]?.start_ns);
  const known = newest.data !== undefined && oldest.data !== undefined;
  const now = newestMs ?? 0;
  const fromMs = range.fromMs ?? oldestMs ?? 0;
  const toMs = range.toMs ?? Math.max(range.fromMs === null ? now + 1 : Date.now(), fromMs + 1);
  const width = bucketMs(fromMs, toMs);
  // Buckets begin where the zone's days do. Across a change of the clocks those of days keep the offset of the end.
  const offset = ((-zoneOffsetMs(toMs, zone) % width) + width) % width;
  const shared = { experiments: [experimentId], filter: clause };
  const totals = useQuery(aggregateQuery({ ...shared, measures: MEASURES }));
  const buckets = useQuery({
    ...aggregateQuery({ ...shared, measures: MEASURES, bucket_ms: width, offset_ms: offset }),
    enabled: known,
  });
  const figures = useMemo(
    () =>
      totals.data === undefined || buckets.data === undefined
        ? undefined
        : figuresOf(totals.data, buckets.data, fromMs, toMs, width, offset),
    [totals.data, buckets.data, fromMs, toMs, width, offset],
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

function startOf(ns: string | undefined): number | null {
  return ns === undefined ? null : nsToMs(ns);
}

/** Buckets without traces are there too: no traffic is a value, no latency is a gap. */
export function figuresOf(
  totals: Aggregate,
  buckets: Aggregate,
  fromMs: number,
  toMs: number,
  width: number,
  offset: number,
): Figures {
  const first = Math.floor((fromMs - offset) / width) * width + offset;
  const times: number[] = [];
  for (let at = first; at < toMs; at += width) times.push(at);
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
