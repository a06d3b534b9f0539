import { Checkbox } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useEffect, useRef, useState } from "react";
import type { Trace } from "@/api/schema";
import classes from "@/components/grid.module.css";
import { SortButton, sortOf } from "@/components/sorting";
import { useFirstFocus } from "@/components/use-first-focus";
import { useShortcuts } from "@/components/use-shortcuts";
import { text } from "@/strings";
import type { Column } from "./columns";

const t = text.traces;
const ROW_PX = 30;
const AHEAD = 15;

interface TraceTableProps {
  traces: readonly Trace[];
  columns: readonly Column[];
  order: string;
  selected: ReadonlySet<string>;
  more: boolean;
  loading: boolean;
  /** What stands after the last row. */
  foot: string;
  onOrder: (order: string) => void;
  onSelect: (ids: readonly string[], on: boolean) => void;
  onEnd: () => void;
}

/** Traces as rows of one height, of which only those in sight exist. */
export function TraceTable(props: TraceTableProps) {
  const { traces, columns, more, loading, onEnd, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  const navigate = useNavigate();
  const rows = useVirtualizer({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => traces[index]?.trace_id ?? index,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !loading && lastShown >= traces.length - AHEAD) onEnd();
  }, [more, loading, lastShown, traces.length, onEnd]);

  useFirstFocus(scroller);

  const template = `36px ${columns.map((column) => column.track).join(" ")}`;
  const least = 36 + columns.reduce((sum, column) => sum + column.least + 12, 0);
  const open = (trace: Trace | undefined) => {
    if (trace === undefined) return;
    const params = { experimentId: trace.experiment_id, traceId: trace.trace_id };
    void navigate({ to: "/experiments/$experimentId/traces/$traceId", params });
  };
  const pick = (index: number, range: boolean) => {
    const trace = traces[index];
    if (trace === undefined) return;
    const on = !props.selected.has(trace.trace_id);
    const [from, to] = range
      ? [Math.min(anchor.current, index), Math.max(anchor.current, index)]
      : [index, index];
    anchor.current = index;
    onSelect(
      traces.slice(from, to + 1).map((each) => each.trace_id),
      range ? true : on,
    );
  };
  const move = (step: number) => {
    const next = Math.max(0, Math.min(traces.length - 1, active + step));
    setActive(next);
    rows.scrollToIndex(next, { align: "auto" });
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    x: () => pick(active, false),
    X: () => pick(active, true),
  });
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_PX) / ROW_PX) - 2);
    const moves: Record<string, () => void> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      PageDown: () => move(page),
      PageUp: () => move(-page),
      Home: () => move(-traces.length),
      End: () => move(traces.length),
      Enter: () => open(traces[active]),
      " ": () => pick(active, event.shiftKey),
    };
    const act = moves[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="grid"
      aria-label={t.table}
      aria-rowcount={more ? -1 : traces.length + 1}
      aria-activedescendant={traces.length > 0 ? `trace-row-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div className={classes.inner} style={{ minWidth: least }}>
        <HeaderRow {...props} template={template} />
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const trace = traces[item.index];
            if (trace === undefined) return null;
            return (
              <Row
                key={item.key}
                trace={trace}
                index={item.index}
                top={item.start}
                active={item.index === active}
                selected={props.selected.has(trace.trace_id)}
                columns={columns}
                template={template}
                onOpen={open}
                onPick={pick}
                onActive={setActive}
              />
            );
          })}
        </div>
        <p className={classes.foot}>{props.foot}</p>
      </div>
    </div>
  );
}

function HeaderRow({
  columns,
  order,
  onOrder,
  onSelect,
  traces,
  selected,
  template,
}: TraceTableProps & { template: string }) {
  const all = traces.length > 0 && traces.every((trace) => selected.has(trace.trace_id));
  return (
    <div className={classes.header} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
      <div role="columnheader" className={classes.check}>
        <Checkbox
          aria-label={t.selectAll}
          checked={all}
          indeterminate={!all && selected.size > 0}
          onChange={() =>
            onSelect(
              traces.map((trace) => trace.trace_id),
              !all,
            )
          }
        />
      </div>
      {columns.map((column) => (
        <div
          key={column.id}
          role="columnheader"
          className={classes.heading}
          data-numeric={column.numeric || undefined}
          aria-sort={sortOf(column.sort, order)}
        >
          {column.sort === undefined ? (
            t.column[column.id]
          ) : (
            <SortButton
              label={t.column[column.id]}
              field={column.sort}
              order={order}
              onOrder={onOrder}
              title={t.sortBy(t.column[column.id])}
            />
          )}
        </div>
      ))}
    </div>
  );
}

interface RowProps {
  trace: Trace;
  index: number;
  top: number;
  active: boolean;
  selected: boolean;
  columns: readonly Column[];
  template: string;
  onOpen: (trace: Trace) => void;
  onPick: (index: number, range: boolean) => void;
  onActive: (index: number) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { trace, index, top, active, selected, columns, template, onOpen, onPick, onActive } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
    <div
      id={`trace-row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={classes.row}
      data-active={active || undefined}
      data-state={trace.state}
      style={{ gridTemplateColumns: template, transform: `translateY(${top}px)` }}
      onClick={(event) => {
        onActive(index);
        if (!(event.target as Element).closest("a, input, button")) onOpen(trace);
      }}
    >
      <div role="gridcell" className={classes.check}>
        <Checkbox
          tabIndex={-1}
          aria-label={t.selectOne(trace.name || trace.trace_id)}
          checked={selected}
          onChange={() => undefined}
          onClick={(event) => {
            event.stopPropagation();
            onActive(index);
            onPick(index, event.shiftKey);
          }}
        />
      </div>
      {columns.map((column) => (
        <div
          key={column.id}
          role="gridcell"
          className={classes.cell}
          data-numeric={column.numeric || undefined}
        >
          {column.cell(trace)}
        </div>
      ))}
    </div>
  );
});
