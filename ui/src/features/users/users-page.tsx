import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { placeOf } from "@/api/client";
import { usersQuery } from "@/api/queries";
import type { User } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { Empty } from "@/components/empty";
import { Count, Moment, Usd } from "@/components/figures";
import { FilterBar } from "@/components/filter-bar";
import { type ListColumn, ListTable } from "@/components/list-table";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { quote } from "@/lib/filtertext";
import { nsToMs } from "@/lib/format";
import { joinClauses, rangeClause } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./users-page.module.css";

const t = text.users;
const FROM = "/experiments/$experimentId/users";

const COLUMNS: readonly ListColumn<User>[] = [
  {
    id: "user",
    label: t.columns.user,
    sort: "id",
    cell: ({ experiment_id, user }) => (
      <Link
        to="/experiments/$experimentId/traces"
        params={{ experimentId: experiment_id }}
        search={{ filter: `user = ${quote(user)}` }}
        preload={false}
      >
        <SafeText text={user} />
      </Link>
    ),
  },
  { id: "last", label: t.columns.last, sort: "last", cell: (each) => <Moment ms={nsToMs(each.last_ns)} /> },
  {
    id: "first",
    label: t.columns.first,
    sort: "first",
    cell: (each) => <Moment ms={nsToMs(each.first_ns)} />,
  },
  {
    id: "sessions",
    label: t.columns.sessions,
    numeric: true,
    sort: "session_count",
    cell: (each) => (
      <Link
        to="/experiments/$experimentId/sessions"
        params={{ experimentId: each.experiment_id }}
        search={{ filter: `user = ${quote(each.user)}` }}
        preload={false}
      >
        <Count value={each.session_count} />
      </Link>
    ),
  },
  {
    id: "traces",
    label: t.columns.traces,
    numeric: true,
    sort: "trace_count",
    cell: (each) => <Count value={each.trace_count} />,
  },
  {
    id: "errors",
    label: t.columns.errors,
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
    label: t.columns.tokens,
    numeric: true,
    sort: "tokens.total",
    cell: (each) => <Count value={each.tokens.total === 0 ? null : each.tokens.total} />,
  },
  {
    id: "cost",
    label: t.columns.cost,
    numeric: true,
    sort: "cost",
    cell: (each) => <Usd value={each.cost_usd} />,
  },
];

/** The end users whom an experiment's traces name. */
export function UsersPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "" } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const { range } = useTimeRange();
  const list = { experiment: experimentId, filter: joinClauses(filter, rangeClause(range, "last")), order };
  const users = useInfiniteQuery(usersQuery(list));
  const items = users.data?.pages.flatMap((page) => page.items);
  const change = (next: { filter?: string; order?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...next }) });
  return (
    <Page title={t.title}>
      <FilterBar
        experimentId={experimentId}
        entity="user"
        value={filter}
        placeholder={t.filterHint}
        onChange={(next) => change({ filter: next || undefined })}
      />
      {users.isError && (
        <ProblemNote
          error={users.error}
          retry={placeOf(users.error) === null ? () => void users.refetch() : undefined}
        />
      )}
      <div className={classes.list}>
        {items !== undefined && items.length === 0 ? (
          <Empty title={t.empty}>{t.emptyHint}</Empty>
        ) : (
          <ListTable
            label={t.title}
            columns={COLUMNS}
            items={items}
            keyOf={(each) => each.user}
            order={order}
            onOrder={(next) => change({ order: next || undefined })}
            more={users.hasNextPage}
            loadingMore={users.isFetchingNextPage}
            onMore={() => void users.fetchNextPage()}
          />
        )}
      </div>
    </Page>
  );
}
