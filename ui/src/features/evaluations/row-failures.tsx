import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { assessmentsQuery, spanQuery, traceQuery } from "@/api/queries";
import type { EvaluationRow, RowScore } from "@/api/schema";
import { FailureCard, SpanErrors } from "@/components/span-errors";
import { quote } from "@/lib/filtertext";
import { text } from "@/strings";
import classes from "./evaluations.module.css";

/** The entry of a judgment's metadata that says where its error was raised. */
const STACK = "lodeline.mlflow.stack_trace";
const t = text.evaluation;

interface ScoreFailuresProps {
  experimentId: string;
  runId: string;
  row: EvaluationRow;
}

/** What scorers failed with: as the row has it, and whole, with its stack, once their judgments are here. */
export function ScoreFailures({ experimentId, runId, row }: ScoreFailuresProps) {
  const failed = row.scores.filter((score) => score.error !== null);
  const filter = `trace = ${quote(row.trace_id ?? "")} AND run = ${quote(runId)} AND error IS NOT NULL`;
  const found = useQuery({
    ...assessmentsQuery(experimentId, filter),
    placeholderData: undefined,
    enabled: failed.length > 0 && row.trace_id !== null,
  });
  const said = new Map(found.data?.items.map((each) => [each.assessment_id, each]));
  const failureOf = (score: RowScore) => {
    const judgment = said.get(score.assessment_id ?? "");
    const whole = judgment?.error?.code === score.error ? judgment : undefined;
    return {
      type: `${score.name}: ${score.error}`,
      message: whole?.error?.message ?? score.error_message,
      stack: whole?.metadata[STACK] ?? "",
    };
  };
  return (
    <div className={classes.failures}>
      {failed.map((score) => (
        <FailureCard key={score.name} failure={failureOf(score)} />
      ))}
    </div>
  );
}

/** Where the program failed, as the row's trace has it; asked for when it is opened. */
export function WhereRaised({ traceId }: { traceId: string }) {
  const [open, setOpen] = useState(false);
  const trace = useQuery({ ...traceQuery(traceId), enabled: open });
  const failed = trace.data?.spans.find((span) => span.status === "ERROR")?.span_id;
  const span = useQuery({ ...spanQuery(traceId, failed ?? ""), enabled: failed !== undefined });
  const none = trace.isError || (trace.data !== undefined && failed === undefined) || span.data === null;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.whereRaised}</summary>
      {none && <p className="dim">{t.nowhereRaised}</p>}
      {span.data !== undefined && span.data !== null && <SpanErrors span={span.data} />}
    </details>
  );
}
