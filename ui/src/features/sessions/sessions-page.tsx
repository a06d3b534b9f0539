import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { placeOf } from "@/api/client";
import { sessionsQuery } from "@/api/queries";
import type { Session } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { Empty } from "@/components/empty";
import { Count, Duration, Moment, Usd } from "@/components/figures";
import { FilterBar } from "@/components/filter-bar";
import { type ListColumn, ListTable } from "@/components/list-table";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { MISSING, nsToMs } from "@/lib/format";
import { joinClauses, rangeClause } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./sessions-page.module.css";

const t = text.sessions;
const FROM = "/experiments/$experimentId/sessions";

const COLUMNS: readonly ListColumn<Session>[] = [
  {
    id: "session",
    label: t.columns.session,
    sort: "id",
    cell: ({ experiment_id, session }) => (
      <Link
        to="/experiments/$experimentId/sessions/$session"
        params={{ experimentId: experiment_id, session }}
        preload={false}
      >
        <SafeText text={session} />
      </Link>
    ),
  },
  { id: "state", label: t.columns.state, cell: ({ state }) => (state === "OPEN" ? t.open : t.closed) },
  {
    id: "last",
    label: t.columns.last,
    sort: "last",
    cell: ({ last_ns }) => <Moment ms={nsToMs(last_ns)} />,
  },
  {
    id: "duration",
    label: t.columns.duration,
    numeric: true,
    sort: "duration",
    cell: (each) => <Duration ms={nsToMs(each.last_ns) - nsToMs(each.first_ns)} />,
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
  {
    id: "user",
    label: t.columns.user,
    sort: "user",
    cell: ({ user }) => (user === null ? MISSING : <SafeText text={user} />),
  },
];

/** The conversations of an experiment, last activity first. */
export function SessionsPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "" } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const { range } = useTimeRange();
  const list = { experiment: experimentId, filter: joinClauses(filter, rangeClause(range, "last")), order };
  const sessions = useInfiniteQuery(sessionsQuery(list));
  const items = sessions.data?.pages.flatMap((page) => page.items);
  const change = (next: { filter?: string; order?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...next }) });
  return (
    <Page title={t.title}>
      <FilterBar
        experimentId={experimentId}
        entity="session"
        value={filter}
        placeholder={t.filterHint}
        onChange={(next) => change({ filter: next || undefined })}
      />
      {sessions.isError && (
        <ProblemNote
          error={sessions.error}
          retry={placeOf(sessions.error) === null ? () => void sessions.refetch() : undefined}
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
            keyOf={(each) => each.session}
            order={order}
            onOrder={(next) => change({ order: next || undefined })}
            more={sessions.hasNextPage}
            loadingMore={sessions.isFetchingNextPage}
            onMore={() => void sessions.fetchNextPage()}
          />
        )}
      </div>
    </Page>
  );
}
