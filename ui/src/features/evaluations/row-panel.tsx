import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { previewsQuery, recordQuery } from "@/api/evaluation-queries";
import type { Bindings, EvaluationRow, RowScore } from "@/api/schema";
import { Content } from "@/components/content";
import { Facts } from "@/components/facts";
import { Duration, Usd } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { visibleText } from "@/lib/hidden";
import { shownValue, verdict } from "@/lib/judgment";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { scoreError } from "./row-errors";
import { ScoreFailures, WhereRaised } from "./row-failures";

const t = text.evaluation;

interface RowPanelProps {
  experimentId: string;
  runId: string;
  bindings: Bindings;
  row: EvaluationRow;
  close: () => void;
}

/** One row: what went in, what came out, what was expected, and what each scorer said of it. */
export function RowPanel({ experimentId, runId, bindings, row, close }: RowPanelProps) {
  const title = row.repetition > 0 ? `${row.row_key} · ${t.repetition(row.repetition)}` : row.row_key;
  const said = row.scores.filter((score) => score.error === null);
  return (
    <SidePanel title={t.row} heading={<SafeText text={title} />} close={close}>
      <Facts
        facts={[
          [t.state, t.rowStates[row.state]],
          [t.duration, row.duration_ms === null ? null : <Duration key="d" ms={row.duration_ms} />],
          [t.cost, row.cost_usd === null ? null : <Usd key="c" value={row.cost_usd} />],
          ...Object.entries(row.slices).map(
            ([key, value]) => [key, <SafeText key={key} text={value} />] as const,
          ),
        ]}
      />
      {row.error !== null && (
        <Part title={t.error}>
          <div className={classes.bad}>
            <Content value={row.error} />
          </div>
          {row.trace_id !== null && <WhereRaised traceId={row.trace_id} />}
        </Part>
      )}
      {said.length < row.scores.length && (
        <Part title={t.scorerErrors}>
          <ScoreFailures experimentId={experimentId} runId={runId} row={row} />
        </Part>
      )}
      {said.length > 0 && (
        <Part title={t.scores}>
          {said.map((score) => (
            <ScoreCard key={score.name} score={score} />
          ))}
        </Part>
      )}
      <RowContent experimentId={experimentId} bindings={bindings} row={row} />
    </SidePanel>
  );
}

function ScoreCard({ score }: { score: RowScore }) {
  return (
    <article className={classes.scoreCard}>
      <div className={classes.scored}>
        <span className="clip" title={visibleText(score.name)}>
          <SafeText text={score.name} />
        </span>{" "}
        <ScoreValue score={score} />
      </div>
      {score.rationale !== null && <Content value={score.rationale} markdown />}
    </article>
  );
}

/** A score's value, or its error; good and bad where it plainly says so. */
export function ScoreValue({ score }: { score: RowScore | undefined }) {
  if (score === undefined) return <span className="dim">–</span>;
  if (score.error !== null)
    return (
      <span className={classes.bad} title={visibleText(scoreError(score))}>
        {t.error}
      </span>
    );
  const said = verdict(score.value);
  return (
    <strong className={said === null ? undefined : classes[said]}>
      <SafeText text={shownValue(score.value)} />
    </strong>
  );
}

type ContentProps = Pick<RowPanelProps, "experimentId" | "bindings" | "row">;

/** Input and output as the row's trace has them, the record where there is one. */
export function RowContent({ experimentId, bindings, row }: ContentProps) {
  const { trace_id, record_id } = row;
  const { dataset_id, dataset_version } = bindings;
  const traces = useQuery({
    ...previewsQuery(experimentId, [trace_id ?? ""]),
    enabled: trace_id !== null,
  });
  const record = useQuery({
    ...recordQuery(dataset_id ?? "", record_id ?? "", String(dataset_version ?? "latest")),
    enabled: dataset_id !== null && record_id !== null,
    retry: false,
  });
  const trace = trace_id === null ? undefined : traces.data?.get(trace_id);
  return (
    <>
      <Part title={t.input}>
        <Content value={record.data?.inputs ?? trace?.request} />
      </Part>
      <Part title={t.output}>
        {trace_id === null ? (
          <p className="dim">{t.noTrace}</p>
        ) : (
          <Content value={trace?.response} markdown />
        )}
      </Part>
      {record.data !== undefined && Object.keys(record.data.expectations).length > 0 && (
        <Part title={t.expectations}>
          <Content value={record.data.expectations} />
        </Part>
      )}
      <div className={classes.links}>
        {trace_id !== null && (
          <Link
            to="/experiments/$experimentId/traces/$traceId"
            params={{ experimentId, traceId: trace_id }}
            preload={false}
          >
            {t.openTrace}
          </Link>
        )}
        {dataset_id !== null && record_id !== null && (
          <Link
            to="/experiments/$experimentId/datasets/$datasetId"
            params={{ experimentId, datasetId: dataset_id }}
            search={{
              record: record_id,
              version: dataset_version === null ? undefined : String(dataset_version),
            }}
            preload={false}
          >
            {t.openRecord}
          </Link>
        )}
      </div>
    </>
  );
}
