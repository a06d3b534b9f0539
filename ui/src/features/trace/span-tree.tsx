import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { useFirstFocus } from "@/components/use-first-focus";
import { useShortcuts } from "@/components/use-shortcuts";
import { duration } from "@/lib/format";
import type { SpanNode } from "@/lib/spantree";
import { text } from "@/strings";
import { SpanRow } from "./span-row";
import classes from "./span-tree.module.css";
import type { TreeState } from "./use-tree-state";

const ROW_PX = 28;
const TICKS = 4;

export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

interface SpanTreeProps {
  state: TreeState;
  selected: SpanNode | undefined;
  window: TimeWindow;
  onSelect: (node: SpanNode) => void;
  /** Goes to what the selected span holds. */
  onOpen: () => void;
}

/** The spans as a tree with their timeline, of which only the rows in sight exist. */
export function SpanTree({ state, selected, window, onSelect, onOpen }: SpanTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, rowOf, tree } = state;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 15,
    scrollPaddingStart: 30,
  });
  const row = selected === undefined ? undefined : rowOf.get(selected.index);
  const { scrollToIndex } = virtual;
  useEffect(() => {
    if (row !== undefined) scrollToIndex(row, { align: "auto" });
  }, [row, scrollToIndex]);
  useFirstFocus(scroller);
  const matching = useMemo(() => new Set(state.matches), [state.matches]);

  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, (row ?? -1) + step))];
    if (next !== undefined) onSelect(next);
  };
  const into = () => {
    if (selected === undefined) return;
    if (state.collapsed.has(selected.span.span_id)) state.toggle(selected, true);
    else if (selected.children.length > 0) move(1);
  };
  const outOf = () => {
    if (selected === undefined) return;
    const open = selected.children.length > 0 && !state.collapsed.has(selected.span.span_id);
    const parent = tree.nodes[selected.parent];
    if (open) state.toggle(selected, false);
    else if (parent !== undefined) onSelect(parent);
  };
  useShortcuts({ j: () => move(1), k: () => move(-1), l: into, h: outOf });
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_PX) / ROW_PX) - 3);
    const moves: Record<string, () => void> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      PageDown: () => move(page),
      PageUp: () => move(-page),
      Home: () => move(-rows.length),
      End: () => move(rows.length),
      ArrowRight: into,
      ArrowLeft: outOf,
      Enter: onOpen,
    };
    const act = moves[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="tree"
      aria-label={text.trace.tree}
      tabIndex={0}
      data-autofocus-tree
      aria-activedescendant={selected === undefined ? undefined : `span-${selected.span.span_id}`}
      onKeyDown={keys}
    >
      <Axis window={window} />
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const node = rows[item.index];
          if (node === undefined) return null;
          return (
            <SpanRow
              key={node.span.span_id}
              node={node}
              top={item.start}
              window={window}
              selected={node === selected}
              collapsed={state.collapsed.has(node.span.span_id)}
              found={matching.has(node.index)}
              faded={state.critical !== null && !state.critical.has(node.index)}
              critical={state.critical?.has(node.index) ?? false}
              onSelect={onSelect}
              onToggle={state.toggle}
            />
          );
        })}
      </div>
    </div>
  );
}

function Axis({ window }: { window: TimeWindow }) {
  const length = window.toMs - window.fromMs;
  return (
    <div className={classes.axis} aria-hidden>
      <div />
      <div className={classes.ticks}>
        {Array.from({ length: TICKS }, (_, tick) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a tick is its place
          <span key={tick} style={{ left: `${(tick / TICKS) * 100}%` }}>
            {duration(window.fromMs + (length * tick) / TICKS)}
          </span>
        ))}
      </div>
    </div>
  );
}
