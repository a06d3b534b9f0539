"""Records made from traces: what went in and came out, and what people expect of it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from lodeline.domain.ids import TraceId
from lodeline.domain.record import RecordDraft, RecordSource
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import Trace
from lodeline.storage.base import Stores

_DEEPEST = 60
_WHOLE = range(-(2**63), 2**63)


def drafts_of_traces(stores: Stores, traces: Sequence[Trace]) -> Iterator[RecordDraft]:
    """Yield a draft for each trace, in order; a trace whose root has not arrived gives what its first span has."""
    judged = stores.assessments.of_traces([trace.trace_id for trace in traces])
    for trace in traces:
        inputs, outputs = content_of(stores, trace)
        expectations: dict[str, JsonValue] = {
            item.name: clean(item.value)
            for item in judged.get(trace.trace_id, ())
            if item.kind == "EXPECTATION" and item.valid and item.value is not None and item.target.span_id is None
        }
        yield RecordDraft(
            inputs=inputs if isinstance(inputs, Mapping) else {"input": inputs},
            expectations=expectations,
            outputs=outputs,
            source=RecordSource("TRACE", trace.trace_id),
        )


def content_of(stores: Stores, trace: Trace) -> tuple[JsonValue, JsonValue]:
    """Return what went into the root span and came out of it; what its client said of the trace where it has none."""
    skeleton = stores.spans.skeleton(TraceId(trace.trace_id))
    spans = stores.spans.load(trace.trace_id, [skeleton[0].span_id]) if skeleton else ()
    view = spans[0].view if spans else None
    inputs = None if view is None else view.inputs
    outputs = None if view is None else view.outputs
    return (
        clean(trace.request if inputs is None else inputs),
        clean(trace.response if outputs is None else outputs),
    )


def clean(value: object, depth: int = 0) -> JsonValue:
    """Return a value of a trace as a record can hold it: numbers that JSON lacks become text, lone surrogates
    U+FFFD, and what is nested deeper than a record may be becomes null."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in _WHOLE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _DEEPEST:
        return None
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        return {cast(str, clean(str(key))): clean(item, depth + 1) for key, item in pairs.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [clean(item, depth + 1) for item in cast("Sequence[object]", value)]
    return str(value)
