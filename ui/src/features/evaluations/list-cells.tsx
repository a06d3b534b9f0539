/** Cells of the list of evaluations; each row asks for its own state, and then for what its scores come to. */

import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { datasetQuery, evaluationQuery, summaryQuery } from "@/api/evaluation-queries";
import type { ValueSummary } from "@/api/schema";
import { Count } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, MISSING } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { shownMean } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { EvaluationState } from "./state";

const t = text.evaluations;
const MOST_SCORERS = 4;
const LINE_PX = 20;

interface CellProps {
  runId: string;
}

export function StateCell({ runId }: CellProps) {
  const found = useQuery(evaluationQuery(runId));
  return (
    <span className={classes.stateCell}>
      {found.data === undefined ? MISSING : <EvaluationState evaluation={found.data} />}
    </span>
  );
}

export function FailedRows({ runId }: CellProps) {
  const found = useQuery(evaluationQuery(runId));
  const failed = found.data?.rows_failed;
  return (
    <span className={failed !== undefined && failed > 0 ? classes.bad : undefined}>
      <Count value={failed} />
    </span>
  );
}

/** The mean of each scorer, with its interval and its n. */
export function Scores({ runId }: CellProps) {
  const evaluation = useQuery(evaluationQuery(runId));
  const done = evaluation.data?.rows_done;
  const found = useQuery({ ...summaryQuery(runId, done ?? 0), enabled: done !== undefined });
  const lines = Math.min(evaluation.data?.scorers.length ?? 1, MOST_SCORERS + 1);
  const height = Math.max(1, lines) * LINE_PX;
  if (found.data === undefined || found.data.scorers.length === 0)
    return (
      <span className={classes.scores} style={{ height }}>
        {found.isPending && lines > 0 ? <Skeleton height={height - 6} width={240} mt={3} /> : MISSING}
      </span>
    );
  return (
    <span className={classes.scores} style={{ height }}>
      {found.data.scorers.slice(0, MOST_SCORERS).map(({ scorer, summary }) => (
        <span key={scorer} className={classes.score}>
          <span className="dim clip" title={visibleText(scorer)}>
            <SafeText text={scorer} />
          </span>{" "}
          <strong>{meanOf(summary)}</strong> <span className="dim">{intervalOf(summary)}</span>{" "}
          <span className="dim">{text.common.n(exactNumber(summary.n))}</span>
        </span>
      ))}
      {found.data.scorers.length > MOST_SCORERS && (
        <span className="dim">{text.common.moreOf(String(found.data.scorers.length - MOST_SCORERS))}</span>
      )}
    </span>
  );
}

export function DatasetCell({ runId }: CellProps) {
  const found = useQuery(evaluationQuery(runId));
  const bindings = found.data?.bindings;
  const id = bindings?.dataset_id ?? null;
  const dataset = useQuery({ ...datasetQuery(id ?? ""), enabled: id !== null, retry: false });
  if (id === null || bindings === undefined) return <span className={classes.datasetCell}>{MISSING}</span>;
  const experimentId = dataset.data?.experiment_id ?? found.data?.run.experiment_id ?? "";
  return (
    <Link
      to="/experiments/$experimentId/datasets/$datasetId"
      params={{ experimentId, datasetId: id }}
      search={{ version: bindings.dataset_version === null ? undefined : String(bindings.dataset_version) }}
      preload={false}
      className={`${classes.datasetCell} clip`}
    >
      <SafeText text={dataset.data?.name ?? id} />
      {bindings.dataset_version !== null && (
        <span className="dim"> {t.version(bindings.dataset_version)}</span>
      )}
    </Link>
  );
}

/** The mean, or the most frequent label, of what a scorer said. */
export function meanOf(summary: ValueSummary): string {
  const value = finite(summary.value);
  if (value !== null) return shownMean(value, summary.kind);
  const most = summary.counts[0];
  return most === undefined ? MISSING : `${most.label} ${most.count}/${summary.n}`;
}

export function intervalOf(summary: ValueSummary): string {
  const low = finite(summary.interval?.low);
  const high = finite(summary.interval?.high);
  if (low === null || high === null) return "";
  return `${shownMean(low, summary.kind)} – ${shownMean(high, summary.kind)}`;
}
