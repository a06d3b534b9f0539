import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { usersQuery } from "@/api/queries";
import type { User } from "@/api/schema";
import { ConversationList, totalsColumns, useListAddress } from "@/components/conversation-list";
import { Count, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { SafeText } from "@/components/safe-text";
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
  const address = useListAddress();
  return (
    <ConversationList
      title={t.title}
      entity="user"
      filterHint={t.filterHint}
      empty={t.empty}
      emptyHint={t.emptyHint}
      address={address}
      found={useInfiniteQuery(usersQuery(address.list))}
      columns={COLUMNS}
      keyOf={(each) => each.user}
    />
  );
}
