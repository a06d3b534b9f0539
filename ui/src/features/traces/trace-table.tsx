import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Trace } from "@/api/schema";
import { GridTable } from "@/components/grid-table";
import { text } from "@/strings";
import type { Column } from "./columns";

const t = text.traces;

interface TraceTableProps {
  traces: readonly Trace[];
  columns: readonly Column[];
  order: string;
  selected: ReadonlySet<string>;
  more: boolean;
  /** What stands after the last row. */
  foot: string;
  onOrder: (order: string) => void;
  onSelect: (ids: readonly string[], on: boolean) => void;
  onEnd: () => void;
}

/** Traces as rows, which can be selected, and of which each opens as a page. */
export function TraceTable({ traces, columns, selected, onSelect, ...rest }: TraceTableProps) {
  const navigate = useNavigate();
  const named = useMemo(
    () => columns.map((column) => ({ ...column, label: t.column[column.id] })),
    [columns],
  );
  const open = (trace: Trace | undefined) => {
    if (trace === undefined) return;
    const params = { experimentId: trace.experiment_id, traceId: trace.trace_id };
    void navigate({ to: "/experiments/$experimentId/traces/$traceId", params });
  };
  return (
    <GridTable
      label={t.table}
      columns={named}
      items={traces}
      keyOf={(trace) => trace.trace_id}
      onOpen={open}
      checks={{
        selected,
        onSelect,
        allLabel: t.selectAll,
        labelOf: (trace) => t.selectOne(trace.name || trace.trace_id),
      }}
      keys={t.keyList}
      {...rest}
    />
  );
}
