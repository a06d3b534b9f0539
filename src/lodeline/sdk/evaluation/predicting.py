"""The application as the engine calls it: each call a trace of its own, linked to run, record and model."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.trace import INVALID_SPAN, set_span_in_context

from lodeline.domain.ids import TraceId
from lodeline.evals.engine.calling import calling
from lodeline.evals.engine.rows import Attempt, Case, Prediction
from lodeline.sdk.contexts import Entered
from lodeline.sdk.evaluation.arguments import Arguments
from lodeline.sdk.scoping import trace_context
from lodeline.sdk.span import Span
from lodeline.sdk.spans import start_span

RECORD = "lodeline.record_id"
ROW = "lodeline.row"
REPETITION = "lodeline.repetition"


@dataclass(frozen=True, slots=True)
class RowScope:
    """What the traces of all rows belong to."""

    run_id: str | None = None
    experiment: str | None = None
    model_id: str | None = None

    @contextmanager
    def entered(self, case: Case) -> Generator[None]:
        """Make this the scope of traces that begin meanwhile, whatever span is open where it was asked for."""
        with (
            Entered(set_span_in_context(INVALID_SPAN)),
            trace_context(
                run_id=self.run_id, experiment=self.experiment, model_id=self.model_id, metadata=_metadata(case)
            ),
        ):
            yield


class TracedPredictor:
    """Calls a function once a case, within a span of its own that has the case's inputs and what came out."""

    def __init__(self, function: Callable[..., Any], scope: RowScope) -> None:
        self._call = calling(function)
        self._arguments = Arguments(function)
        self._name = getattr(function, "__name__", type(function).__name__)
        self._scope = scope

    async def predict(self, case: Case, attempt: Attempt) -> Prediction:
        """Return what the function returned. Raises what it raises, with the trace ended as failed."""
        with self._scope.entered(case), start_span(self._name) as span:
            attempt.trace_id = trace_of(span)
            span.set_inputs(case.inputs)
            args, kwargs = self._arguments.bound(case.inputs)
            started = time.perf_counter()
            outputs = await self._call(*args, **kwargs)
            duration_ms = (time.perf_counter() - started) * 1e3
            span.set_outputs(outputs)
        return Prediction(outputs, attempt.trace_id, duration_ms)


class RecordedOutputs:
    """Outputs that were made elsewhere: each becomes a trace, so that its scores have something to be on."""

    def __init__(self, scope: RowScope) -> None:
        self._scope = scope

    async def predict(self, case: Case, attempt: Attempt) -> Prediction:
        """Return the outputs that the case brings."""
        with self._scope.entered(case), start_span("recorded outputs") as span:
            attempt.trace_id = trace_of(span)
            span.set_inputs(case.inputs)
            span.set_outputs(case.outputs)
        return Prediction(case.outputs, attempt.trace_id)


def trace_of(span: Span) -> TraceId | None:
    """Return the trace of a span that is kept; None of one that is not."""
    return span.trace_id if span.trace_id != _NO_TRACE else None


_NO_TRACE = Span(INVALID_SPAN).trace_id


def _metadata(case: Case) -> dict[str, object]:
    said: dict[str, object] = {ROW: case.key}
    if case.record_id is not None:
        said[RECORD] = case.record_id
    if case.repetition:
        said[REPETITION] = case.repetition
    return said
