import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { call } from "@/api/client";
import type { Trace } from "@/api/schema";
import { quote } from "@/lib/filtertext";
import { joinClauses } from "@/lib/timerange";

const EVERY_MS = 2_000;
const MOST = 500;

/** The traces that arrived since `on` became true and match, newest arrival first; running ones are kept up to date. */
export function useLive(
  experiment: string,
  filter: string,
  on: boolean,
): { traces: readonly Trace[]; error: Error | null } {
  const since = useMemo(
    () => ({ key: `${experiment} ${filter} ${on}`, ms: Date.now() }),
    [experiment, filter, on],
  );
  const seen = useRef(new Map<string, Trace>());
  const seenOf = useRef("");
  const live = useQuery({
    queryKey: ["live", experiment, filter, since.ms],
    enabled: on,
    refetchInterval: EVERY_MS,
    staleTime: 0,
    gcTime: 0,
    retry: false,
    queryFn: async ({ signal }) => {
      if (seenOf.current !== since.key) {
        seen.current = new Map();
        seenOf.current = since.key;
      }
      const known = seen.current;
      const newest = [...known.values()].reduce((most, trace) => Math.max(most, trace.received_ms), since.ms);
      const params = { experiment: [experiment], limit: 200 };
      const arrived = joinClauses(filter, `received >= ${newest}`);
      const page = await call(
        "search_traces",
        { ...params, filter: arrived, order: "received asc" },
        { signal },
      );
      const running = [...known.values()].filter((trace) => trace.state === "IN_PROGRESS").slice(0, 100);
      const ids = running.map((trace) => quote(trace.trace_id)).join(", ");
      const again =
        running.length === 0
          ? []
          : (await call("search_traces", { ...params, filter: `id IN (${ids})` }, { signal })).items;
      for (const trace of [...again, ...page.items]) known.set(trace.trace_id, trace);
      const kept = [...known.values()].sort((a, b) => b.received_ms - a.received_ms).slice(0, MOST);
      seen.current = new Map(kept.map((trace) => [trace.trace_id, trace]));
      return kept;
    },
  });
  return { traces: on ? (live.data ?? []) : [], error: live.error };
}
