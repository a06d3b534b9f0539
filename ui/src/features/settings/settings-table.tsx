import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import table from "@/components/table.module.css";
import { text } from "@/strings";

interface SettingsTableProps {
  label: string;
  /** The headings; a last column without one holds what can be done with a row. */
  heads: readonly { label: string; numeric?: boolean }[];
  children: ReactNode;
}

/** A table of a section: rows with actions at their end. */
export function SettingsTable({ label, heads, children }: SettingsTableProps) {
  return (
    <div className={table.wrap}>
      <table className={table.table} aria-label={label}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head.label} data-num={head.numeric || undefined}>
                {head.label}
              </th>
            ))}
            <th>
              <span className="visually-hidden">{text.common.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Asks anew for what a change has made old. */
export function useAgain(queryKey: readonly unknown[]): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey });
}
