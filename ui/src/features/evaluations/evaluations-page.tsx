import { Button, Checkbox } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { evaluationQuery, runsQuery } from "@/api/evaluation-queries";
import type { Run } from "@/api/schema";
import { useTimeRange } from "@/app/time-range";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Duration, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { evaluateSnippet } from "@/lib/snippets";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { DatasetCell, FailedRows, Scores, StateCell } from "./list-cells";

const t = text.evaluations;
const FROM = "/experiments/$experimentId/evaluations";
const ONES = "kind = 'EVALUATION'";

/** The evaluations of an experiment, newest first; some of them are chosen and compared. */
export function EvaluationsPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "" } = useSearch({ from: FROM });
  const { clause } = useTimeRange();
  const navigate = useNavigate({ from: FROM });
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const shown = useReadableFilter(filter, experimentId);
  const found = shown.noting(
    useInfiniteQuery(runsQuery(experimentId, joinClauses(ONES, shown.filter, clause), order)),
  );
  const listed = found.data?.pages.flatMap((page) => page.items);
  // How many scorers each has says how high its row is: the list waits for it, so that nothing moves later.
  const states = useQueries({ queries: (listed ?? []).map((run) => evaluationQuery(run.run_id)) });
  const items = states.every((each) => !each.isPending) ? listed : undefined;
  const choose = (run: Run) =>
    setChosen((before) =>
      before.includes(run.run_id) ? before.filter((id) => id !== run.run_id) : [...before, run.run_id],
    );
  // The oldest of the chosen ones is the baseline, whatever was clicked first.
  const ordered = (items ?? []).filter((run) => chosen.includes(run.run_id)).sort(byStart);
  const compare = () =>
    void navigate({
      to: "/experiments/$experimentId/evaluations/compare",
      params: { experimentId },
      search: {
        baseline: ordered[0]?.run_id,
        with: ordered
          .slice(1)
          .map((run) => run.run_id)
          .join(","),
      },
    });
  return (
    <EntityList
      title={t.title}
      filter={{ experimentId, entity: "run", hint: t.filterHint }}
      narrowed={clause !== ""}
      texts={t}
      code={evaluateSnippet(experimentId)}
      found={{ ...pagesOf(found, shown.stale), items: listed?.length === 0 ? listed : items }}
      columns={columnsOf(chosen, choose)}
      keyOf={(run) => run.run_id}
      above={
        <div className={classes.bar}>
          <Button
            variant="default"
            leftSection={<IconArrowsDiff size={14} aria-hidden />}
            disabled={chosen.length < 2}
            onClick={compare}
          >
            {t.compare}
          </Button>
          <span className="dim">
            {chosen.length < 2 ? t.compareHint : text.traces.selected(chosen.length)}
          </span>
        </div>
      }
    />
  );
}

function byStart(one: Run, other: Run): number {
  return one.start_ms - other.start_ms;
}

function columnsOf(chosen: readonly string[], choose: (run: Run) => void): readonly ListColumn<Run>[] {
  return [
    {
      id: "select",
      label: text.traces.column.select,
      unlabelled: true,
      cell: (run) => (
        <Checkbox
          size="xs"
          aria-label={t.select(run.name || run.run_id)}
          checked={chosen.includes(run.run_id)}
          onChange={() => choose(run)}
        />
      ),
    },
    {
      id: "name",
      label: t.columns.name,
      sort: "name",
      cell: (run) => (
        <Link
          to="/experiments/$experimentId/evaluations/$runId"
          params={{ experimentId: run.experiment_id, runId: run.run_id }}
          preload={false}
        >
          <SafeText text={run.name || run.run_id} />
        </Link>
      ),
    },
    { id: "state", label: t.columns.state, cell: (run) => <StateCell runId={run.run_id} /> },
    { id: "scores", label: t.columns.scores, cell: (run) => <Scores runId={run.run_id} /> },
    {
      id: "failed",
      label: t.columns.failed,
      numeric: true,
      cell: (run) => <FailedRows runId={run.run_id} />,
    },
    { id: "dataset", label: t.columns.dataset, cell: (run) => <DatasetCell runId={run.run_id} /> },
    {
      id: "started",
      label: t.columns.started,
      sort: "start",
      cell: (run) => <Moment ms={run.start_ms} relative />,
    },
    {
      id: "duration",
      label: t.columns.duration,
      numeric: true,
      sort: "duration",
      cell: (run) => <Duration ms={run.end_ms === null ? null : run.end_ms - run.start_ms} />,
    },
  ];
}
