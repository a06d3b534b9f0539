import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { text } from "@/strings";
import classes from "./grid.module.css";
import { type Key, usePageKeys } from "./page-keys";
import { SortButton, sortOf } from "./sorting";
import { useFirstFocus } from "./use-first-focus";
import { useShortcuts } from "./use-shortcuts";

const ROW_PX = 30;
const AHEAD = 15;
const CHECK_PX = 36;

export interface GridColumn<T> {
  id: string;
  label: string;
  /** A CSS grid track, and the width in px that it takes at least. */
  track: string;
  least: number;
  numeric?: boolean;
  /** The field that this column sorts by. */
  sort?: string;
  cell: (item: T) => ReactNode;
}

/** Rows that can be selected, each by a box before it. */
export interface GridChecks<T> {
  selected: ReadonlySet<string>;
  onSelect: (keys: readonly string[], on: boolean) => void;
  allLabel: string;
  labelOf: (item: T) => string;
}

interface GridTableProps<T> {
  label: string;
  columns: readonly GridColumn<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
  /** The row whose details are open beside the list. */
  opened?: string | undefined;
  onOpen: (item: T | undefined) => void;
  order?: string;
  onOrder?: (order: string) => void;
  /** What stands after the last row. */
  foot?: string;
  /** Called with the rows in sight, so that what they show can be asked for. */
  onSight?: (first: number, last: number) => void;
  /** Called near the end of the list when there is more. */
  onEnd?: () => void;
  /** How many rows there are in all is not known. */
  more?: boolean;
  checks?: GridChecks<T>;
  keys?: readonly Key[];
}

/** A long list as rows of one height, of which only those in sight exist; j, k and Enter walk and open it, and where
 * rows can be selected x and the space bar do, with Shift up to the one selected last. */
export function GridTable<T>(props: GridTableProps<T>) {
  const { label, columns, items, keyOf, opened, onOpen, onSight, onEnd, checks, more = false } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const seen = rows.getVirtualItems();
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? 0];
  useEffect(() => {
    onSight?.(first, last);
    if (last >= items.length - AHEAD) onEnd?.();
  }, [first, last, items.length, onSight, onEnd]);
  useFirstFocus(scroller);
  usePageKeys(props.keys ?? text.keys.list);
  const pick = usePick(items, keyOf, checks);
  const move = (step: number) => {
    const next = Math.max(0, Math.min(items.length - 1, active + step));
    setActive(next);
    rows.scrollToIndex(next, { align: "auto" });
    if (opened !== undefined) onOpen(items[next]);
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ...(checks === undefined ? {} : { x: () => pick(active, false), X: () => pick(active, true) }),
  });
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_PX) / ROW_PX) - 2);
    const acts: Record<string, () => void> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      PageDown: () => move(page),
      PageUp: () => move(-page),
      Home: () => move(-items.length),
      End: () => move(items.length),
      Enter: () => onOpen(items[active]),
      Escape: () => onOpen(undefined),
      ...(checks === undefined ? {} : { " ": () => pick(active, event.shiftKey) }),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const checkTrack = checks === undefined ? "" : `${CHECK_PX}px `;
  const template = checkTrack + columns.map((column) => column.track).join(" ");
  const before = checks === undefined ? 12 : CHECK_PX;
  const least = columns.reduce((sum, column) => sum + column.least + 12, before);
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={more ? -1 : items.length + 1}
      aria-activedescendant={items.length > 0 ? `grid-row-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div className={classes.inner} style={{ minWidth: least }}>
        <Headings {...props} template={template} />
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {seen.map(({ index, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            const key = keyOf(item);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
              <div
                key={key}
                id={`grid-row-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={checks === undefined ? key === opened : checks.selected.has(key)}
                className={rowClass(checks)}
                data-active={index === active || undefined}
                style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
                onClick={(event) => {
                  setActive(index);
                  if (!(event.target as Element).closest("a, input, button")) onOpen(item);
                }}
              >
                {checks !== undefined && (
                  <div role="gridcell" className={classes.check}>
                    <Checkbox
                      tabIndex={-1}
                      aria-label={checks.labelOf(item)}
                      checked={checks.selected.has(key)}
                      onChange={() => undefined}
                      onClick={(event) => pick(index, event.shiftKey)}
                    />
                  </div>
                )}
                {columns.map((column) => (
                  <div
                    key={column.id}
                    role="gridcell"
                    className={classes.cell}
                    data-numeric={column.numeric || undefined}
                  >
                    {column.cell(item)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
        {props.foot !== undefined && <p className={classes.foot}>{props.foot}</p>}
      </div>
    </div>
  );
}

function rowClass(checks: unknown, name = classes.row): string {
  return checks === undefined ? `${name} ${classes.plain}` : (name ?? "");
}

/** Selects a row or takes it from the selection; a range of them from the row that was picked last. */
function usePick<T>(items: readonly T[], keyOf: (item: T) => string, checks: GridChecks<T> | undefined) {
  const anchor = useRef(0);
  return (index: number, range: boolean) => {
    const item = items[index];
    if (item === undefined || checks === undefined) return;
    const [from, to] = range
      ? [Math.min(anchor.current, index), Math.max(anchor.current, index)]
      : [index, index];
    anchor.current = index;
    checks.onSelect(items.slice(from, to + 1).map(keyOf), range || !checks.selected.has(keyOf(item)));
  };
}

function Headings<T>(props: GridTableProps<T> & { template: string }) {
  const { columns, order = "", onOrder, template, checks, items, keyOf } = props;
  const all = checks !== undefined && items.length > 0 && items.every((i) => checks.selected.has(keyOf(i)));
  return (
    <div
      className={rowClass(checks, classes.header)}
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: template }}
    >
      {checks !== undefined && (
        <div role="columnheader" className={classes.check}>
          <Checkbox
            aria-label={checks.allLabel}
            checked={all}
            indeterminate={!all && checks.selected.size > 0}
            onChange={() => checks.onSelect(items.map(keyOf), !all)}
          />
        </div>
      )}
      {columns.map((column) => (
        <div
          key={column.id}
          role="columnheader"
          className={classes.heading}
          data-numeric={column.numeric || undefined}
          aria-sort={sortOf(column.sort, order)}
        >
          {column.sort === undefined ? (
            <span className="clip">{column.label}</span>
          ) : (
            <SortButton
              label={column.label}
              field={column.sort}
              order={order}
              onOrder={onOrder}
              title={text.traces.sortBy(column.label)}
            />
          )}
        </div>
      ))}
    </div>
  );
}
