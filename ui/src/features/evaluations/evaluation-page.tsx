import { Button, Skeleton } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo } from "react";
import { evaluationQuery, summaryQuery } from "@/api/evaluation-queries";
import type { Evaluation, EvaluationRow } from "@/api/schema";
import { FactList, Facts } from "@/components/facts";
import { Count, Duration, Moment } from "@/components/figures";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { VersionName } from "@/components/version-name";
import { quote } from "@/lib/filtertext";
import { exactNumber, MISSING } from "@/lib/format";
import { text } from "@/strings";
import classes from "./evaluations.module.css";
import { Histogram } from "./histogram";
import { DatasetCell } from "./list-cells";
import { RowTable, type Shown } from "./row-table";
import { SliceTable, sliceKeys } from "./slice-table";
import { EvaluationState } from "./state";
import { SummaryTable, valuesOf } from "./summary-table";
import { type Rows, useRows } from "./use-rows";

const t = text.evaluation;
const FROM = "/experiments/$experimentId/evaluations/$runId";

/** One evaluation: what it came to, and every row of it. */
export function EvaluationPage() {
  const { experimentId, runId } = useParams({ from: FROM });
  const found = useQuery(evaluationQuery(runId));
  const run = found.data?.run;
  const name = run?.name || runId;
  return (
    <Page
      title={name}
      full
      heading={
        <>
          <Link to="/experiments/$experimentId/evaluations" params={{ experimentId }}>
            {text.evaluations.title}
          </Link>{" "}
          <span className="dim">/</span> <SafeText text={name} />
        </>
      }
      aside={
        <Button
          variant="default"
          leftSection={<IconArrowsDiff size={14} aria-hidden />}
          renderRoot={(props) => (
            <Link
              to="/experiments/$experimentId/evaluations/compare"
              params={{ experimentId }}
              search={{ baseline: runId }}
              {...props}
            />
          )}
        >
          {t.compareWith}
        </Button>
      }
    >
      {found.isError && (
        <>
          <ProblemNote error={found.error} retry={() => void found.refetch()} />
          <p>{t.gone}</p>
        </>
      )}
      {found.isPending && <Skeleton height={160} radius={8} />}
      {found.data !== undefined && <Loaded key={runId} evaluation={found.data} />}
    </Page>
  );
}

function Loaded({ evaluation }: { evaluation: Evaluation }) {
  const { show, order = "", find = "", row, scorer, slice } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const { run_id } = evaluation.run;
  const rows = useRows(run_id, evaluation.rows_done);
  const summary = useQuery(summaryQuery(run_id, evaluation.rows_done, slice));
  const slices = useMemo(() => sliceKeys(rows.items), [rows.items]);
  const change = useCallback(
    (next: Record<string, string | undefined>) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace: true }),
    [navigate],
  );
  const note = rows.complete ? undefined : t.partialRows(exactNumber(rows.items.length));
  const shown: Shown = show === "failed" || show === "errors" ? show : "all";
  return (
    <>
      <Head evaluation={evaluation} rows={rows} />
      {/* The rows stand below the summary, and the summary's picture is made of the rows: together, or not yet. */}
      {summary.isPending || rows.pending ? (
        <Skeleton height={320} radius={8} />
      ) : (
        <>
          {summary.isError && <ProblemNote error={summary.error} />}
          {summary.data !== undefined && (
            <div className={classes.summary}>
              <SummaryTable
                summary={summary.data}
                rows={rows.items}
                chosen={scorer}
                onChoose={(next) => change({ scorer: next })}
              />
              {scorer !== undefined && (
                <Histogram scorer={scorer} values={valuesOf(rows.items, scorer)} note={note} />
              )}
            </div>
          )}
          {slices.length > 0 && (
            <SliceTable
              keys={slices}
              chosen={slice}
              scorers={summary.data?.scorers ?? []}
              onChoose={(next) => change({ slice: next })}
            />
          )}
          {rows.error !== null && <ProblemNote error={rows.error} />}
          <RowTable
            evaluation={evaluation}
            rows={rows}
            shown={shown}
            order={order}
            find={find}
            opened={row}
            onChange={change}
          />
        </>
      )}
    </>
  );
}

/** For how many rows the program failed, and for how many a scorer; together where not all rows are here. */
function errorFacts(evaluation: Evaluation, rows: Rows): [string, ReactNode][] {
  if (evaluation.rows_failed === 0) return [];
  if (!rows.complete && !rows.pending && !rows.loading)
    return [[text.evaluations.columns.failed, <Count key="e" value={evaluation.rows_failed} />]];
  const count = (state: EvaluationRow["state"]) => rows.items.filter((row) => row.state === state).length;
  const shown = (state: EvaluationRow["state"]) =>
    rows.complete ? <Count key={state} value={count(state)} /> : MISSING;
  return [
    [t.programFailed, shown("PREDICT_ERROR")],
    [t.scorerFailed, shown("SCORE_ERROR")],
  ];
}

function Head({ evaluation, rows }: { evaluation: Evaluation; rows: Rows }) {
  const { run, bindings } = evaluation;
  const experimentId = run.experiment_id;
  const prompts = Object.entries(bindings.prompt_versions).map(([name, version]) => `${name} ${version}`);
  const more: [string, string][] = [
    ...Object.entries(run.params).map(([key, value]): [string, string] => [key, value]),
    ...Object.entries(run.tags).map(([key, value]): [string, string] => [key, value]),
    ...Object.entries(bindings.git).map(([key, value]): [string, string] => [`${t.git} ${key}`, value]),
    ...Object.entries(bindings.environment).map(([key, value]): [string, string] => [key, value]),
  ];
  return (
    <>
      <Facts
        facts={[
          [t.state, <EvaluationState key="s" evaluation={evaluation} />],
          [text.evaluations.columns.started, <Moment key="m" ms={run.start_ms} />],
          [t.duration, run.end_ms === null ? null : <Duration key="d" ms={run.end_ms - run.start_ms} />],
          [t.rows, <Count key="r" value={evaluation.rows_total} />],
          ...errorFacts(evaluation, rows),
          [t.dataset, bindings.dataset_id === null ? null : <DatasetCell key="ds" runId={run.run_id} />],
          [t.split, bindings.split],
          [
            t.model,
            bindings.model_id === null ? null : (
              <Link
                key="v"
                to="/experiments/$experimentId/models"
                params={{ experimentId }}
                search={{ model: bindings.model_id }}
              >
                <VersionName experimentId={experimentId} modelId={bindings.model_id} />
              </Link>
            ),
          ],
          [t.prompts, prompts.length === 0 ? null : <SafeText key="p" text={prompts.join(", ")} />],
          [t.repetitions, bindings.repetitions === 1 ? null : bindings.repetitions],
          [
            text.traces.title,
            <Link
              key="t"
              to="/experiments/$experimentId/traces"
              params={{ experimentId }}
              search={{ filter: `run = ${quote(run.run_id)}` }}
            >
              {t.traces}
            </Link>,
          ],
        ]}
      />
      {evaluation.message !== null && (
        <p className={classes.bad}>
          <SafeText text={evaluation.message} />
        </p>
      )}
      {more.length > 0 && (
        <details>
          <summary>
            {t.bindings} <span className="dim">{more.length}</span>
          </summary>
          <FactList facts={more.map(([key, value]) => [key, <SafeText key={key} text={value} />])} />
        </details>
      )}
    </>
  );
}
