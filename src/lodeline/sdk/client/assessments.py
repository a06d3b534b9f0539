"""Assessments: log judgments, read them with their history, revise and delete them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from lodeline.domain.analytics import AssessmentNames
from lodeline.domain.assessment import (
    Assessment,
    AssessmentDraft,
    AssessmentError,
    AssessmentRevision,
    BatchItem,
    LoggedAssessment,
    check_draft,
)
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import new_hex
from lodeline.domain.span import JsonValue
from lodeline.domain.trust import JudgeBy, NameTrust, TrustOptions
from lodeline.sdk.client.call import (
    Call,
    Listing,
    ModeT,
    Noun,
    Parameter,
    call,
    given,
    listing,
    many,
    names,
    nothing,
    one,
    path_of,
)


class Assessments(Noun[ModeT]):
    """Calls about judgments."""

    @call
    def log(
        self, draft: AssessmentDraft, *, experiment: str | None = None, park: bool = False
    ) -> Call[LoggedAssessment]:
        """Log a judgment; one on a session needs the `experiment` (id or name).

        Idempotent by the draft's `identifier`; a draft without one is given one, so that it can be sent again. With
        `park` one whose trace or span is not on the server yet waits for it in `experiment`, a day at most; the
        answer's `parked_until_ms` says so.
        """
        body = _body(draft, experiment, park=park)
        return Call("POST", path_of("assessments"), one(LoggedAssessment), body=body, repeat="always")

    @call
    def log_many(
        self, drafts: Sequence[AssessmentDraft], *, experiment: str | None = None
    ) -> Call[tuple[BatchItem, ...]]:
        """Log up to 1,000 judgments; each is taken or refused on its own, and has its item in the answer."""
        body = {"assessments": [_body(draft, experiment, checked=False) for draft in drafts]}
        return Call("POST", path_of("assessments", "batch"), many(BatchItem), body=body, repeat="always")

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Assessment]:
        """List assessments that match a filter, newest first."""
        params = {"experiment": names(experiment), "filter": filter, "order": order}
        return Listing(path_of("assessments"), Assessment, params, limit, cursor)

    @call
    def names(self, *, experiment: str | Sequence[str] | None = None) -> Call[AssessmentNames]:
        """Return the names of feedback and expectations with the types and the most frequent of their values."""
        return Call(
            "GET", path_of("assessment-names"), one(AssessmentNames), params={"experiment": names(experiment)}
        )

    @call
    def agreement(
        self,
        name: str,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        options: TrustOptions | None = None,
    ) -> Call[NameTrust]:
        """Return how far people agree on what they judged under one name."""
        params = {"name": name, "experiment": names(experiment), "filter": filter, **_options(options)}
        return Call("GET", path_of("assessment-agreement"), one(NameTrust), params=params)

    @call
    def judges(
        self,
        name: str,
        *,
        judge_names: str | Sequence[str] | None = None,
        judge_by: JudgeBy = "source",
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        options: TrustOptions | None = None,
    ) -> Call[NameTrust]:
        """Return how each judge stands to people who judged under `name`; its own judgments have that name, too,
        unless `judge_names` says another. With `judge_by` "name" all models are versions of one judge."""
        params = {
            "name": name, "judge_name": names(judge_names), "judge_by": judge_by, "experiment": names(experiment),
            "filter": filter, **_options(options),
        }  # fmt: skip
        return Call("GET", path_of("assessment-judges"), one(NameTrust), params=params)

    @call
    def of_trace(self, trace_id: str) -> Call[tuple[Assessment, ...]]:
        """Return the assessments of a trace and its spans, oldest first."""
        return Call("GET", path_of("traces", trace_id, "assessments"), many(Assessment))

    @call
    def get(self, assessment_id: str, *, as_of_ms: int | None = None) -> Call[Assessment]:
        """Return the present revision of an assessment, or the one that stood at a time (epoch milliseconds)."""
        params: dict[str, Parameter] = {"as_of_ms": as_of_ms}
        return Call("GET", path_of("assessments", assessment_id), one(Assessment), params=params)

    @call
    def update(
        self,
        assessment_id: str,
        *,
        name: str | None = None,
        value: JsonValue = None,
        error: AssessmentError | None = None,
        rationale: str | None = None,
        metadata: Mapping[str, str] | None = None,
        confidence: float | None = None,
        reason: str | None = None,
    ) -> Call[Assessment]:
        """Revise what is given and return the assessment; the revisions before stay readable.

        A `value` takes the place of an error and the other way round; metadata is merged key by key.
        """
        body = given(
            name=name,
            replace_value=value is not None or error is not None,
            value=_finite(value),
            error=None if error is None else asdict(error),
            rationale=rationale,
            metadata=dict(metadata or {}),
            confidence=confidence,
            reason=reason,
        )
        return Call("PATCH", path_of("assessments", assessment_id), one(Assessment), body=body)

    @call
    def delete(self, assessment_id: str) -> Call[None]:
        """Mark an assessment deleted; of a chain's head the one before becomes valid again."""
        return Call("DELETE", path_of("assessments", assessment_id), nothing)

    @call
    def history(self, assessment_id: str) -> Call[tuple[AssessmentRevision, ...]]:
        """Return every revision of an assessment, oldest first, also of a deleted one."""
        return Call("GET", path_of("assessments", assessment_id, "history"), many(AssessmentRevision))


def _options(options: TrustOptions | None) -> dict[str, Parameter]:
    chosen = options or TrustOptions()
    return {
        "scale": chosen.scale, "order": list(chosen.order) or None, "positive": chosen.positive,
        "threshold": chosen.threshold, "level": chosen.level,
    }  # fmt: skip


def _body(
    draft: AssessmentDraft, experiment: str | None, *, park: bool = False, checked: bool = True
) -> dict[str, object]:
    if draft.assessment_id is not None:
        raise Invalid.value("assessment_id", draft.assessment_id, "none: the server gives it")
    if checked:
        check_draft(replace(draft, value=_finite(draft.value)))
    target = draft.target
    return given(
        name=draft.name,
        kind=draft.kind,
        trace_id=target.trace_id,
        span_id=target.span_id,
        session=target.session,
        experiment=experiment if target.session is not None or park else None,
        park=park or None,
        source=given(kind=draft.source.kind, source_id=draft.source.source_id, digest=draft.source.digest),
        value=draft.value,
        error=None if draft.error is None else asdict(draft.error),
        rationale=draft.rationale,
        metadata=dict(draft.metadata),
        identifier=draft.identifier or new_hex("id-"),
        overrides=draft.overrides,
        confidence=draft.confidence,
        run_id=draft.run_id,
        created_ms=draft.created_ms,
    )


def _finite(value: JsonValue) -> JsonValue:
    """Return a value; Invalid for NaN and infinities, which JSON cannot hold and which would count as no value."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid.value("value", value, "a finite number, or an error that says why there is none")
    return value
