import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { type Judged, useJudged } from "@/api/judged-queries";
import type { Trace } from "@/api/schema";
import { GridTable } from "@/components/grid-table";
import { useSight } from "@/components/use-sight";
import { text } from "@/strings";
import type { Column } from "./columns";

const t = text.traces;

interface TraceTableProps {
  experimentId: string;
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
export function TraceTable({ experimentId, traces, columns, selected, onSelect, ...rest }: TraceTableProps) {
  const navigate = useNavigate();
  const { blocks, onSight } = useSight(traces);
  const ids = blocks.map((block) => block.map((trace) => trace.trace_id));
  const shown = columns.flatMap((column) => column.judged ?? []);
  const judged = useJudged(experimentId, "trace", ids, shown);
  const filled = useMemo(
    () => columns.map((column) => ({ ...column, cell: (trace: Trace) => cellOf(column, trace, judged) })),
    [columns, judged],
  );
  const open = (trace: Trace | undefined) => {
    if (trace === undefined) return;
    const params = { experimentId: trace.experiment_id, traceId: trace.trace_id };
    void navigate({ to: "/experiments/$experimentId/traces/$traceId", params });
  };
  return (
    <GridTable
      label={t.table}
      columns={filled}
      onSight={onSight}
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
      foot={[judged.error === null ? "" : text.judged.unknown, judged.cut ? text.judged.cut : "", rest.foot]
        .filter((part) => part !== "")
        .join(" ")}
    />
  );
}

function cellOf({ cell, judged: column }: Column, trace: Trace, judged: Judged): ReactNode {
  return cell(trace, column && judged.of(trace.trace_id, column));
}
