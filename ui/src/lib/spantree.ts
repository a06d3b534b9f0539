/** A trace's spans as a tree: order, depth, sums below each span, and the critical path. Linear in the spans. */

import type { SpanSkeleton, TokenUsage } from "@/api/schema";
import { finite } from "./format";

export interface SpanNode {
  span: SpanSkeleton;
  index: number;
  depth: number;
  parent: number;
  children: number[];
  /** The index after the last span below this one: [index, end) is the subtree in row order. */
  end: number;
  /** Milliseconds from the start of the trace; `endMs` null while the span has not ended. */
  startMs: number;
  endMs: number | null;
  /** Its parent was named but is not in the trace. */
  orphan: boolean;
  /** Errors in the subtree, this span included. */
  errors: number;
  /** Of the subtree: the greater of what a span reports and what is below it, as the server sums traces. */
  tokens: number | null;
  costUsd: number | null;
  /** Duration that no child accounts for. */
  selfMs: number | null;
}

export interface SpanTree {
  /** In display order: depth first, children by start. */
  nodes: SpanNode[];
  byId: Map<string, SpanNode>;
  startNs: bigint;
  /** Length of the timeline in ms, at least a tiny positive number. */
  lengthMs: number;
}

const MS = 1e6;

export function buildTree(spans: readonly SpanSkeleton[]): SpanTree {
  const startNs = spans.reduce<bigint>(
    (least, span) => (BigInt(span.start_ns) < least ? BigInt(span.start_ns) : least),
    spans[0] === undefined ? 0n : BigInt(spans[0].start_ns),
  );
  const relative = (ns: string) => Number(BigInt(ns) - startNs) / MS;
  const times = spans.map((span) => relative(span.start_ns));
  const order = depthFirst(spans, times);
  const nodes: SpanNode[] = order.map(({ from, depth, parent, orphan }, index) => {
    const span = spans[from] as SpanSkeleton;
    return {
      span,
      index,
      depth,
      parent,
      orphan,
      children: [],
      end: index + 1,
      startMs: times[from] as number,
      endMs: span.end_ns === null ? null : relative(span.end_ns),
      errors: span.status === "ERROR" ? 1 : 0,
      tokens: null,
      costUsd: null,
      selfMs: null,
    };
  });
  for (const node of nodes) if (node.parent >= 0) nodes[node.parent]?.children.push(node.index);
  sumUp(nodes);
  const lengthMs = nodes.reduce((most, node) => Math.max(most, node.endMs ?? node.startMs), 0);
  const byId = new Map(nodes.map((node) => [node.span.span_id, node]));
  return { nodes, byId, startNs, lengthMs: Math.max(lengthMs, 0.001) };
}

interface Placed {
  from: number;
  depth: number;
  parent: number;
  orphan: boolean;
}

function depthFirst(spans: readonly SpanSkeleton[], times: readonly number[]): Placed[] {
  const byId = new Map(spans.map((span, index) => [span.span_id, index]));
  const below = new Map<number, number[]>();
  const roots: number[] = [];
  spans.forEach((span, index) => {
    const parent = span.parent_id === null ? undefined : byId.get(span.parent_id);
    if (parent === undefined || parent === index) roots.push(index);
    else {
      const children = below.get(parent);
      if (children === undefined) below.set(parent, [index]);
      else children.push(index);
    }
  });
  const byStart = (a: number, b: number) => (times[a] as number) - (times[b] as number) || a - b;
  const placed: Placed[] = [];
  const seen = new Uint8Array(spans.length);
  const walk = (root: number) => {
    const stack: Placed[] = [{ from: root, depth: 0, parent: -1, orphan: spans[root]?.parent_id !== null }];
    while (stack.length > 0) {
      const next = stack.pop() as Placed;
      if (seen[next.from] === 1) continue;
      seen[next.from] = 1;
      const at = placed.length;
      placed.push(next);
      const children = (below.get(next.from) ?? []).sort(byStart);
      for (let i = children.length - 1; i >= 0; i -= 1)
        stack.push({ from: children[i] as number, depth: next.depth + 1, parent: at, orphan: false });
    }
  };
  for (const root of roots.sort(byStart)) walk(root);
  // What is left hangs in circles of parents, which only a broken program sends: each is cut at its first span.
  for (let index = 0; index < spans.length; index += 1) if (seen[index] === 0) walk(index);
  return placed;
}

function sumUp(nodes: SpanNode[]): void {
  for (let at = nodes.length - 1; at >= 0; at -= 1) {
    const node = nodes[at] as SpanNode;
    let tokens: number | null = null;
    let cost: number | null = null;
    for (const child of node.children) {
      const below = nodes[child] as SpanNode;
      node.errors += below.errors;
      node.end = Math.max(node.end, below.end);
      if (below.tokens !== null) tokens = (tokens ?? 0) + below.tokens;
      if (below.costUsd !== null) cost = (cost ?? 0) + below.costUsd;
    }
    node.tokens = greater(node.span.tokens === null ? null : totalOf(node.span.tokens), tokens);
    node.costUsd = greater(finite(node.span.cost_usd), cost);
    node.selfMs = node.endMs === null ? null : uncovered(node, nodes);
  }
}

function totalOf(usage: TokenUsage): number {
  return usage.total;
}

function greater(own: number | null, below: number | null): number | null {
  if (own === null || below === null) return own ?? below;
  return Math.max(own, below);
}

/** The length of a span's time in which none of its children runs. */
function uncovered(node: SpanNode, nodes: readonly SpanNode[]): number {
  const end = node.endMs as number;
  let at = node.startMs;
  let free = 0;
  for (const index of node.children) {
    const child = nodes[index] as SpanNode;
    const from = Math.min(Math.max(child.startMs, at), end);
    free += from - at;
    at = Math.max(at, from, Math.min(child.endMs ?? end, end));
  }
  return Math.max(0, free + end - at);
}

/** The spans that the trace's length depends on: going back from each span's end, the child that ended last before.
 *
 * Shortening any other span does not make the trace shorter.
 */
export function criticalPath(tree: SpanTree): Set<number> {
  const found = new Set<number>();
  const roots = tree.nodes.filter((node) => node.parent < 0);
  let last = roots[0];
  for (const root of roots) if ((root.endMs ?? 0) > (last?.endMs ?? 0)) last = root;
  const stack = last === undefined ? [] : [{ node: last, until: last.endMs ?? tree.lengthMs }];
  while (stack.length > 0) {
    const { node, until } = stack.pop() as { node: SpanNode; until: number };
    found.add(node.index);
    let at = until;
    const children = node.children
      .map((index) => tree.nodes[index] as SpanNode)
      .map((child) => ({ child, end: Math.min(child.endMs ?? tree.lengthMs, until) }))
      .sort((a, b) => b.end - a.end || b.child.startMs - a.child.startMs);
    for (const { child, end } of children) {
      if (end > at || child.startMs >= at) continue;
      stack.push({ node: child, until: end });
      at = child.startMs;
    }
  }
  return found;
}

/** The rows to show: subtrees of collapsed spans are left out. */
export function visibleRows(tree: SpanTree, collapsed: ReadonlySet<string>): SpanNode[] {
  const rows: SpanNode[] = [];
  let at = 0;
  while (at < tree.nodes.length) {
    const node = tree.nodes[at] as SpanNode;
    rows.push(node);
    at = collapsed.has(node.span.span_id) ? node.end : at + 1;
  }
  return rows;
}
