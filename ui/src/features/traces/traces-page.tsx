import { Button, Switch, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { isFilterProblem, placeOf } from "@/api/client";
import { assessmentNamesQuery, countQuery, experimentQuery, tracesQuery } from "@/api/queries";
import type { AssessmentName, Trace } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { Empty } from "@/components/empty";
import { FilterBar } from "@/components/filter-bar";
import { Hints } from "@/components/hints";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { useReadableFilter } from "@/components/use-readable-filter";
import { exactNumber, shortNumber } from "@/lib/format";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import { BulkBar } from "./bulk-bar";
import { ColumnMenu } from "./column-menu";
import { columnsOf, narrowed } from "./columns";
import { Facets } from "./facets";
import { TableSkeleton } from "./table-skeleton";
import { TraceTable } from "./trace-table";
import classes from "./traces-page.module.css";
import { useLive } from "./use-live";

const t = text.traces;
const FROM = "/experiments/$experimentId/traces";
const NO_NAMES: readonly AssessmentName[] = [];

/** The list of traces of an experiment. */
export function TracesPage() {
  const { experimentId } = useParams({ from: FROM });
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const { clause, range, refresh, setRange } = useTimeRange();
  const { filter = "", order = "" } = search;
  const readable = useReadableFilter(filter, experimentId);
  const list = { experiment: experimentId, filter: joinClauses(readable.filter, clause), order };
  const pages = readable.noting(useInfiniteQuery(tracesQuery(list)));
  const experiment = useQuery(experimentQuery(experimentId));
  const live = useLive(experimentId, readable.filter, search.live !== undefined);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const known = useQuery(assessmentNamesQuery(experimentId));
  const names = known.data?.names ?? NO_NAMES;
  const columns = useMemo(() => columnsOf(search.columns, names), [search.columns, names]);
  const traces = useMemo(() => merged(live.traces, pages.data?.pages), [live.traces, pages.data]);
  const partial = pages.data?.pages.at(-1)?.partial ?? false;

  const change = useCallback(
    (next: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...next }) }),
    [navigate],
  );
  const setFilter = useCallback((next: string) => change({ filter: next || undefined }), [change]);
  const select = useCallback(
    (ids: readonly string[], on: boolean) =>
      setSelected((before) => {
        const next = new Set(before);
        for (const id of ids) on ? next.add(id) : next.delete(id);
        return next;
      }),
    [],
  );
  const clear = useCallback(() => setSelected(new Set()), []);
  const { fetchNextPage, hasNextPage, isFetching, isError } = pages;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage({ cancelRefetch: false });
  }, [fetchNextPage, hasNextPage, isFetching, isError]);
  const narrow = useMediaQuery("(max-width: 1400px)", false, { getInitialValueInEffect: false });
  const phone = useMediaQuery("(max-width: 600px)", false, { getInitialValueInEffect: false });
  const shown = useMemo(() => (phone ? narrowed(columns) : columns), [columns, phone]);
  const hideFacets = search.facets === undefined ? narrow : search.facets === "off";
  const FacetIcon = hideFacets ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  const again = () => {
    refresh();
    void pages.refetch();
  };
  const wrongFilter = filter !== "" && isFilterProblem(pages.error);
  const nothing = pages.data !== undefined && traces.length === 0 && !pages.isFetching && !pages.isError;
  return (
    <Page
      title={t.title}
      full
      heading={
        <>
          {t.title} <TraceTotal experiment={experimentId} filter={list.filter} loaded={traces.length} />
        </>
      }
      aside={
        <>
          <Tooltip label={t.liveHint}>
            <Switch
              size="xs"
              label={t.live}
              checked={search.live !== undefined}
              onChange={(event) => change({ live: event.currentTarget.checked ? "on" : undefined })}
            />
          </Tooltip>
          <Button variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={again}>
            {text.common.refresh}
          </Button>
          <Button
            variant="default"
            className={classes.facetButton}
            leftSection={<FacetIcon size={14} aria-hidden />}
            onClick={() => change({ facets: hideFacets ? "on" : "off" })}
          >
            {hideFacets ? t.facetsShow : t.facetsHide}
          </Button>
          <ColumnMenu columns={columns} names={names} onColumns={(next) => change({ columns: next })} />
        </>
      }
    >
      <FilterBar
        experimentId={experimentId}
        entity="trace"
        value={filter}
        placeholder={t.filterHint}
        stale={readable.stale}
        onChange={setFilter}
      />
      {search.live !== undefined && <p className={classes.note}>{t.liveOn}</p>}
      {selected.size > 0 && <BulkBar experimentId={experimentId} ids={[...selected]} clear={clear} />}
      {(pages.isError || live.error !== null) && !wrongFilter && (
        <ProblemNote
          error={pages.error ?? live.error}
          retry={placeOf(pages.error) === null ? again : undefined}
        />
      )}
      <div className={classes.body}>
        {!hideFacets && !pages.isError && (
          <Facets
            experimentId={experimentId}
            filter={readable.filter}
            clause={clause}
            recommendedTags={experiment.data?.settings.recommended_tags ?? []}
            onFilter={setFilter}
          />
        )}
        {pages.isPending && <TableSkeleton />}
        {nothing && (
          <NothingFound
            filtered={readable.filter !== ""}
            ranged={range.text !== "all"}
            showAll={() => setRange("all")}
            clear={() => setFilter("")}
            hints={pages.data.pages[0]?.hints ?? []}
          />
        )}
        {traces.length > 0 && (
          <TraceTable
            key={list.filter + order}
            experimentId={experimentId}
            traces={traces}
            columns={shown}
            order={order}
            selected={selected}
            more={pages.hasNextPage}
            foot={footOf(pages.hasNextPage, partial)}
            onOrder={(next) => change({ order: next || undefined })}
            onSelect={select}
            onEnd={loadMore}
          />
        )}
      </div>
    </Page>
  );
}

