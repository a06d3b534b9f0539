"""Fluent functions that judge traces, over the default client."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, Literal, TypeAlias, get_args, overload

from lodeline.domain.assessment import (
    Assessment,
    AssessmentDraft,
    AssessmentError,
    AssessmentKind,
    AssessmentSource,
    AssessmentTarget,
    SourceKind,
)
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import AssessmentId, TraceId, check_span_id
from lodeline.domain.span import JsonValue
from lodeline.sdk.default_client import default_client
from lodeline.sdk.frames import FrameKind, ReturnType, assessment_row, frame_of

Source: TypeAlias = AssessmentSource | SourceKind | str
"""Who judged: a person's name such as "ada", or a kind. "HUMAN" alone is the account of the API key; "LLM_JUDGE" and
"CODE" take the name of the judge in `source_id`."""
_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
ErrorLike: TypeAlias = AssessmentError | BaseException | str
"""Why there is no value: an exception gives its class, message and place, a text the code."""


def log_feedback(
    *,
    trace_id: str | None = None,
    name: str = "feedback",
    value: JsonValue = None,
    source: Source = "CODE",
    source_id: str | None = None,
    error: ErrorLike | None = None,
    rationale: str | None = None,
    metadata: Mapping[str, str] | None = None,
    span_id: str | None = None,
    session: str | None = None,
    experiment: str | None = None,
    identifier: str | None = None,
    confidence: float | None = None,
    run_id: str | None = None,
    park: bool = False,
) -> Assessment:
    """Log what somebody thinks of a trace, a span of it, or a session of `experiment`; return the assessment.

    Give either a `value` (true, a number, text, or any JSON) or the `error` that kept one from being found. With an
    `identifier` logging the same again changes nothing, and logging something else revises it. With `park` it may
    come before its trace: it waits for that in `experiment`, a day at most, where it would be NotFound without.
    """
    draft = AssessmentDraft(
        target=_target(trace_id, span_id, session),
        name=name,
        kind="FEEDBACK",
        source=_source(source, source_id),
        value=value,
        error=_error(error),
        rationale=rationale,
        metadata=dict(metadata or {}),
        identifier=identifier,
        confidence=confidence,
        run_id=run_id,
    )
    return default_client().assessments.log(draft, experiment=experiment, park=park).assessment


def log_expectation(
    *,
    trace_id: str | None = None,
    name: str,
    value: JsonValue,
    source: Source = "HUMAN",
    source_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
    span_id: str | None = None,
    session: str | None = None,
    experiment: str | None = None,
    identifier: str | None = None,
    park: bool = False,
) -> Assessment:
    """Log what would have been right for a trace, a span of it, or a session of `experiment`; `park` as in
    `log_feedback`."""
    draft = AssessmentDraft(
        target=_target(trace_id, span_id, session),
        name=name,
        kind="EXPECTATION",
        source=_source(source, source_id),
        value=value,
        metadata=dict(metadata or {}),
        identifier=identifier,
    )
    return default_client().assessments.log(draft, experiment=experiment, park=park).assessment


def log_assessment(
    trace_id: str | None = None,
    *,
    name: str,
    kind: AssessmentKind = "FEEDBACK",
    value: JsonValue = None,
    source: Source = "CODE",
    source_id: str | None = None,
    error: ErrorLike | None = None,
    rationale: str | None = None,
    metadata: Mapping[str, str] | None = None,
    span_id: str | None = None,
    session: str | None = None,
    experiment: str | None = None,
    identifier: str | None = None,
    overrides: str | None = None,
) -> Assessment:
    """Log an assessment of any kind; an issue reference (kind ISSUE_REF) has its name and no value."""
    draft = AssessmentDraft(
        target=_target(trace_id, span_id, session),
        name=name,
        kind=kind,
        source=_source(source, source_id),
        value=value,
        error=_error(error),
        rationale=rationale,
        metadata=dict(metadata or {}),
        identifier=identifier,
        overrides=None if overrides is None else AssessmentId(overrides),
    )
    return default_client().assessments.log(draft, experiment=experiment).assessment


def override_feedback(
    *,
    assessment_id: str,
    value: JsonValue = None,
    trace_id: str | None = None,
    error: ErrorLike | None = None,
    rationale: str | None = None,
    source: Source = "HUMAN",
    source_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Assessment:
    """Put another judgment in the place of one, which stays readable but no longer counts.

    `assessment_id` must be the head of its chain: Conflict, whose details name the head, when it is not. `trace_id`
    is checked when given: Invalid when the assessment is not on that trace.
    """
    assessments = default_client().assessments
    replaced = assessments.get(assessment_id)
    _check_trace(replaced, trace_id)
    draft = AssessmentDraft(
        target=replaced.target,
        name=replaced.name,
        kind=replaced.kind,
        source=_source(source, source_id),
        value=value,
        error=_error(error),
        rationale=rationale,
        metadata=dict(metadata or {}),
        overrides=replaced.assessment_id,
    )
    return assessments.log(draft, experiment=replaced.experiment_id).assessment


def update_assessment(
    assessment_id: str,
    *,
    value: JsonValue = None,
    error: ErrorLike | None = None,
    name: str | None = None,
    rationale: str | None = None,
    metadata: Mapping[str, str] | None = None,
    confidence: float | None = None,
    reason: str | None = None,
) -> Assessment:
    """Revise what is given of an assessment; the revisions before stay readable, with their authors and reasons."""
    return default_client().assessments.update(
        assessment_id,
        name=name,
        value=value,
        error=_error(error),
        rationale=rationale,
        metadata=metadata,
        confidence=confidence,
        reason=reason,
    )


def get_assessment(assessment_id: str, *, as_of_ms: int | None = None) -> Assessment:
    """Return an assessment as it stands, or stood at a time (epoch milliseconds); NotFound when there is none."""
    return default_client().assessments.get(assessment_id, as_of_ms=as_of_ms)


def delete_assessment(assessment_id: str) -> None:
    """Delete an assessment; its history stays, and what it overrode counts again."""
    default_client().assessments.delete(assessment_id)


@overload
def search_assessments(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
    return_type: Literal["list"] = "list",
) -> list[Assessment]: ...
@overload
def search_assessments(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
    return_type: FrameKind,
) -> Any: ...
def search_assessments(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
    return_type: ReturnType = "list",
) -> Any:
    """Return assessments that match a filter, newest first, as a list or as a frame with a row for each."""
    found = default_client().assessments.search(experiment=experiment, filter=filter, order=order, limit=limit)
    return found.all() if return_type == "list" else frame_of(map(assessment_row, found), return_type)


def _target(trace_id: str | None, span_id: str | None, session: str | None) -> AssessmentTarget:
    return AssessmentTarget(
        trace_id=None if trace_id is None else TraceId(trace_id),
        span_id=None if span_id is None else check_span_id(span_id),
        session=session,
    )


def _source(source: Source, source_id: str | None) -> AssessmentSource:
    if isinstance(source, AssessmentSource):
        return source if source_id is None else replace(source, source_id=source_id)
    for kind in _KINDS:
        if source.upper() == kind:
            return AssessmentSource(kind) if source_id is None else AssessmentSource(kind, source_id)
    near = get_close_matches(source, _KINDS, n=1) if source.isupper() else []
    if near:
        raise Invalid.value("source", source, f"a person's name or one of {', '.join(_KINDS)}; {near[0]} is near")
    if source_id is not None:
        raise Invalid(f"source, source_id: {source!r} and {source_id!r} both name who judged; give one of them.")
    return AssessmentSource("HUMAN", source)


def _error(error: ErrorLike | None) -> AssessmentError | None:
    if error is None or isinstance(error, AssessmentError):
        return error
    if isinstance(error, str):
        return AssessmentError(error)
    return AssessmentError(type(error).__name__, str(error)[:10_000], _stack_digest(error))


def _stack_digest(error: BaseException) -> str | None:
    """Return a digest of where an exception was raised, so that equal failures can be counted; None when nowhere."""
    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join(f"{frame.filename}:{frame.name}:{frame.lineno}" for frame in frames)
    return sha256(places.encode("utf-8", "backslashreplace")).hexdigest()[:16] if places else None


def _check_trace(found: Assessment, trace_id: str | None) -> None:
    if trace_id is not None and found.target.trace_id != trace_id:
        raise Invalid.value(
            "trace_id", trace_id, f"{found.target.trace_id}, the trace of assessment {found.assessment_id}"
        )
