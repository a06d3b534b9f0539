import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sessionsQuery } from "@/api/queries";
import type { Session } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Duration, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { SafeText } from "@/components/safe-text";
import { totalsColumns, useActiveList } from "@/components/trace-totals";
import { MISSING, nsToMs } from "@/lib/format";
import { text } from "@/strings";

const t = text.sessions;

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
  ...totalsColumns<Session>(t.columns),
  {
    id: "user",
    label: t.columns.user,
    sort: "user",
    cell: ({ user }) => (user === null ? MISSING : <SafeText text={user} />),
  },
];

/** The conversations of an experiment, last activity first. */
export function SessionsPage() {
  const { list, narrowed } = useActiveList();
  return (
    <EntityList
      title={t.title}
      filter={{ experimentId: list.experiment, entity: "session", hint: t.filterHint }}
      narrowed={narrowed}
      texts={t}
      found={pagesOf(useInfiniteQuery(sessionsQuery(list)))}
      columns={COLUMNS}
      keyOf={(each) => each.session}
    />
  );
}
