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
import { State } from "@/components/state";
import { type Aligned, align } from "@/lib/align";
import { nsToMs, nullableNsToMs } from "@/lib/format";
import { buildTree, type SpanNode } from "@/lib/spantree";
import { text } from "@/strings";
import classes from "./compare-page.module.css";

const t = text.compare;
const CALLS = new Set(["TOOL", "LLM", "CHAT_MODEL", "RETRIEVER", "RERANKER", "EMBEDDING", "GUARDRAIL"]);
const MOST_STEPS = 400;

interface ComparisonProps {
  left: TraceDetail;
  right: TraceDetail;
  /** All spans are steps, not only calls of models and tools. */
  all: boolean;
  experimentId: string;
}

interface Step {
  node: SpanNode;
  /** What makes a step the same as another: its kind and name, and what a tool was called with. */
  key: string;
}

/** The steps of two traces, aligned, with the first one that differs. */
export function Comparison({ left, right, all }: ComparisonProps) {
  const one = useQuery(stepsQuery(left.trace.trace_id, toolIds(left)));
  const other = useQuery(stepsQuery(right.trace.trace_id, toolIds(right)));
  const rows = useMemo(() => {
    if (one.data === undefined || other.data === undefined) return null;
    return align(stepsOf(left, one.data, all), stepsOf(right, other.data, all), (step) => step.key);
  }, [left, right, one.data, other.data, all]);
  const first = rows?.findIndex((row) => row.left?.key !== row.right?.key) ?? -1;
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
          <p className={first < 0 ? classes.same : classes.differs} role="status">
            {first < 0 ? t.same : t.diverges(first + 1)}
          </p>
          <ol className={classes.steps}>
            {rows.slice(0, MOST_STEPS).map((row, index) => (
              <StepRow
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
                key={index}
                row={row}
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

function toolIds(detail: TraceDetail): string[] {
  return detail.spans.filter((span) => span.kind === "TOOL").map((span) => span.span_id);
}

/** The steps of a trace in order of their start. */
export function stepsOf(detail: TraceDetail, tools: readonly Span[], all: boolean): Step[] {
  const called = new Map(
    tools.map((span) => [span.span_id, span.view.tool_call?.arguments ?? span.view.inputs]),
  );
  return buildTree(detail.spans)
    .nodes.filter(({ span }) => all || CALLS.has(span.kind))
    .sort((a, b) => a.startMs - b.startMs || a.index - b.index)
    .map((node) => {
      const { kind, name, status, span_id } = node.span;
      const given = kind === "TOOL" ? JSON.stringify(called.get(span_id) ?? null) : "";
      return { node, key: `${kind} ${name} ${status === "ERROR"} ${given}` };
    });
}

function Side({ trace }: { trace: Trace }) {
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
      <h3>{text.trace.response}</h3>
      <Content value={trace.response} markdown />
    </section>
  );
}

interface StepRowProps {
  row: Aligned<Step>;
  number: number;
  first: boolean;
  left: TraceDetail;
  right: TraceDetail;
}

function StepRow({ row, number, first, left, right }: StepRowProps) {
  const same = row.left?.key === row.right?.key;
  const [open, setOpen] = useState(first);
  const verdict = same
    ? t.equal
    : row.left === null
      ? t.onlyRight
      : row.right === null
        ? t.onlyLeft
        : t.changed;
  return (
    <li className={classes.row} data-same={same || undefined} data-first={first || undefined}>
      <button type="button" className={classes.number} aria-expanded={open} onClick={() => setOpen(!open)}>
        {number} <span className={classes.verdict}>{verdict}</span>
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
  const view = spans.data?.[0]?.view;
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
        <span className="dim">
          <Duration ms={endMs === null ? null : endMs - startMs} />
        </span>
      </div>
      {open && view !== undefined && (
        <div className={classes.content}>
          <Content value={view.tool_call?.arguments ?? view.inputs ?? view.input_messages.at(-1)?.content} />
          <Content
            value={
              view.outputs ?? view.output_messages.map((message) => message.content || message.tool_calls)
            }
          />
        </div>
      )}
    </div>
  );
}
