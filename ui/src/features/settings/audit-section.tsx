import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { isFilterProblem } from "@/api/client";
import { auditQuery } from "@/api/queries";
import type { AuditEntry } from "@/api/schema";
import { Moment } from "@/components/figures";
import { FilterBar } from "@/components/filter-bar";
import { Hints } from "@/components/hints";
import { type ListColumn, ListTable } from "@/components/list-table";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import classes from "./settings-page.module.css";

const t = text.settings.auditTrail;
const TRACE_ID = /^tr-[0-9a-f]{32}$/;

const COLUMNS: readonly ListColumn<AuditEntry>[] = [
  { id: "at", label: t.at, cell: ({ at_ms }) => <Moment ms={at_ms} /> },
  { id: "actor", label: t.actor, cell: ({ actor }) => <SafeText text={actor} /> },
  { id: "action", label: t.action, cell: ({ action }) => <code>{action}</code> },
  { id: "target", label: t.target, cell: ({ target }) => <Target target={target} /> },
  {
    id: "experiment",
    label: text.settings.experiment,
    cell: ({ experiment_id }) =>
      experiment_id === null ? (
        MISSING
      ) : (
        <Link to="/experiments/$experimentId" params={{ experimentId: experiment_id }} preload={false}>
          {experiment_id}
        </Link>
      ),
  },
  {
    id: "details",
    label: t.details,
    cell: ({ details }) => (
      <span className={classes.details}>
        {Object.entries(details).map(([key, value]) => (
          <span key={key}>
            <span className="dim">{key}</span> <SafeText text={value} />
          </span>
        ))}
      </span>
    ),
  },
];

/** What was changed; the way to it where its id says what it is. It may be gone by now, as that page says. */
function Target({ target }: { target: string }) {
  if (!TRACE_ID.test(target)) return <SafeText text={target} />;
  return (
    <Link to="/traces/$traceId" params={{ traceId: target }} preload={false}>
      {target}
    </Link>
  );
}

/** Who changed what, newest first. */
export function AuditSection() {
  const { filter = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const setFilter = (next: string) =>
    void navigate({ to: ".", search: (before) => ({ ...before, filter: next || undefined }) });
  const shown = useReadableFilter(filter, "server");
  const found = shown.noting(useInfiniteQuery(auditQuery(shown.filter)));
  const items = found.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <FilterBar
        experimentId="server"
        entity="audit"
        value={filter}
        placeholder={t.filterHint}
        stale={shown.stale}
        onChange={setFilter}
      />
      {found.isError && !isFilterProblem(found.error) && (
        <ProblemNote error={found.error} retry={() => void found.refetch()} />
      )}
      {items !== undefined && items.length === 0 && (
        <Hints hints={found.data?.pages[0]?.hints ?? []} otherwise={t.none} />
      )}
      {items !== undefined && items.length > 0 && (
        <ListTable
          label={text.settings.audit}
          columns={COLUMNS}
          items={items}
          keyOf={(each) => String(each.entry_id)}
          order=""
          onOrder={() => undefined}
          more={found.hasNextPage}
          loadingMore={found.isFetchingNextPage}
          onMore={() => void found.fetchNextPage()}
        />
      )}
    </>
  );
}
