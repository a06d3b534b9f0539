import { Button, Skeleton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { text } from "@/strings";
import classes from "./list-table.module.css";
import table from "./table.module.css";

export interface ListColumn<T> {
  id: string;
  label: string;
  numeric?: boolean;
  /** The label is only for who hears it. */
  unlabelled?: boolean;
  /** The field by which the server sorts. */
  sort?: string;
  cell: (item: T) => ReactNode;
}

interface ListTableProps<T> {
  label: string;
  columns: readonly ListColumn<T>[];
  items: readonly T[] | undefined;
  keyOf: (item: T) => string;
  order: string;
  onOrder: (order: string) => void;
  more: boolean;
  loadingMore: boolean;
  onMore: () => void;
}

/** A list of medium length as a table: sorted by the server, more on demand. */
export function ListTable<T>(props: ListTableProps<T>) {
  const { label, columns, items, keyOf, order, onOrder, more, loadingMore, onMore } = props;
  const [field, direction] = order.split(" ");
  if (items === undefined) return <Skeleton height={320} radius={8} />;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className={table.wrap} tabIndex={0} role="region" aria-label={label}>
        <table className={table.table} aria-label={label}>
          <thead>
            <tr>
              {columns.map((column) => {
                const sorted = column.sort !== undefined && column.sort === field;
                const down = sorted && direction === "desc";
                return (
                  <th
                    key={column.id}
                    data-num={column.numeric || undefined}
                    aria-sort={sorted ? (down ? "descending" : "ascending") : undefined}
                  >
                    {column.sort === undefined ? (
                      <span className={column.unlabelled ? "visually-hidden" : undefined}>
                        {column.label}
                      </span>
                    ) : (
                      <button
                        type="button"
                        className={classes.sort}
                        onClick={() => onOrder(nextOrder(column.sort as string, sorted, down))}
                      >
                        {column.label}
                        {sorted &&
                          (down ? (
                            <IconArrowDown size={12} aria-hidden />
                          ) : (
                            <IconArrowUp size={12} aria-hidden />
                          ))}
                      </button>
                    )}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={keyOf(item)}>
                {columns.map((column) => (
                  <td key={column.id} className={classes.cell} data-num={column.numeric || undefined}>
                    {column.cell(item)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more && (
        <div className={classes.more}>
          <Button variant="default" loading={loadingMore} onClick={onMore}>
            {text.common.more}
          </Button>
        </div>
      )}
    </>
  );
}

/** Down first, then up, then the list's own order. */
export function nextOrder(field: string, sorted: boolean, down: boolean): string {
  if (!sorted) return `${field} desc`;
  return down ? `${field} asc` : "";
}
