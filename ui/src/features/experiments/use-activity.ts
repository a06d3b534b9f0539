import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { aggregateQuery } from "@/api/queries";
import type { Aggregate } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { finite } from "@/lib/format";
import { bucketMs } from "@/lib/timerange";

export interface Activity {
  count: number;
  errorRate: number | null;
  p95Ms: number | null;
  costUsd: number | null;
  bars: { count: number; errors: number }[];
}

const BARS = 40;
const ALL_BUCKET_MS = 86_400_000;

/** What happened in each experiment within the time range, in two requests for all of them. */
export function useActivity(): Map<string, Activity> {
  const { range, clause } = useTimeRange();
  const totals = useQuery(
    aggregateQuery({
      measures: ["count", "error_rate", "duration_p95", "cost_usd"],
      filter: clause,
      group_by: "experiment",
    }),
  );
  const bucket =
    range.fromMs === null ? ALL_BUCKET_MS : bucketMs(range.fromMs, range.toMs ?? Date.now(), BARS);
  const buckets = useQuery(
    aggregateQuery({
      measures: ["count", "error_rate"],
      filter: clause,
      group_by: "experiment",
      bucket_ms: bucket,
      max_points: 100_000,
    }),
  );
  return useMemo(
    () => activityOf(totals.data, buckets.data, bucket, range.fromMs, range.toMs),
    [totals.data, buckets.data, bucket, range],
  );
}

/** Of all time each experiment shows its own span of it; of a range all show the same one. */
export function activityOf(
  totals: Aggregate | undefined,
  buckets: Aggregate | undefined,
  bucket: number,
  fromMs: number | null,
  toMs: number | null,
): Map<string, Activity> {
  const found = new Map<string, Activity>();
  for (const { group, values } of totals?.points ?? []) {
    if (group === null) continue;
    found.set(group, {
      count: finite(values.count) ?? 0,
      errorRate: finite(values.error_rate),
      p95Ms: finite(values.duration_p95),
      costUsd: finite(values.cost_usd),
      bars: [],
    });
  }
  const points = buckets?.points ?? [];
  for (const [id, activity] of found) {
    const own = points.filter((point) => point.group === id && point.bucket_ms !== null);
    const starts = own.map((point) => point.bucket_ms as number);
    const last = fromMs === null ? Math.max(...starts) : (toMs ?? Date.now());
    // The newest stands at the right also where there are fewer buckets than bars.
    const first = fromMs ?? Math.min(...starts, last - (BARS - 1) * bucket);
    const step = Math.max(bucket, (last + 1 - first) / BARS);
    if (starts.length === 0) continue;
    activity.bars = Array.from({ length: BARS }, () => ({ count: 0, errors: 0 }));
    for (const point of own) {
      const at = Math.min(BARS - 1, Math.max(0, Math.floor(((point.bucket_ms as number) - first) / step)));
      const bar = activity.bars[at] as { count: number; errors: number };
      const count = finite(point.values.count) ?? 0;
      bar.count += count;
      bar.errors += Math.round((finite(point.values.error_rate) ?? 0) * count);
    }
  }
  return found;
}
