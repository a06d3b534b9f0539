import type { ReactNode } from "react";
import classes from "./rows-table.module.css";
import table from "./table.module.css";

export interface Head {
  label: string;
  numeric?: boolean;
  /** The label is only for who hears it. */
  unlabelled?: boolean;
  /** Said when the pointer rests on it. */
  hint?: string;
}

export interface Row {
  key: string;
  cells: readonly ReactNode[];
}

interface RowsTableProps {
  label: string;
  heads: readonly Head[];
  rows: readonly Row[];
}

/** A table of figures, all of it in sight: a cell for each heading, in their order; the first one names its row. */
export function RowsTable({ label, heads, rows }: RowsTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className={`${table.wrap} ${classes.wrap}`} tabIndex={0} role="region" aria-label={label}>
      <table className={table.table} aria-label={label}>
        <thead>
          <tr>
            {heads.map(({ label: head, numeric, unlabelled, hint }, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: headings have no identity but their place
              <th key={place} data-num={numeric || undefined} title={hint}>
                {unlabelled ? <span className="visually-hidden">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {heads.map(({ numeric }, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells have no identity but their place
                <td key={place} data-num={numeric || undefined}>
                  {row.cells[place]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
