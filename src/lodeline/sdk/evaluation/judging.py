"""Judges' own traces: each attempt at a judge's call in an evaluation is a trace of its own in the experiment.

It is no part of the row's trace nor of the run, so that latency and cost of the application stay what they are; the
assessment that comes of it names it in its metadata (`keeping.JUDGE_TRACE`).
"""

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, set_span_in_context

from lodeline.evals.judges.opening import JudgeCall
from lodeline.evals.scoring.judged import JUDGED
from lodeline.sdk.contexts import Entered
from lodeline.sdk.evaluation.predicting import trace_of
from lodeline.sdk.provider import current_tracer
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain
from lodeline.sdk.scope import TraceScope, context_with
from lodeline.sdk.span import Span, fail
from lodeline.sdk.spans import start

JUDGE = "lodeline.judge"
"""The tag of a judge's trace: the model that was asked."""
JUDGED_RUN = "lodeline.judged_run_id"
JUDGED_TRACE = "lodeline.judged_trace_id"
"""Entries of a judge's trace's metadata: the evaluation, and the trace of the row that was judged."""


class JudgeTracer:
    """Makes traces of judges' calls; see `evals.judges.opening.CallWatcher`."""

    def __init__(self, run_id: str | None, experiment: str) -> None:
        self._run_id = run_id
        self._experiment = experiment

    def __call__(self, call: JudgeCall) -> str | None:
        """Return the id of the call's trace; None when it is not kept."""
        try:
            return self._trace(call)
        except FOREIGN_FAULTS as error:
            complain("A judge's call could not be traced", error)
            return None

    def _trace(self, call: JudgeCall) -> str | None:
        tracer = current_tracer()
        if tracer is None:
            return None
        provider, _, model = call.model.rpartition(":")
        with Entered(set_span_in_context(INVALID_SPAN, Context())):
            around = context_with(self._scope(call))
        otel = start(tracer, f"judge {model}", "CHAT_MODEL", None, context=around, start_time_ns=call.start_ns)
        span = Span(otel)
        span.set_inputs(
            {
                "instructions": call.request.instructions,
                "data": {block.label: block.text for block in call.request.data},
                "schema": dict(call.request.schema),
            }
        )
        reply = call.reply
        if reply is None:
            span.set_model(model, provider=provider or None)
        else:
            usage = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
            span.set_model(model, provider=provider or None, usage=usage, cost_usd=reply.cost_usd)
            span.set_outputs(reply.answer)
        if call.failure is not None:
            fail(otel, call.failure)
        otel.end(end_time=call.end_ns)
        return trace_of(span)

    def _scope(self, call: JudgeCall) -> TraceScope:
        said = ((JUDGED_RUN, self._run_id), (JUDGED_TRACE, JUDGED.get()))
        metadata = {key: value for key, value in said if value is not None}
        return TraceScope(self._experiment, model_id="", run_id="", tags={JUDGE: call.model}, metadata=metadata)
