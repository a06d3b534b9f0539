import { describe, expect, it } from "vitest";
import type { SpanSkeleton } from "@/api/schema";
import { factsOf, foundSpans, placesOf, wordsOf } from "./spanfind";
import { buildTree } from "./spantree";

function span(
  id: string,
  name: string,
  parent: string | null,
  more: Partial<SpanSkeleton> = {},
): SpanSkeleton {
  return {
    span_id: id,
    parent_id: parent,
    name,
    kind: "CHAIN",
    status: "OK",
    start_ns: "1000",
    end_ns: "2000",
    model: null,
    tokens: null,
    cost_usd: null,
    size_bytes: 0,
    ...more,
  };
}

describe("foundSpans", () => {
  const tree = buildTree([
    span("a1", "Answer", null),
    span("b2", "chat", "a1", { kind: "LLM", model: "gpt-9", start_ns: "1100" }),
    span("c3", "lookup", "a1", { kind: "TOOL", status: "ERROR", start_ns: "1200" }),
  ]);
  const facts = factsOf(tree);
  const found = (search: string, ids: string[] = []) => foundSpans(tree, facts, wordsOf(search), ids);

  it("wants every word, in any case, of what the tree knows", () => {
    expect(found("ANSWER")).toEqual([0]);
    expect(found("llm GPT")).toEqual([1]);
    expect(found("llm lookup")).toEqual([]);
    expect(found("error")).toEqual([2]);
  });

  it("adds what the server found, each once and in the order of the tree", () => {
    expect(found("lookup", ["b2", "c3", "unknown"])).toEqual([1, 2]);
  });

  it("finds nothing without words", () => {
    expect(found("  ", ["b2"])).toEqual([]);
  });
});

describe("placesOf", () => {
  it("gives every place of every word, without overlaps", () => {
    expect(placesOf("Abc abcd", ["abc"])).toEqual([
      [0, 3],
      [4, 7],
    ]);
    expect(placesOf("abcd", ["bc", "abc", "d"])).toEqual([
      [0, 3],
      [3, 4],
    ]);
    expect(placesOf("nothing", ["x"])).toEqual([]);
  });

  it("leaves a text alone whose lower case has another length", () => {
    expect(placesOf("İ abc", ["abc"])).toEqual([]);
  });
});
