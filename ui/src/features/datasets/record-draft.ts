/** A record while it is written: texts of JSON, and what is sent of them. */

import type { DatasetRecord, RecordBody } from "@/api/schema";
import { jsonText, parseJson } from "@/lib/jsonnumbers";

export const PARTS = ["inputs", "expectations", "outputs"] as const;
export type Part = (typeof PARTS)[number];

export interface RecordDraft extends Record<Part, string> {
  split: string;
  external_id: string;
}

export const NEW_RECORD: RecordDraft = {
  inputs: '{\n  "question": ""\n}',
  expectations: "{}",
  outputs: "",
  split: "",
  external_id: "",
};

/** A record as texts; its numbers as they were written. */
export function draftOf(record: DatasetRecord): RecordDraft {
  return {
    inputs: jsonText(record.inputs, 2),
    expectations: jsonText(record.expectations, 2),
    outputs: record.outputs === null ? "" : jsonText(record.outputs, 2),
    split: record.split ?? "",
    external_id: record.external_id ?? "",
  };
}

/** What of a draft is no JSON, or no object where one is needed: the fault by part. */
export function faultsIn(draft: RecordDraft): Partial<Record<Part, "json" | "object">> {
  const found: Partial<Record<Part, "json" | "object">> = {};
  for (const part of PARTS) {
    const written = draft[part].trim();
    if (part === "outputs" && written === "") continue;
    try {
      const value = parseJson(written);
      if (part !== "outputs" && (typeof value !== "object" || value === null || Array.isArray(value)))
        found[part] = "object";
    } catch {
      found[part] = "json";
    }
  }
  return found;
}

/** What is sent of a draft without faults; tags and source of the record before stay. */
export function recordBody(draft: RecordDraft, before?: DatasetRecord): RecordBody {
  const outputs = draft.outputs.trim();
  return {
    inputs: parseJson(draft.inputs) as RecordBody["inputs"],
    expectations: parseJson(draft.expectations) as RecordBody["expectations"],
    outputs: outputs === "" ? null : (parseJson(outputs) as RecordBody["outputs"]),
    split: draft.split.trim() || null,
    external_id: draft.external_id.trim() || null,
    ...(before === undefined
      ? { source: { kind: "HUMAN" } }
      : { record_id: before.record_id, tags: before.tags, source: before.source }),
  };
}
