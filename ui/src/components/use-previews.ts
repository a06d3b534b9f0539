import { useQueries } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { previewsQuery } from "@/api/evaluation-queries";
import type { Trace } from "@/api/schema";

/** Traces are asked for in blocks of the list, so that scrolling back asks for nothing. */
const BLOCK = 50;

/** What went into the traces of the rows in sight, and what came out: by trace id, as it comes. */
export function usePreviews(
  experiment: string,
  traceIds: readonly (string | null)[],
): { previewOf: (id: string | null) => Trace | undefined; onSight: (first: number, last: number) => void } {
  const [sight, setSight] = useState({ first: 0, last: 0 });
  const onSight = useCallback(
    (first: number, last: number) =>
      setSight((before) => (before.first === first && before.last === last ? before : { first, last })),
    [],
  );
  const blocks: string[][] = [];
  for (let at = Math.floor(sight.first / BLOCK); at <= Math.floor(sight.last / BLOCK); at += 1) {
    const ids = traceIds.slice(at * BLOCK, (at + 1) * BLOCK).filter((id) => id !== null);
    if (ids.length > 0) blocks.push(ids);
  }
  const found = useQueries({ queries: blocks.map((ids) => previewsQuery(experiment, ids)) });
  return {
    onSight,
    previewOf: (id) => {
      if (id === null) return undefined;
      for (const each of found) {
        const trace = each.data?.get(id);
        if (trace !== undefined) return trace;
      }
      return undefined;
    },
  };
}
