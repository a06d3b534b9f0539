/** Which spans of a turn say how it came about. */

import type { SpanSkeleton } from "@/api/schema";

/** So many of a turn are listed; the trace has the others. */
export const MOST_STEPS = 100;

/** The tool calls of a turn and whatever failed below its root, as they began. */
export function stepsOf(spans: readonly SpanSkeleton[]): SpanSkeleton[] {
  const found = spans.filter(
    ({ kind, status, parent_id }) => kind === "TOOL" || (status === "ERROR" && parent_id !== null),
  );
  const startOf = ({ start_ns }: SpanSkeleton) => BigInt(start_ns);
  return found.sort((one, other) => Number(startOf(one) - startOf(other)));
}

/** The failed spans of some turns. */
export function failedSpans(traces: readonly { error_count: number }[]): number {
  return traces.reduce((sum, { error_count }) => sum + error_count, 0);
}
