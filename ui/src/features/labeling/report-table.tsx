import { type Head, type Row, RowsTable } from "@/components/rows-table";
import { text } from "@/strings";

interface ReportTableProps {
  /** What it shows, which stands above it. */
  title: string;
  /** What it is shown of: a question, or a judge. */
  of: string;
  heads: readonly Head[];
  rows: readonly Row[];
}

/** A titled table of a report. */
export function ReportTable({ title, of, heads, rows }: ReportTableProps) {
  return (
    <>
      <h3>{title}</h3>
      <RowsTable label={text.report.about(title, of)} heads={heads} rows={rows} />
    </>
  );
}
