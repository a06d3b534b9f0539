/** Cells of the list of evaluations: all read the same answer, which each row asks for by itself. */

import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { datasetQuery, evaluationQuery } from "@/api/evaluation-queries";
import type { ValueSummary } from "@/api/schema";
import { Count } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, MISSING } from "@/lib/format";
import { shownMean } from "@/lib/scores";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { EvaluationState } from "./state";

const t = text.evaluations;
const MOST_SCORERS = 4;

interface CellProps {
  runId: string;
}

export function StateCell({ runId }: CellProps) {
  const found = useQuery(evaluationQuery(runId));
  if (found.data === undefined) return found.isError ? MISSING : <Skeleton height={14} width={90} />;
  return <EvaluationState evaluation={found.data.evaluation} />;
}

export function FailedRows({ runId }: CellProps) {
  const found = useQuery(evaluationQuery(runId));
  const failed = found.data?.evaluation.rows_failed;
  return (
    <span className={failed !== undefined && failed > 0 ? classes.bad : undefined}>
      <Count value={failed} />
    </span>
  );
}

/** The mean of each scorer, with its interval and its n. */
export function Scores({ runId }: CellProps) {
  const found = useQuery(evaluationQuery(runId));
  if (found.data === undefined) return found.isError ? MISSING : <Skeleton height={14} width={180} />;
  if (found.data.scorers.length === 0) return MISSING;
  return (
    <span className={classes.scores}>
      {found.data.scorers.slice(0, MOST_SCORERS).map(({ scorer, summary }) => (
        <span key={scorer} className={classes.score}>
          <span className="dim">
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
  const bindings = found.data?.evaluation.bindings;
  const id = bindings?.dataset_id ?? null;
  const dataset = useQuery({ ...datasetQuery(id ?? ""), enabled: id !== null, retry: false });
  if (id === null || bindings === undefined) return MISSING;
  const experimentId = dataset.data?.experiment_id ?? found.data?.evaluation.run.experiment_id ?? "";
  return (
    <Link
      to="/experiments/$experimentId/datasets/$datasetId"
      params={{ experimentId, datasetId: id }}
      search={{ version: bindings.dataset_version === null ? undefined : String(bindings.dataset_version) }}
      preload={false}
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
