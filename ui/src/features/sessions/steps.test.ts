import { expect, test } from "vitest";
import type { SpanSkeleton } from "@/api/schema";
import { failedSpans, stepsOf } from "./steps";

function span(span_id: string, start_ns: string, rest: Partial<SpanSkeleton>): SpanSkeleton {
  return {
    span_id,
    parent_id: "root",
    name: span_id,
    kind: "UNKNOWN",
    status: "OK",
    start_ns,
    end_ns: null,
    model: null,
    tokens: null,
    cost_usd: null,
    size_bytes: 0,
    ...rest,
  };
}

test("tool calls and failures of a turn are listed as they began", () => {
  const spans = [
    span("root", "1700000000000000001", { parent_id: null, status: "ERROR", kind: "AGENT" }),
    span("late", "1700000000000000009", { kind: "TOOL" }),
    span("model", "1700000000000000005", { kind: "LLM", status: "ERROR" }),
    span("chain", "1700000000000000003", { kind: "CHAIN" }),
    span("early", "1700000000000000002", { kind: "TOOL", status: "ERROR" }),
  ];
  expect(stepsOf(spans).map((each) => each.span_id)).toEqual(["early", "model", "late"]);
  expect(stepsOf([])).toEqual([]);
});

test("failed spans of turns add up", () => {
  expect(failedSpans([{ error_count: 2 }, { error_count: 0 }, { error_count: 1 }])).toBe(3);
});
