import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { text } from "@/strings";
import classes from "./list-table.module.css";
import { SortButton, sortOf } from "./sorting";
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
  if (items === undefined) return <Skeleton height={320} radius={8} />;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className={table.wrap} tabIndex={0} role="region" aria-label={label}>
        <table className={table.table} aria-label={label}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.id}
                  data-num={column.numeric || undefined}
                  aria-sort={sortOf(column.sort, order)}
                >
                  {column.sort === undefined ? (
                    <span className={column.unlabelled ? "visually-hidden" : undefined}>{column.label}</span>
                  ) : (
                    <SortButton label={column.label} field={column.sort} order={order} onOrder={onOrder} />
                  )}
                </th>
              ))}
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
