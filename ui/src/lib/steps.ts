/** The steps of a trace as they are compared with those of another: what was done, and what came of it. */

import type { Span, TraceDetail } from "@/api/schema";
import type { Aligned } from "./align";
import { failuresOf } from "./failures";
import { jsonText } from "./jsonnumbers";
import { buildTree, type SpanNode } from "./spantree";

const CALLS = new Set(["TOOL", "LLM", "CHAT_MODEL", "RETRIEVER", "RERANKER", "EMBEDDING", "GUARDRAIL"]);

export interface Step {
  node: SpanNode;
  /** What makes a step the same as another: its kind and name, and what a tool was called with. */
  key: string;
  /** What came of it, without ids that differ each time; null where it was not asked for. */
  output: string | null;
}

export type StepVerdict = "equal" | "output" | "changed" | "onlyLeft" | "onlyRight";

/** The spans that are steps, in order of their start: calls of models and tools, or all. */
export function stepNodes(detail: TraceDetail, all: boolean): SpanNode[] {
  return buildTree(detail.spans)
    .nodes.filter(({ span }) => all || CALLS.has(span.kind))
    .sort((a, b) => a.startMs - b.startMs || a.index - b.index);
}

/** The spans whose content a comparison needs: every tool's, and the first `most` steps'. */
export function neededIds(nodes: readonly SpanNode[], most: number): string[] {
  return nodes.filter((node, at) => at < most || node.span.kind === "TOOL").map((node) => node.span.span_id);
}

export function stepsOf(nodes: readonly SpanNode[], contents: readonly Span[]): Step[] {
  const found = new Map(contents.map((span) => [span.span_id, span]));
  return nodes.map((node) => {
    const { kind, name, status, span_id } = node.span;
    const content = found.get(span_id);
    const view = content?.view;
    const given = kind === "TOOL" ? jsonText(view?.tool_call?.arguments ?? view?.inputs ?? null) : "";
    const output = content === undefined ? null : jsonText(outcome(content));
    return { node, key: `${kind} ${name} ${status === "ERROR"} ${given}`, output };
  });
}

function outcome(span: Span): unknown {
  const failures = failuresOf(span).map(({ type, message }) => [type, message]);
  const said = spoken(span.view);
  return failures.length === 0 ? said : [said, failures];
}

function spoken(view: Span["view"]): unknown {
  if (view.output_messages.length === 0) return view.outputs ?? null;
  return view.output_messages.map(({ content, tool_calls }) => [
    content,
    tool_calls.map((call) => [call.name, call.arguments]),
  ]);
}

/** How a step of one trace stands to that of the other. */
export function verdictOf({ left, right }: Aligned<Step>): StepVerdict {
  if (left === null) return "onlyRight";
  if (right === null) return "onlyLeft";
  if (left.key !== right.key) return "changed";
  const known = left.output !== null && right.output !== null;
  return known && left.output !== right.output ? "output" : "equal";
}
