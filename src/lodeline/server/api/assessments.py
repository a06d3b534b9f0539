"""Native routes of assessments: log, search, revise, delete, history."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field, PrivateAttr, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from lodeline.domain.analytics import AssessmentNames
from lodeline.domain.assessment import (
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentError,
    AssessmentKind,
    AssessmentRevision,
    AssessmentSource,
    AssessmentTarget,
    BatchItem,
    LoggedAssessment,
    SourceKind,
)
from lodeline.domain.errors import Invalid, LodelineError
from lodeline.domain.ids import AssessmentId, TraceId, check_span_id
from lodeline.domain.page import Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.bodies import Body, EpochMs, Id, Tags, Text
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import ExperimentsParam, NativeListedDep
from lodeline.server.api.traces import TracePath
from lodeline.server.errors import invalid_request
from lodeline.services.assessments import MAX_BATCH, ToLog

router = native_router("", "assessments")

AssessmentPath = Annotated[str, Path(min_length=1, max_length=250, description="The assessment's id.")]
_Confidence = Annotated[float | None, Field(ge=0, le=1, description="The judge's own probability.")]


class SourceBody(Body):
    """Who or what judged."""

    kind: SourceKind = "HUMAN"
    source_id: Annotated[str, Field(min_length=1, max_length=500)] = "default"
    digest: Annotated[str | None, Field(max_length=500)] = None


class ErrorBody(Body):
    """Why there is no value."""

    code: Annotated[str, Field(min_length=1, max_length=500)]
    message: Text = ""
    stack_digest: Annotated[str | None, Field(max_length=500)] = None

    def to_domain(self) -> AssessmentError:
        """Return the error as the services take it."""
        return AssessmentError(self.code, self.message, self.stack_digest)


class AssessmentBody(Body):
    """A judgment: on a trace, on a span of it, or on a session of `experiment`; with either `value` or `error`.

    With an `identifier` it is idempotent. `overrides` names the head of the chain that this one continues, which has
    its name and kind. With `park` a judgment whose trace or span is not here yet waits for it in `experiment`, a day
    at most.
    """

    name: Annotated[str, Field(min_length=1, max_length=250)]
    kind: AssessmentKind = "FEEDBACK"
    trace_id: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    span_id: Annotated[str | None, Field(min_length=16, max_length=16)] = None
    session: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    experiment: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    source: SourceBody = SourceBody()
    value: bodies.Json = None
    error: ErrorBody | None = None
    rationale: Text | None = None
    metadata: Tags = Field(default_factory=dict[str, str])
    identifier: Id | None = None
    overrides: Id | None = None
    confidence: _Confidence = None
    run_id: Id | None = None
    created_ms: EpochMs | None = None
    park: bool = False

    def to_domain(self) -> AssessmentDraft:
        """Return the draft as the services take it."""
        return AssessmentDraft(
            target=AssessmentTarget(
                trace_id=None if self.trace_id is None else TraceId(self.trace_id),
                span_id=None if self.span_id is None else check_span_id(self.span_id),
                session=self.session,
            ),
            name=self.name,
            kind=self.kind,
            source=AssessmentSource(self.source.kind, self.source.source_id, self.source.digest),
            value=self.value,
            error=None if self.error is None else self.error.to_domain(),
            rationale=self.rationale,
            metadata=self.metadata,
            identifier=self.identifier,
            overrides=None if self.overrides is None else AssessmentId(self.overrides),
            confidence=self.confidence,
            run_id=self.run_id,
            created_ms=self.created_ms,
        )


class _Malformed(AssessmentBody):
    """What is no judgment, in a batch."""

    _errors: Sequence[Any] = PrivateAttr(())

    @classmethod
    def of(cls, error: ValidationError) -> "_Malformed":
        """Return what stands for an item that Pydantic refused."""
        made = cls.model_construct()
        made._errors = error.errors()
        return made

    def refusal(self, number: int) -> Invalid:
        """Return the error for the item at a place of the batch."""
        return invalid_request([{**each, "loc": ("assessments", number, *each["loc"])} for each in self._errors])


def _alone(value: object, take: ValidatorFunctionWrapHandler) -> AssessmentBody:
    try:
        return take(value)
    except ValidationError as error:
        return _Malformed.of(error)


class AssessmentBatchBody(Body):
    """Many judgments; each is taken or refused on its own."""

    assessments: Annotated[list[Annotated[AssessmentBody, WrapValidator(_alone)]], Field(max_length=MAX_BATCH)]

    def to_log(self) -> Iterator[ToLog | LodelineError]:
        """Yield each judgment, or why it is none."""
        for number, item in enumerate(self.assessments):
            if isinstance(item, _Malformed):
                yield item.refusal(number)
                continue
            try:
                yield ToLog(item.to_domain(), item.experiment, item.park)
            except LodelineError as error:
                yield error


class AssessmentChangeBody(Body):
    """A revision; what is left out stays. A `value` or `error` that is given takes the place of both.

    With `replace_value` both are taken as they stand here: so a value becomes null, with an `error`.
    """

    name: Annotated[str | None, Field(min_length=1, max_length=250)] = None
    replace_value: bool = False
    value: bodies.Json = None
    error: ErrorBody | None = None
    rationale: Text | None = None
    metadata: Tags = Field(default_factory=dict[str, str])
    confidence: _Confidence = None
    reason: Text | None = None


@router.post("/assessments", **answer(LoggedAssessment, 404, 409, 413, also={202: "It waits for its trace"}))
def log_assessment(actor: ActorDep, services: ServicesDep, body: AssessmentBody) -> Json:
    """Log a judgment. `changed` is false when the same one was known already.

    202 when it is parked: in the ledger once its trace or span is here, and dropped at `parked_until_ms` otherwise.
    """
    logged = services.assessments.log(actor, body.to_domain(), experiment=body.experiment, park=body.park)
    return Json(logged, status_code=200 if logged.parked_until_ms is None else 202)


@router.post("/assessments/batch", **answer(list[BatchItem], 413))
def log_assessments(actor: ActorDep, services: ServicesDep, body: AssessmentBatchBody) -> Json:
    """Log many judgments; the answer has one item for each, in order."""
    return Json(services.assessments.log_batch(actor, list(body.to_log())))


@router.get("/assessments", **answer(Page[Assessment], 404))
def search_assessments(actor: ActorDep, services: ServicesDep, query: NativeListedDep) -> Json:
    """List assessments that match a filter, newest first."""
    return Json(services.assessments.search(actor, query))


@router.get("/assessment-names", **answer(AssessmentNames, 404))
def list_assessment_names(actor: ActorDep, services: ServicesDep, experiment: ExperimentsParam = None) -> Json:
    """Return the names of feedback and expectations with the types and the most frequent of their values."""
    return Json(services.assessments.names(actor, tuple(experiment or ())))


@router.get("/traces/{trace_id}/assessments", **answer(list[Assessment], 404))
def get_trace_assessments(actor: ActorDep, services: ServicesDep, trace_id: TracePath) -> Json:
    """Return the assessments of a trace and its spans, oldest first."""
    return Json(services.assessments.of_trace(actor, TraceId(trace_id)))


@router.get("/assessments/{assessment_id}", **answer(Assessment, 404))
def get_assessment(
    actor: ActorDep,
    services: ServicesDep,
    assessment_id: AssessmentPath,
    as_of_ms: Annotated[
        int | None, Query(ge=0, le=2**53, description="The revision that stood then, in epoch milliseconds.")
    ] = None,
) -> Json:
    """Return the present revision of an assessment, or the one that stood at a time."""
    if as_of_ms is not None:
        return Json(services.assessments.as_of(actor, AssessmentId(assessment_id), as_of_ms))
    return Json(services.assessments.get(actor, AssessmentId(assessment_id)))


@router.patch("/assessments/{assessment_id}", **answer(Assessment, 404, 409, 413))
def update_assessment(
    actor: ActorDep, services: ServicesDep, assessment_id: AssessmentPath, body: AssessmentChangeBody
) -> Json:
    """Revise an assessment; the revisions before stay readable."""
    change = AssessmentChange(
        name=body.name,
        replace_value=body.replace_value or body.value is not None or body.error is not None,
        value=body.value,
        error=None if body.error is None else body.error.to_domain(),
        rationale=body.rationale,
        metadata=body.metadata,
        confidence=body.confidence,
        reason=body.reason,
    )
    return Json(services.assessments.update(actor, AssessmentId(assessment_id), change))


@router.delete("/assessments/{assessment_id}", **answer(None, 404, 409, status=204))
def delete_assessment(actor: ActorDep, services: ServicesDep, assessment_id: AssessmentPath) -> None:
    """Mark an assessment deleted; of a chain's head the one before becomes valid again."""
    services.assessments.delete(actor, AssessmentId(assessment_id))


@router.get("/assessments/{assessment_id}/history", **answer(list[AssessmentRevision], 404))
def get_assessment_history(actor: ActorDep, services: ServicesDep, assessment_id: AssessmentPath) -> Json:
    """Return every revision of an assessment, oldest first, also of a deleted one."""
    return Json(services.assessments.history(actor, AssessmentId(assessment_id)))
