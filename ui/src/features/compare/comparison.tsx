import { IconAlertCircleFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { stepsQuery } from "@/api/queries";
import type { Span, Trace, TraceDetail } from "@/api/schema";
import { Content } from "@/components/content";
import { Count, Duration, Moment, Usd } from "@/components/figures";
import { KindIcon } from "@/components/kind";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { SpanErrors } from "@/components/span-errors";
import { State } from "@/components/state";
import { type Aligned, align } from "@/lib/align";
import { nsToMs, nullableNsToMs } from "@/lib/format";
import { neededIds, type Step, type StepVerdict, stepNodes, stepsOf, verdictOf } from "@/lib/steps";
import { text } from "@/strings";
import classes from "./compare-page.module.css";

const t = text.compare;
const MOST_STEPS = 400;

interface ComparisonProps {
  left: TraceDetail;
  right: TraceDetail;
  /** All spans are steps, not only calls of models and tools. */
  all: boolean;
  experimentId: string;
}

/** The steps of two traces, aligned, with the first one that differs. */
export function Comparison({ left, right, all }: ComparisonProps) {
  const nodes = useMemo(() => [stepNodes(left, all), stepNodes(right, all)] as const, [left, right, all]);
  const one = useQuery(stepsQuery(left.trace.trace_id, neededIds(nodes[0], MOST_STEPS)));
  const other = useQuery(stepsQuery(right.trace.trace_id, neededIds(nodes[1], MOST_STEPS)));
  const rows = useMemo(() => {
    if (one.data === undefined || other.data === undefined) return null;
    return align(stepsOf(nodes[0], one.data), stepsOf(nodes[1], other.data), (step) => step.key);
  }, [nodes, one.data, other.data]);
  const verdicts = rows?.map(verdictOf) ?? [];
  const first = verdicts.findIndex((verdict) => verdict !== "equal");
  const problem = one.error ?? other.error;
  return (
    <>
      <div className={classes.sides}>
        <Side trace={left.trace} />
        <Side trace={right.trace} />
      </div>
      {problem !== null && <ProblemNote error={problem} />}
      {rows !== null && (
        <>
          <Summary
            verdicts={verdicts}
            answers={left.trace.response === right.trace.response}
            ends={endOf(left.trace) === endOf(right.trace)}
          />
          <ol className={classes.steps}>
            {rows.slice(0, MOST_STEPS).map((row, index) => (
              <StepRow
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
                key={index}
                row={row}
                verdict={verdicts[index] ?? "equal"}
                number={index + 1}
                first={index === first}
                left={left}
                right={right}
              />
            ))}
          </ol>
        </>
      )}
    </>
  );
}

/** Whether a trace failed, and for which reason. */
function endOf(trace: Trace): string {
  return trace.state === "ERROR" ? `failed ${trace.status_message}` : "";
}

function Side({ trace }: { trace: Trace }) {
  const failed = trace.state === "ERROR" && trace.status_message !== "";
  const params = { experimentId: trace.experiment_id, traceId: trace.trace_id };
  return (
    <section className={classes.side}>
      <h2 className="clip">
        <Link to="/experiments/$experimentId/traces/$traceId" params={params}>
          <SafeText text={trace.name || trace.trace_id} />
        </Link>
      </h2>
      <p className="dim">
        <State state={trace.state} /> · <Moment ms={nsToMs(trace.start_ns)} /> ·{" "}
        <Duration ms={nullableNsToMs(trace.duration_ns)} /> · <Count value={trace.tokens.total} />{" "}
        {text.trace.tokens.toLowerCase()} · <Usd value={trace.cost_usd} />
      </p>
      <Content value={trace.request} />
      {failed && (
        <>
          <h3>{text.trace.tabs.error}</h3>
          <p className={classes.error}>
            <SafeText text={trace.status_message} />
          </p>
        </>
      )}
      {(!failed || trace.response) && (
        <>
          <h3>{text.trace.response}</h3>
          <Content value={trace.response} markdown />
        </>
      )}
    </section>
  );
}

interface SummaryProps {
  verdicts: readonly StepVerdict[];
  /** The responses are the same. */
  answers: boolean;
  /** Both or neither failed, for one reason. */
  ends: boolean;
}

/** What the comparison comes to: whether the steps are the same, and if so, whether the same came of them. */
function Summary({ verdicts, answers, ends }: SummaryProps) {
  const step = verdicts.findIndex((verdict) => verdict !== "equal" && verdict !== "output");
  const outputs = verdicts.flatMap((verdict, index) => (verdict === "output" ? [index + 1] : []));
  const same = step < 0 && outputs.length === 0 && answers && ends;
  const said = [
    step < 0 ? (same ? t.same : t.aligned) : t.diverges(step + 1),
    outputs.length > 0 ? t.outputsDiffer(outputs) : "",
    step < 0 && !answers ? t.responsesDiffer : "",
    step < 0 && !ends ? t.endsDiffer : "",
  ];
  return (
    <p className={same ? classes.same : classes.differs} role="status">
      {said.filter(Boolean).join(" ")}
    </p>
  );
}

interface StepRowProps {
  verdict: StepVerdict;
  row: Aligned<Step>;
  number: number;
  first: boolean;
  left: TraceDetail;
  right: TraceDetail;
}

function StepRow({ row, verdict, number, first, left, right }: StepRowProps) {
  const [open, setOpen] = useState(first);
  return (
    <li className={classes.row} data-same={verdict === "equal" || undefined} data-first={first || undefined}>
      <button type="button" className={classes.number} aria-expanded={open} onClick={() => setOpen(!open)}>
        {number} <span className={classes.verdict}>{t.verdicts[verdict]}</span>
      </button>
      <StepCell step={row.left} detail={left} open={open} />
      <StepCell step={row.right} detail={right} open={open} />
    </li>
  );
}

function StepCell({ step, detail, open }: { step: Step | null; detail: TraceDetail; open: boolean }) {
  const traceId = detail.trace.trace_id;
  const spans = useQuery({
    ...stepsQuery(traceId, step === null ? [] : [step.node.span.span_id]),
    enabled: open && step !== null,
  });
  if (step === null) return <div className={classes.cell} />;
  const { span, startMs, endMs } = step.node;
  const content = spans.data?.[0];
  const params = { experimentId: detail.trace.experiment_id, traceId };
  return (
    <div className={classes.cell}>
      <div className={classes.step}>
        <KindIcon kind={span.kind} />
        <Link
          to="/experiments/$experimentId/traces/$traceId"
          params={params}
          search={{ span: span.span_id }}
          className="clip"
          preload={false}
        >
          <SafeText text={span.name} />
        </Link>
        {span.status === "ERROR" && (
          <IconAlertCircleFilled
            size={14}
            className={classes.mark}
            role="img"
            aria-label={text.state.ERROR}
          />
        )}
        <span className="dim">
          <Duration ms={endMs === null ? null : endMs - startMs} />
        </span>
      </div>
      {open && content !== undefined && <StepContent span={content} />}
    </div>
  );
}

/** What a step was given and what came of it; of one that failed, why. */
function StepContent({ span }: { span: Span }) {
  const { view } = span;
  const said = view.output_messages.map((message) => message.content || message.tool_calls);
  const output = view.outputs ?? (said.length > 0 ? said : null);
  return (
    <div className={classes.content}>
      <Content value={view.tool_call?.arguments ?? view.inputs ?? view.input_messages.at(-1)?.content} />
      <SpanErrors span={span} />
      {(span.status !== "ERROR" || output !== null) && <Content value={output} />}
    </div>
  );
}
