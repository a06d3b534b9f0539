/** What the lists of sessions and of users share: their address, and the sums of the traces in each row. */

import { useParams, useSearch } from "@tanstack/react-router";
import type { TraceList } from "@/api/queries";
import type { TokenUsage } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { joinClauses, rangeClause } from "@/lib/timerange";
import { Count, Usd } from "./figures";
import type { ListColumn } from "./list-table";
import classes from "./trace-totals.module.css";
import { type ReadableFilter, useReadableFilter } from "./use-readable-filter";

interface Totals {
  trace_count: number;
  error_count: number;
  tokens: TokenUsage;
  cost_usd: Parameters<typeof Usd>[0]["value"];
}

type Labels = Record<"traces" | "errors" | "tokens" | "cost", string>;

/** Columns of what the traces behind a row come to. */
export function totalsColumns<T extends Totals>(labels: Labels): readonly ListColumn<T>[] {
  return [
    {
      id: "traces",
      label: labels.traces,
      numeric: true,
      sort: "trace_count",
      cell: (each) => <Count value={each.trace_count} />,
    },
    {
      id: "errors",
      label: labels.errors,
      numeric: true,
      sort: "error_count",
      cell: (each) => (
        <span className={each.error_count > 0 ? classes.bad : undefined}>
          <Count value={each.error_count} />
        </span>
      ),
    },
    {
      id: "tokens",
      label: labels.tokens,
      numeric: true,
      sort: "tokens.total",
      cell: (each) => <Count value={each.tokens.total === 0 ? null : each.tokens.total} />,
    },
    {
      id: "cost",
      label: labels.cost,
      numeric: true,
      sort: "cost",
      cell: (each) => <Usd value={each.cost_usd} />,
    },
  ];
}

/** What to ask the server for: filter and order as the address has them, with the time range on the last activity. */
export function useActiveList(): { list: TraceList; narrowed: boolean; shown: ReadableFilter } {
  const { experimentId = "" } = useParams({ strict: false });
  const { filter = "", order = "" } = useSearch({ strict: false });
  const { range } = useTimeRange();
  const clause = rangeClause(range, "last");
  const shown = useReadableFilter(filter, experimentId);
  return {
    list: { experiment: experimentId, filter: joinClauses(shown.filter, clause), order },
    narrowed: clause !== "",
    shown,
  };
}
