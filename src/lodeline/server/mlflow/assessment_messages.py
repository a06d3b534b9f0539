"""Assessments: MLflow's message, read and written.

Two things that MLflow keeps and we do not are kept in metadata under names of our own, which no client is shown.
"""

import json
from collections.abc import Mapping
from typing import Literal

import orjson

from lodeline.domain.assessment import (
    STACK_KEY,
    Assessment,
    AssessmentDraft,
    AssessmentError,
    AssessmentKind,
    AssessmentSource,
    AssessmentTarget,
    SourceKind,
)
from lodeline.domain.errors import Invalid
from lodeline.domain.experiment import MAX_TAG_VALUE
from lodeline.domain.ids import AssessmentId, SpanId, TraceId, check_span_id
from lodeline.domain.span import JsonValue
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.times import parse_timestamp_ns
from lodeline.server.mlflow.wire import message, timestamp_ms

RUN_KEY = "mlflow.assessment.sourceRunId"
ISSUE_KEY = "lodeline.mlflow.issue_name"
_JSON = "JSON_FORMAT"
_NS_PER_MS = 1_000_000
_SOURCES: Mapping[str, SourceKind] = {
    "HUMAN": "HUMAN", "LLM_JUDGE": "LLM_JUDGE", "AI_JUDGE": "LLM_JUDGE", "CODE": "CODE",
    "SOURCE_TYPE_UNSPECIFIED": "CODE",
}  # fmt: skip
_KINDS: Mapping[Literal["feedback", "expectation", "issue"], AssessmentKind] = {
    "feedback": "FEEDBACK", "expectation": "EXPECTATION", "issue": "ISSUE_REF",
}  # fmt: skip


def assessment_message(item: Assessment) -> dict[str, object]:
    """Return an assessment of a trace or a span."""
    hidden = {STACK_KEY, ISSUE_KEY}
    return message(
        assessment_id=item.assessment_id,
        assessment_name=item.name,
        trace_id=item.target.trace_id,
        span_id=item.target.span_id,
        source={"source_type": item.source.kind, "source_id": item.source.source_id},
        create_time=timestamp_ms(item.created_ms),
        last_update_time=timestamp_ms(item.updated_ms),
        rationale=item.rationale,
        metadata={key: value for key, value in item.metadata.items() if key not in hidden},
        overrides=item.overrides,
    ) | {"valid": item.valid, **_content(item)}


def _content(item: Assessment) -> dict[str, object]:
    if item.kind == "ISSUE_REF":
        return {"issue": message(issue_name=item.metadata.get(ISSUE_KEY))}
    if item.kind == "EXPECTATION":
        if isinstance(item.value, list | tuple | Mapping):
            text = json.dumps(item.value)
            return {"expectation": {"serialized_value": {"serialization_format": _JSON, "value": text}}}
        return {"expectation": {"value": floats(item.value)}}
    if item.error is None:
        return {"feedback": {"value": floats(item.value)}}
    stack = item.metadata.get(STACK_KEY)
    error = message(error_code=item.error.code, error_message=item.error.message or None, stack_trace=stack)
    return {"feedback": {"error": error}}


def floats(value: JsonValue) -> JsonValue:
    """Return a value as protobuf's Value holds it: every number a float."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list | tuple):
        return [floats(item) for item in value]
    if isinstance(value, Mapping):
        return {key: floats(item) for key, item in value.items()}
    return value


def assessment_draft(sent: Fields, trace_id: TraceId) -> AssessmentDraft:
    """Return the judgment that a message tells of a trace or one of its spans."""
    kind = kind_of(sent)
    if kind is None:
        raise Invalid("assessment: one of feedback, expectation and issue is missing; send one.")
    value, error, hidden = judged(sent, kind)
    source = sent.message("source") or Fields({})
    span_id, overrides, own = sent.text("span_id"), sent.text("overrides"), sent.text("assessment_id")
    metadata = {**sent.mapping("metadata"), **hidden}
    created = sent.text("create_time")
    return AssessmentDraft(
        target=AssessmentTarget(trace_id=trace_id, span_id=_span_id(span_id)),
        name=sent.needed("assessment_name"),
        kind=kind,
        source=AssessmentSource(_source(source), source.text("source_id") or "default"),
        value=value,
        error=error,
        rationale=sent.text("rationale"),
        metadata=metadata,
        overrides=None if not overrides else AssessmentId(overrides),
        run_id=metadata.get(RUN_KEY) or None,
        created_ms=None if created is None else parse_timestamp_ns(created, "create_time") // _NS_PER_MS,
        assessment_id=None if not own else AssessmentId(own),
    )


def kind_of(sent: Fields) -> AssessmentKind | None:
    """Return the kind of a message; None when it has no content. An issue reference may be an empty object."""
    return next((kind for name, kind in _KINDS.items() if sent.message(name) is not None), None)


def judged(sent: Fields, kind: AssessmentKind) -> tuple[JsonValue, AssessmentError | None, dict[str, str]]:
    """Return a message's value and error, and what of it is kept in metadata."""
    if kind == "ISSUE_REF":
        name = sent.needed_message("issue").text("issue_name")
        return None, None, {} if not name else {ISSUE_KEY: name}
    if kind == "EXPECTATION":
        return _expected(sent.needed_message("expectation")), None, {}
    feedback = sent.needed_message("feedback")
    error = feedback.message("error")
    if error is None:
        return feedback.value("value"), None, {}
    stack = error.text("stack_trace")
    kept = {} if not stack else {STACK_KEY: stack[:MAX_TAG_VALUE]}
    told = AssessmentError(error.text("error_code") or "UNKNOWN", error.text("error_message") or "")
    return None, told, kept


def _expected(expectation: Fields) -> JsonValue:
    serialised = expectation.message("serialized_value")
    if serialised is None:
        return expectation.value("value")
    text = serialised.needed("value")
    try:
        found: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise serialised.wrong("value", "JSON text") from error
    return found


def _source(source: Fields) -> SourceKind:
    text = source.text("source_type") or "CODE"
    if text not in _SOURCES:
        raise source.wrong("source_type", f"one of {', '.join(_SOURCES)}")
    return _SOURCES[text]


def _span_id(text: str | None) -> SpanId | None:
    return None if not text else check_span_id(text)
