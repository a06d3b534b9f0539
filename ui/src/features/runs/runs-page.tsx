import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { runsQuery } from "@/api/evaluation-queries";
import type { Run } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Duration, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { RowButton } from "@/components/row-button";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { MISSING } from "@/lib/format";
import { shownMetric } from "@/lib/scores";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import { RunPanel } from "./run-panel";
import classes from "./runs.module.css";

const t = text.runs;
const FROM = "/experiments/$experimentId/runs";
const MOST_SHOWN = 4;

/** The runs of an experiment, of every kind: what each was given, and what was measured; one of them open. */
export function RunsPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "", run } = useSearch({ from: FROM });
  const { clause } = useTimeRange();
  const navigate = useNavigate({ from: FROM });
  const shown = useReadableFilter(filter, experimentId);
  const found = shown.noting(
    useInfiniteQuery(runsQuery(experimentId, joinClauses(shown.filter, clause), order)),
  );
  const open = (id: string | undefined) => void navigate({ search: (before) => ({ ...before, run: id }) });
  return (
    <EntityList
      title={t.title}
      hint={t.hint}
      filter={{ experimentId, entity: "run", hint: t.filterHint }}
      narrowed={clause !== ""}
      texts={t}
      code={t.emptyCode(experimentId)}
      found={pagesOf(found, shown.stale)}
      columns={columnsOf((id) => open(id === run ? undefined : id))}
      keyOf={(each) => each.run_id}
    >
      {run !== undefined && (
        <RunPanel key={run} experimentId={experimentId} run={run} open={open} close={() => open(undefined)} />
      )}
    </EntityList>
  );
}

function columnsOf(open: (id: string) => void): readonly ListColumn<Run>[] {
  return [
    {
      id: "name",
      label: t.columns.name,
      sort: "name",
      cell: ({ run_id, name }) => (
        <RowButton onClick={() => open(run_id)}>
          <SafeText text={name || run_id} />
        </RowButton>
      ),
    },
    { id: "kind", label: t.columns.kind, cell: ({ kind }) => t.kinds[kind] },
    {
      id: "status",
      label: t.columns.status,
      sort: "status",
      cell: ({ status }) => (
        <span className={status === "FAILED" || status === "KILLED" ? classes.failed : undefined}>
          {t.statuses[status]}
        </span>
      ),
    },
    { id: "metrics", label: t.columns.metrics, cell: ({ metrics }) => <Line entries={metricsOf(metrics)} /> },
    {
      id: "params",
      label: t.columns.params,
      cell: ({ params }) => <Line entries={Object.entries(params)} />,
    },
    {
      id: "started",
      label: t.columns.started,
      sort: "start",
      cell: ({ start_ms }) => <Moment ms={start_ms} relative />,
    },
    {
      id: "duration",
      label: t.columns.duration,
      numeric: true,
      sort: "duration",
      cell: ({ start_ms, end_ms }) => <Duration ms={end_ms === null ? null : end_ms - start_ms} />,
    },
    {
      id: "by",
      label: t.columns.by,
      cell: ({ created_by }) => (created_by === null ? MISSING : <SafeText text={created_by} />),
    },
  ];
}

function metricsOf(metrics: Run["metrics"]): [string, string][] {
  return Object.values(metrics).map(({ key, value }) => [key, shownMetric(value)]);
}

function Line({ entries }: { entries: readonly [string, string][] }) {
  if (entries.length === 0) return MISSING;
  const more = entries.length - MOST_SHOWN;
  return (
    <>
      <SafeText
        text={entries
          .slice(0, MOST_SHOWN)
          .map(([key, value]) => `${key}=${value}`)
          .join(", ")}
      />
      {more > 0 && <span className="dim"> {text.common.moreOf(String(more))}</span>}
    </>
  );
}
