import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { spanQuery, traceQuery } from "@/api/queries";
import type { Span, SpanSkeleton, Trace } from "@/api/schema";
import { ToolCallCard } from "@/components/chat";
import { Content } from "@/components/content";
import { Duration } from "@/components/figures";
import { KindIcon } from "@/components/kind";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { SpanErrors } from "@/components/span-errors";
import { exactNumber, nsToMs } from "@/lib/format";
import { text } from "@/strings";
import classes from "./session-page.module.css";
import { MOST_STEPS, stepsOf } from "./steps";

const t = text.sessions;

/** What happened within a turn: its tool calls and what failed in it, in order; asked for when it is opened. */
export function TurnSteps({ trace }: { trace: Trace }) {
  const [open, setOpen] = useState(false);
  const found = useQuery({ ...traceQuery(trace.trace_id), enabled: open });
  const steps = found.data === undefined ? [] : stepsOf(found.data.spans);
  return (
    <details className={classes.steps} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{trace.error_count > 0 ? t.stepsFailed : t.steps}</summary>
      {found.isError && <ProblemNote error={found.error} retry={() => void found.refetch()} />}
      {open && found.isPending && <p className="dim">{text.common.loading}</p>}
      {found.data !== undefined && steps.length === 0 && <p className="dim">{t.noSteps}</p>}
      <ol>
        {steps.slice(0, MOST_STEPS).map((span) => (
          <Step key={span.span_id} trace={trace} span={span} />
        ))}
      </ol>
      {steps.length > MOST_STEPS && (
        <p className="dim">{t.moreSteps(exactNumber(steps.length - MOST_STEPS))}</p>
      )}
    </details>
  );
}

function Step({ trace, span }: { trace: Trace; span: SpanSkeleton }) {
  const [open, setOpen] = useState(false);
  const whole = useQuery({ ...spanQuery(trace.trace_id, span.span_id), enabled: open });
  const failed = span.status === "ERROR";
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <KindIcon kind={span.kind} /> <SafeText text={span.name} />
          {failed && <strong className={classes.failed}> {t.failed}</strong>}
          {span.end_ns !== null && (
            <span className="dim">
              {" "}
              <Duration ms={nsToMs(String(BigInt(span.end_ns) - BigInt(span.start_ns)))} />
            </span>
          )}
        </summary>
        {whole.isError && <ProblemNote error={whole.error} retry={() => void whole.refetch()} />}
        {open && whole.isPending && <p className="dim">{text.common.loading}</p>}
        {whole.data !== undefined && whole.data !== null && <StepContent span={whole.data} />}
        <Link
          to="/experiments/$experimentId/traces/$traceId"
          params={{ experimentId: trace.experiment_id, traceId: trace.trace_id }}
          search={{ span: span.span_id }}
          preload={false}
        >
          {t.openSpan}
        </Link>
      </details>
    </li>
  );
}

function StepContent({ span }: { span: Span }) {
  const { tool_call: call, inputs, outputs } = span.view;
  return (
    <>
      <SpanErrors span={span} />
      {call !== null && <ToolCallCard call={call} />}
      {call === null && inputs !== null && (
        <>
          <h3>{text.trace.input}</h3>
          <Content value={inputs} />
        </>
      )}
      {outputs !== null && (
        <>
          <h3>{call === null ? text.trace.output : text.trace.toolAnswer}</h3>
          <Content value={outputs} />
        </>
      )}
    </>
  );
}
