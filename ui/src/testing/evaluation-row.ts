import type { EvaluationRow } from "@/api/schema";

/** A row that is done, of the record of the same name, with nothing to it but what is given. */
export function evaluationRow(row_key: string, rest: Partial<EvaluationRow> = {}): EvaluationRow {
  return {
    row_key,
    repetition: 0,
    record_id: row_key,
    content_hash: null,
    cluster: null,
    slices: {},
    state: "DONE",
    trace_id: null,
    error: null,
    duration_ms: null,
    cost_usd: null,
    judged_usd: null,
    tokens_total: null,
    scores: [],
    ...rest,
  };
}
