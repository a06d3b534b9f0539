/** What the lists of sessions and of users share: the page around the table, and the sums of the traces in each row. */

import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { isFilterProblem, placeOf } from "@/api/client";
import type { TraceList } from "@/api/queries";
import type { TokenUsage } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { joinClauses, rangeClause } from "@/lib/timerange";
import classes from "./conversation-list.module.css";
import { Empty } from "./empty";
import { Count, Usd } from "./figures";
import { FilterBar } from "./filter-bar";
import { Hints } from "./hints";
import { type ListColumn, ListTable } from "./list-table";
import { Page } from "./page";
import { ProblemNote } from "./problem-note";

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

interface Address {
  /** What to ask the server for. */
  list: TraceList;
  filter: string;
  order: string;
  change: (next: { filter?: string; order?: string }) => void;
}

/** Filter and order as the address has them, with the time range on the last activity. */
export function useListAddress(): Address {
  const { experimentId = "" } = useParams({ strict: false });
  const { filter = "", order = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const { range } = useTimeRange();
  return {
    list: { experiment: experimentId, filter: joinClauses(filter, rangeClause(range, "last")), order },
    filter,
    order,
    change: (next) => void navigate({ to: ".", search: (before) => ({ ...before, ...next }) }),
  };
}

interface ConversationListProps<T> {
  title: string;
  entity: "session" | "user";
  filterHint: string;
  empty: string;
  emptyHint: string;
  address: Address;
  found: UseInfiniteQueryResult<InfiniteData<{ items: T[]; hints: string[] }>>;
  columns: readonly ListColumn<T>[];
  keyOf: (item: T) => string;
}

export function ConversationList<T>(props: ConversationListProps<T>) {
  const { address, found } = props;
  const items = found.data?.pages.flatMap((page) => page.items);
  const wrongFilter = address.filter !== "" && isFilterProblem(found.error);
  return (
    <Page title={props.title}>
      <FilterBar
        experimentId={address.list.experiment}
        entity={props.entity}
        value={address.filter}
        placeholder={props.filterHint}
        onChange={(next) => address.change({ filter: next || undefined })}
      />
      {found.isError && !wrongFilter && (
        <ProblemNote
          error={found.error}
          retry={placeOf(found.error) === null ? () => void found.refetch() : undefined}
        />
      )}
      <div className={classes.list} hidden={found.isError && items === undefined}>
        {items !== undefined && items.length === 0 ? (
          <Empty title={props.empty}>
            <Hints hints={found.data?.pages[0]?.hints ?? []} otherwise={props.emptyHint} />
          </Empty>
        ) : (
          <ListTable
            label={props.title}
            columns={props.columns}
            items={items}
            keyOf={props.keyOf}
            order={address.order}
            onOrder={(next) => address.change({ order: next || undefined })}
            more={found.hasNextPage}
            loadingMore={found.isFetchingNextPage}
            onMore={() => void found.fetchNextPage()}
          />
        )}
      </div>
    </Page>
  );
}