function footOf(more: boolean, partial: boolean): string {
  if (more) return t.loadMore;
  return partial ? text.common.partial : t.end;
}

/** What arrived while following, then the list; a trace in both once, in its newer state. */
export function merged(
  live: readonly Trace[],
  pages: readonly { items: readonly Trace[] }[] | undefined,
): readonly Trace[] {
  const listed = pages?.flatMap((page) => page.items) ?? [];
  if (live.length === 0) return listed;
  const newer = new Map(live.map((trace) => [trace.trace_id, trace]));
  return [...live, ...listed.filter((trace) => !newer.has(trace.trace_id))];
}

function TraceTotal({ experiment, filter, loaded }: { experiment: string; filter: string; loaded: number }) {
  const count = useQuery(countQuery({ experiment, filter }));
  if (count.data === undefined)
    return <span className={classes.total}>{count.isPending ? t.counting : ""}</span>;
  const shown = count.data.count < 1e6 ? exactNumber(count.data.count) : shortNumber(count.data.count);
  return (
    <span className={classes.total} title={t.loaded(exactNumber(loaded))}>
      {t.count(shown, count.data.exact)}
    </span>
  );
}

function NothingFound({
  filtered,
  ranged,
  showAll,
  clear,
  hints,
}: {
  filtered: boolean;
  ranged: boolean;
  showAll: () => void;
  clear: () => void;
  hints: readonly string[];
}) {
  const { experimentId } = useParams({ from: FROM });
  if (!filtered && !ranged)
    return (
      <Empty title={t.none}>
        <Link to="/experiments/$experimentId" params={{ experimentId }}>
          {t.noneHint}
        </Link>
      </Empty>
    );
  return (
    <Empty title={t.empty}>
      <Hints hints={hints} otherwise={t.emptyHint} />
      <Button.Group>
        {filtered && (
          <Button variant="default" onClick={clear}>
            {t.clearFilter}
          </Button>
        )}
        {ranged && (
          <Button variant="default" onClick={showAll}>
            {text.home.showAll}
          </Button>
        )}
      </Button.Group>
    </Empty>
  );
}
