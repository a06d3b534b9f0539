import { useCallback, useMemo, useState } from "react";
import { criticalPath, type SpanNode, type SpanTree, visibleRows } from "@/lib/spantree";

export interface TreeState {
  tree: SpanTree;
  rows: readonly SpanNode[];
  /** Row of each span in sight, by its index in the tree. */
  rowOf: ReadonlyMap<number, number>;
  collapsed: ReadonlySet<string>;
  critical: ReadonlySet<number> | null;
  matches: readonly number[];
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
export function useTreeState(tree: SpanTree): TreeState {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [search, setSearch] = useState("");
  const [showCritical, setShowCritical] = useState(false);
  const rows = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed]);
  const rowOf = useMemo(() => new Map(rows.map((node, row) => [node.index, row])), [rows]);
  const matches = useMemo(() => found(tree, search), [tree, search]);
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

/** The spans whose name, kind, model or id has every word. */
function found(tree: SpanTree, search: string): number[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return tree.nodes
    .filter(({ span }) => {
      const all =
        `${span.name} ${span.kind} ${span.model ?? ""} ${span.span_id} ${span.status}`.toLowerCase();
      return words.every((word) => all.includes(word));
    })
    .map((node) => node.index);
}
