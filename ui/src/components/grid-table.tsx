import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { text } from "@/strings";
import classes from "./grid.module.css";
import { usePageKeys } from "./page-keys";
import { SortButton, sortOf } from "./sorting";
import { useFirstFocus } from "./use-first-focus";
import { useShortcuts } from "./use-shortcuts";

const ROW_PX = 30;
const AHEAD = 15;

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

interface GridTableProps<T> {
  label: string;
  columns: readonly GridColumn<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
  /** The row whose details are open. */
  opened: string | undefined;
  onOpen: (item: T | undefined) => void;
  order?: string;
  onOrder?: (order: string) => void;
  /** What stands after the last row. */
  foot?: string;
  /** Called with the rows in sight, so that what they show can be asked for. */
  onSight?: (first: number, last: number) => void;
  /** Called near the end of the list when there is more. */
  onEnd?: () => void;
}

/** A long list as rows of one height, of which only those in sight exist; j, k and Enter walk and open it. */
export function GridTable<T>(props: GridTableProps<T>) {
  const { label, columns, items, keyOf, opened, onOpen, onSight, onEnd } = props;
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
  usePageKeys(text.keys.list);
  const move = (step: number) => {
    const next = Math.max(0, Math.min(items.length - 1, active + step));
    setActive(next);
    rows.scrollToIndex(next, { align: "auto" });
    if (opened !== undefined) onOpen(items[next]);
  };
  useShortcuts({ j: () => move(1), k: () => move(-1) });
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
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const template = columns.map((column) => column.track).join(" ");
  const least = columns.reduce((sum, column) => sum + column.least + 12, 12);
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={items.length + 1}
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
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
              <div
                key={keyOf(item)}
                id={`grid-row-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={keyOf(item) === opened}
                className={`${classes.row} ${classes.plain}`}
                data-active={index === active || undefined}
                style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
                onClick={(event) => {
                  setActive(index);
                  if (!(event.target as Element).closest("a, input, button")) onOpen(item);
                }}
              >
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

function Headings<T>({ columns, order = "", onOrder, template }: GridTableProps<T> & { template: string }) {
  return (
    <div
      className={`${classes.header} ${classes.plain}`}
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: template }}
    >
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
