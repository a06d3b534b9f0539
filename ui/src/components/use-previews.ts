import { useQueries } from "@tanstack/react-query";
import { previewsQuery } from "@/api/evaluation-queries";
import type { Trace } from "@/api/schema";
import { useSight } from "./use-sight";

/** What went into the traces of the rows in sight, and what came out: by trace id, as it comes. */
export function usePreviews(
  experiment: string,
  traceIds: readonly (string | null)[],
): { previewOf: (id: string | null) => Trace | undefined; onSight: (first: number, last: number) => void } {
  const { blocks, onSight } = useSight(traceIds);
  const asked = blocks.map((block) => block.filter((id) => id !== null)).filter((ids) => ids.length > 0);
  const found = useQueries({ queries: asked.map((ids) => previewsQuery(experiment, ids)) });
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
