"""Parking: judgments whose trace is not here yet wait for it, for a day at most."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lodeline.domain.assessment import Assessment, AssessmentDraft
from lodeline.domain.errors import Conflict, Invalid
from lodeline.domain.ids import AssessmentId, ExperimentId, check_trace_id, ordered_hex
from lodeline.domain.ledger import plan_log

PARKED_MS = 24 * 3_600_000
"""How long a judgment waits for its trace."""
MAX_PARKED = 10_000
"""How many judgments of one experiment wait at a time."""
PARKING_FULL = "parking_full"
"""The code of the error for one more."""


@dataclass(frozen=True, slots=True)
class ParkedAssessment:
    """A judgment that waits for its trace until `expires_ms` (epoch milliseconds).

    `draft` has the id and the time that the assessment will have. `actor` is who the audit trail names for it, `by`
    the account.
    """

    experiment_id: ExperimentId
    draft: AssessmentDraft
    actor: str
    by: str | None
    expires_ms: int

    @property
    def parked_ms(self) -> int:
        """When it was parked, in epoch milliseconds."""
        return self.expires_ms - PARKED_MS

    @property
    def assessment_id(self) -> AssessmentId:
        """The id that the assessment will have."""
        if self.draft.assessment_id is None:
            raise ValueError("a parked draft has an id")
        return self.draft.assessment_id

    def assessment(self) -> Assessment:
        """Return the assessment that this will be."""
        now_ms = self.draft.created_ms or 0
        plan = plan_log(self.draft, (), lambda _: None, experiment_id=self.experiment_id, by=self.by, now_ms=now_ms)
        return plan.assessment


def park(
    draft: AssessmentDraft, experiment_id: ExperimentId, *, actor: str, by: str | None, now_ms: int
) -> ParkedAssessment:
    """Return a judgment as it is parked: with an identifier under an id made of that, so that the same one sent again
    is the same. Invalid for one that overrides, which only a judgment that is here can be."""
    if draft.target.trace_id is None:
        raise Invalid("park: only a judgment on a trace or span waits for it; a session needs no trace to be judged.")
    check_trace_id(draft.target.trace_id)
    _check_spelling(draft.target.trace_id)
    if draft.overrides is not None:
        raise Invalid(
            f"overrides: {draft.overrides!r} cannot be on a trace that is not here; log the judgment without it.",
            details={"field": "overrides"},
        )
    draft = replace(
        draft,
        assessment_id=draft.assessment_id or _id_of(draft, experiment_id),
        created_ms=now_ms if draft.created_ms is None else draft.created_ms,
    )
    return ParkedAssessment(experiment_id, draft, actor, by, now_ms + PARKED_MS)


def parked_again(
    assessment: Assessment, experiment_id: ExperimentId, *, actor: str, by: str | None, now_ms: int
) -> ParkedAssessment:
    """Return what waited as `assessment`, waiting in an experiment for a day from `now_ms`: under its id when it was
    in this experiment, else under one that it has here each time. Errors are those of `park`."""
    found = assessment
    draft = AssessmentDraft(
        found.target, found.name, found.kind, found.source, found.value, found.error, found.rationale,
        found.metadata, found.identifier, found.overrides, found.confidence, found.run_id, found.created_ms,
    )  # fmt: skip
    if found.experiment_id == experiment_id:
        draft = replace(draft, assessment_id=found.assessment_id)
    elif found.identifier is None:
        draft = replace(draft, assessment_id=_digest_id((experiment_id, found.assessment_id)))
    return park(draft, experiment_id, actor=actor, by=by, now_ms=now_ms)


def said_since(parked: ParkedAssessment, there: Iterable[Assessment], since_ms: int) -> bool:
    """Tell whether the same judgment, by its identifier, was logged at `since_ms` or later, among those on its
    trace."""
    draft = parked.draft
    return draft.identifier is not None and any(
        (each.target, each.name, each.identifier) == (draft.target, draft.name, draft.identifier)
        and each.updated_ms >= since_ms
        for each in there
    )


def _check_spelling(trace_id: str) -> None:
    """Refuse the id of an OpenTelemetry trace in a spelling that no trace here has: it would wait in vain."""
    found = _OTEL.fullmatch(trace_id)
    if found and trace_id != (right := f"tr-{found[1].lower()}"):
        raise Invalid.value(
            "trace_id", trace_id, f"{right}: that is how the ids of OpenTelemetry's traces are written"
        )


_OTEL = re.compile("(?:tr-)?([0-9a-fA-F]{32})")


def parking_full(experiment_id: ExperimentId) -> Conflict:
    """Return the error for one judgment too many."""
    return Conflict(
        f"experiment {experiment_id!r}: {MAX_PARKED} judgments wait for traces already; send these traces first.",
        code=PARKING_FULL,
        details={"experiment_id": experiment_id},
    )


def parked_elsewhere(assessment_id: AssessmentId) -> Conflict:
    """Return the error for an id under which a judgment waits in another experiment."""
    return Conflict(
        f"assessment {assessment_id!r} waits for its trace in another experiment; log it under another id.",
        code="parked_elsewhere",
        details={"assessment_id": assessment_id},
    )


def _id_of(draft: AssessmentDraft, experiment_id: ExperimentId) -> AssessmentId:
    if draft.identifier is None:
        return AssessmentId(ordered_hex("a-"))
    target = draft.target
    return _digest_id((experiment_id, target.trace_id, target.span_id, draft.name, draft.identifier))


def _digest_id(key: tuple[str | None, ...]) -> AssessmentId:
    return AssessmentId("a-" + hashlib.sha256(repr(key).encode("utf-8", "backslashreplace")).hexdigest()[:32])
