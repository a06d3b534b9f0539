import { useQueries } from "@tanstack/react-query";
import { expectedOfRecordsQuery, expectedOfTracesQuery } from "@/api/evaluation-queries";
import type { Bindings, EvaluationRow } from "@/api/schema";
import { useSight } from "@/components/use-sight";

/** What good answers have, by name. */
export type Expectations = Readonly<Record<string, unknown>>;

/** What was expected of the rows in sight: by their records where the evaluation is of a dataset, else by what was
 * logged on their traces; undefined while neither is known. */
export function useExpected(
  experiment: string,
  bindings: Bindings,
  rows: readonly EvaluationRow[],
): {
  expectedOf: (row: EvaluationRow) => Expectations | undefined;
  onSight: (first: number, last: number) => void;
} {
  const { blocks, onSight } = useSight(rows);
  const { dataset_id: dataset, dataset_version: version } = bindings;
  const ofRecords = dataset === null ? [] : idsOf(blocks, ({ record_id }) => record_id);
  const ofTraces = idsOf(blocks, (row) => (dataset === null || row.record_id === null ? row.trace_id : null));
  const records = useQueries({
    queries: ofRecords.map((ids) => expectedOfRecordsQuery(dataset ?? "", String(version ?? "latest"), ids)),
  });
  const traces = useQueries({ queries: ofTraces.map((ids) => expectedOfTracesQuery(experiment, ids)) });
  const within = (found: readonly { data?: ReadonlyMap<string, Expectations> }[], id: string | null) =>
    id === null ? undefined : found.find(({ data }) => data?.has(id))?.data?.get(id);
  return { onSight, expectedOf: (row) => within(records, row.record_id) ?? within(traces, row.trace_id) };
}

function idsOf(
  blocks: readonly (readonly EvaluationRow[])[],
  idOf: (row: EvaluationRow) => string | null,
): string[][] {
  const found = blocks.map((block) => [...new Set(block.map(idOf).filter((id) => id !== null))]);
  return found.filter((ids) => ids.length > 0);
}
