import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { foundSpansQuery } from "@/api/queries";
import { factsOf, foundSpans, wordsOf } from "@/lib/spanfind";
import { criticalPath, type SpanNode, type SpanTree, visibleRows } from "@/lib/spantree";

const TYPING_MS = 250;
const MOST_WORDS_LENGTH = 500;
const NONE: readonly string[] = [];

export interface TreeState {
  tree: SpanTree;
  rows: readonly SpanNode[];
  /** Row of each span in sight, by its index in the tree. */
  rowOf: ReadonlyMap<number, number>;
  collapsed: ReadonlySet<string>;
  critical: ReadonlySet<number> | null;
  matches: readonly number[];
  /** The server still looks into the content of spans. */
  looking: boolean;
  /** There may be more matches than those found. */
  partial: boolean;
  words: readonly string[];
  search: string;
  setSearch: (words: string) => void;
  toggle: (node: SpanNode, open?: boolean) => void;
  collapseAll: () => void;
  collapseKind: (kind: string) => void;
  expandAll: () => void;
  /** Opens every span above a span, so that it is in sight. */
  reveal: (node: SpanNode) => void;
  toggleCritical: () => void;
}

/** Which spans of a tree are in sight, found, and on the critical path. */
export function useTreeState(traceId: string, tree: SpanTree): TreeState {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [search, setSearch] = useState("");
  const [showCritical, setShowCritical] = useState(false);
  const rows = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed]);
  const rowOf = useMemo(() => new Map(rows.map((node, row) => [node.index, row])), [rows]);
  const words = useMemo(() => wordsOf(search), [search]);
  const { ids, looking, partial } = useContentMatches(traceId, tree, words);
  const searched = words.length > 0;
  const facts = useMemo(() => (searched ? factsOf(tree) : NONE), [tree, searched]);
  const matches = useMemo(() => foundSpans(tree, facts, words, ids), [tree, facts, words, ids]);
  const critical = useMemo(() => (showCritical ? criticalPath(tree) : null), [tree, showCritical]);

  const edit = useCallback((change: (ids: Set<string>) => void) => {
    setCollapsed((before) => {
      const next = new Set(before);
      change(next);
      return next;
    });
  }, []);
  const toggle = useCallback(
    (node: SpanNode, open?: boolean) =>
      edit((ids) => {
        const id = node.span.span_id;
        if (open ?? ids.has(id)) ids.delete(id);
        else if (node.children.length > 0) ids.add(id);
      }),
    [edit],
  );
  const collapseWhere = useCallback(
    (test: (node: SpanNode) => boolean) =>
      edit((ids) => {
        for (const node of tree.nodes) if (node.children.length > 0 && test(node)) ids.add(node.span.span_id);
      }),
    [edit, tree],
  );
  const reveal = useCallback(
    (node: SpanNode) =>
      edit((ids) => {
        for (let at = node.parent; at >= 0; at = tree.nodes[at]?.parent ?? -1)
          ids.delete(tree.nodes[at]?.span.span_id ?? "");
      }),
    [edit, tree],
  );
  return {
    tree,
    rows,
    rowOf,
    collapsed,
    critical,
    matches,
    looking,
    partial,
    words,
    search,
    setSearch,
    toggle,
    reveal,
    collapseAll: useCallback(() => collapseWhere(() => true), [collapseWhere]),
    collapseKind: useCallback((kind) => collapseWhere((node) => node.span.kind === kind), [collapseWhere]),
    expandAll: useCallback(() => setCollapsed(new Set()), []),
    toggleCritical: useCallback(() => setShowCritical((on) => !on), []),
  };
}

/** The spans that have the words in their content, as the server finds them once typing rests. */
function useContentMatches(traceId: string, tree: SpanTree, words: readonly string[]) {
  const wanted = words.join(" ").slice(0, MOST_WORDS_LENGTH);
  const [rested] = useDebouncedValue(wanted, TYPING_MS);
  const query = useQuery({
    ...foundSpansQuery(traceId, rested, tree.nodes.length),
    enabled: rested !== "" && rested === wanted,
  });
  const current = rested === wanted ? query.data : undefined;
  return {
    ids: current?.span_ids ?? NONE,
    looking: wanted !== "" && current === undefined && !query.isError,
    partial: current?.partial ?? query.isError,
  };
}
