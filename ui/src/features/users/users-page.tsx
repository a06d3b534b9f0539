import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { usersQuery } from "@/api/queries";
import type { User } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { SafeText } from "@/components/safe-text";
import { totalsColumns, useActiveList } from "@/components/trace-totals";
import { quote } from "@/lib/filtertext";
import { nsToMs } from "@/lib/format";
import { text } from "@/strings";

const t = text.users;

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
  ...totalsColumns<User>(t.columns),
];

/** The end users whom an experiment's traces name. */
export function UsersPage() {
  const { list, narrowed, shown } = useActiveList();
  return (
    <EntityList
      title={t.title}
      hint={t.hint}
      filter={{ experimentId: list.experiment, entity: "user", hint: t.filterHint }}
      narrowed={narrowed}
      texts={t}
      found={pagesOf(shown.noting(useInfiniteQuery(usersQuery(list))), shown.stale)}
      columns={COLUMNS}
      keyOf={(each) => each.user}
    />
  );
}
