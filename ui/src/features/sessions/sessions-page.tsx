import { IconAlertTriangle } from "@tabler/icons-react";
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useJudged } from "@/api/judged-queries";
import { assessmentNamesQuery, openingsQuery, sessionsQuery } from "@/api/queries";
import type { Session, Trace } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count, Duration, Moment } from "@/components/figures";
import { JudgedCell } from "@/components/judged-cell";
import type { ListColumn } from "@/components/list-table";
import { SafeText } from "@/components/safe-text";
import { totalsColumns, useActiveList } from "@/components/trace-totals";
import { keyed, quote } from "@/lib/filtertext";
import { MISSING, nsToMs, oneLine } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { judgedId } from "@/lib/judged";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";
import classes from "./sessions-page.module.css";

const t = text.sessions;

const MOST_SAID = 200;

/** Names of feedback that have a column, of those on sessions the most frequent. */
const MOST_NAMES = 4;

const columnsOf = (
  openingOf: (session: Session) => Trace | undefined,
  judged: readonly ListColumn<Session>[],
): readonly ListColumn<Session>[] => [
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
  {
    id: "opening",
    label: t.columns.opening,
    cell: (each) => <Opening said={openingOf(each)?.request ?? null} />,
  },
  ...judged,
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
  ...totalsColumns<Session>(t.columns).map((column) =>
    column.id === "errors" ? { ...column, cell: (each: Session) => <Errors of={each} /> } : column,
  ),
  {
    id: "user",
    label: t.columns.user,
    sort: "user",
    cell: ({ experiment_id, user }) =>
      user === null ? (
        MISSING
      ) : (
        <Link
          to="/experiments/$experimentId/sessions"
          params={{ experimentId: experiment_id }}
          search={{ filter: `user = ${quote(user)}` }}
          title={t.ofUser(visibleText(user))}
          preload={false}
        >
          <SafeText text={user} />
        </Link>
      ),
  },
];

/** How many turns failed, and whether spans did within turns: easily overlooked. */
function Errors({ of }: { of: Session }) {
  const label = t.faulty(of.faulty_count);
  return (
    <span className={of.error_count > 0 ? classes.bad : undefined}>
      {of.faulty_count > 0 && (
        <span title={label} role="img" aria-label={label}>
          <IconAlertTriangle size={13} color="var(--bad)" aria-hidden />{" "}
        </span>
      )}
      <Count value={of.error_count} />
    </span>
  );
}

/** A column for each name of feedback that sessions have; undefined until these names are known. */
function useJudgedColumns(
  experimentId: string,
  pages: readonly (readonly Session[])[],
): readonly ListColumn<Session>[] | undefined {
  const known = useQuery(assessmentNamesQuery(experimentId));
  const shown = (known.data?.names ?? [])
    .filter((each) => each.kind === "FEEDBACK" && each.session_count > 0)
    .slice(0, MOST_NAMES)
    .map(({ name }) => ({ kind: "FEEDBACK" as const, name }));
  const ids = pages.map((page) => page.map(({ session }) => session));
  const judged = useJudged(experimentId, "session", ids, shown);
  if (known.isPending) return undefined;
  return shown.map((column) => ({
    id: judgedId(column),
    label: visibleText(column.name),
    sort: keyed("feedback", column.name),
    cell: ({ session }) => <JudgedCell judged={judged.of(session, column)} />,
  }));
}

/** How a conversation began, on one line of a width of its own: it comes after the rest, and must move nothing. */
function Opening({ said }: { said: string | null }) {
  return (
    <div className={classes.opening}>
      {said !== null && <SafeText text={oneLine(jsonLine(said.slice(0, 1_000)), MOST_SAID)} />}
    </div>
  );
}

/** The conversations of an experiment, last activity first. */
export function SessionsPage() {
  const { list, narrowed, shown } = useActiveList();
  const found = shown.noting(useInfiniteQuery(sessionsQuery(list)));
  const asked = found.data?.pages.filter(({ items }) => items.length > 0) ?? [];
  const judged = useJudgedColumns(
    list.experiment,
    asked.map(({ items }) => items),
  );
  const pages = pagesOf(found, shown.stale);
  const openings = useQueries({ queries: asked.map(({ items }) => openingsQuery(list.experiment, items)) });
  const openingOf = ({ session }: Session) =>
    openings.map(({ data }) => data?.get(session)).find((trace) => trace !== undefined);
  return (
    <EntityList
      title={t.title}
      hint={t.hint}
      filter={{ experimentId: list.experiment, entity: "session", hint: t.filterHint }}
      narrowed={narrowed}
      texts={t}
      // Columns that came after the rows would move them.
      found={{ ...pages, items: judged === undefined ? undefined : pages.items }}
      columns={columnsOf(openingOf, judged ?? [])}
      keyOf={(each) => each.session}
    />
  );
}
