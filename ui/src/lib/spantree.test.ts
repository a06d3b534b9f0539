import { describe, expect, test } from "vitest";
import type { SpanSkeleton } from "@/api/schema";
import { buildTree, criticalPath, visibleRows } from "./spantree";

const START = 1_790_000_000_000_000_000n;

function span(
  id: string,
  parent: string | null,
  from: number,
  to: number | null,
  more: Partial<SpanSkeleton> = {},
): SpanSkeleton {
  const ns = (ms: number) => String(START + BigInt(Math.round(ms * 1e6)));
  return {
    span_id: id,
    parent_id: parent,
    name: id,
    kind: "CHAIN",
    status: "OK",
    start_ns: ns(from),
    end_ns: to === null ? null : ns(to),
    model: null,
    tokens: null,
    cost_usd: null,
    size_bytes: 0,
    ...more,
  };
}

function usage(total: number): SpanSkeleton["tokens"] {
  return {
    input: total,
    output: 0,
    total,
    input_uncached: total,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output_text: 0,
    output_reasoning: 0,
    audio_in: 0,
    audio_out: 0,
    image: 0,
  };
}

const names = (spans: SpanSkeleton[]) =>
  buildTree(spans).nodes.map((node) => `${node.depth} ${node.span.span_id}`);

describe("the order of a tree", () => {
  test("is depth first, children by start, whatever order they came in", () => {
    const spans = [
      span("b", "root", 5, 9),
      span("root", null, 0, 10),
      span("a1", "a", 2, 3),
      span("a", "root", 1, 4),
    ];
    expect(names(spans)).toEqual(["0 root", "1 a", "2 a1", "1 b"]);
  });
  test("has spans of unknown parents as roots, marked", () => {
    const tree = buildTree([span("a", "lost", 0, 1), span("root", null, 1, 2)]);
    expect(tree.nodes.map((node) => node.orphan)).toEqual([true, false]);
  });
  test("has every span once, also of parents in a circle", () => {
    expect(names([span("a", "b", 0, 1), span("b", "a", 1, 2), span("c", "c", 2, 3)]).sort()).toEqual([
      "0 a",
      "0 c",
      "1 b",
    ]);
  });
  test("is that of nothing for nothing", () => expect(buildTree([]).nodes).toEqual([]));
  test("holds for a chain of 30,000", () => {
    const spans = Array.from({ length: 30_000 }, (_, i) =>
      span(`s${i}`, i === 0 ? null : `s${i - 1}`, i, 30_001),
    );
    const tree = buildTree(spans);
    expect(tree.nodes.at(-1)?.depth).toBe(29_999);
    expect(tree.nodes[0]?.end).toBe(30_000);
    expect(criticalPath(tree).size).toBe(30_000);
  });
});

describe("sums", () => {
  test("never count a call twice", () => {
    const spans = [
      span("root", null, 0, 10, { tokens: usage(30) }),
      span("a", "root", 0, 5, { tokens: usage(10), cost_usd: 0.5 }),
      span("b", "root", 5, 10, { tokens: usage(25), cost_usd: 0.25, status: "ERROR" }),
    ];
    const root = buildTree(spans).nodes[0];
    expect([root?.tokens, root?.costUsd, root?.errors]).toEqual([35, 0.75, 1]);
  });
  test("tell the time in which no child runs", () => {
    const spans = [
      span("root", null, 0, 10),
      span("a", "root", 1, 4),
      span("b", "root", 3, 6),
      span("c", "root", 9, 12),
    ];
    expect(buildTree(spans).nodes[0]?.selfMs).toBe(4);
    expect(buildTree([span("open", null, 0, null)]).nodes[0]?.selfMs).toBeNull();
  });
});

test("collapsed spans hide what is below them", () => {
  const tree = buildTree([
    span("root", null, 0, 9),
    span("a", "root", 1, 2),
    span("a1", "a", 1, 2),
    span("b", "root", 3, 4),
  ]);
  const shown = (collapsed: string[]) =>
    visibleRows(tree, new Set(collapsed)).map((node) => node.span.span_id);
  expect(shown([])).toEqual(["root", "a", "a1", "b"]);
  expect(shown(["a"])).toEqual(["root", "a", "b"]);
  expect(shown(["root"])).toEqual(["root"]);
});

test("the critical path goes back from the end, through the child that ended last before", () => {
  const spans = [
    span("root", null, 0, 10),
    span("fast", "root", 0, 3),
    span("slow", "root", 0, 6),
    span("last", "root", 6, 10),
    span("inner", "last", 7, 10),
    span("beside", "root", 6, 9),
  ];
  const tree = buildTree(spans);
  const path = [...criticalPath(tree)].map((index) => tree.nodes[index]?.span.span_id);
  expect(path.sort()).toEqual(["inner", "last", "root", "slow"]);
});
