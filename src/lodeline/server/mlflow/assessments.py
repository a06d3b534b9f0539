"""Assessments of traces and their spans."""

from lodeline.domain.assessment import Assessment, AssessmentChange, AssessmentDraft
from lodeline.domain.errors import Invalid, NotFound
from lodeline.domain.ids import AssessmentId, TraceId
from lodeline.server.mlflow.assessment_messages import assessment_draft, assessment_message, judged, kind_of
from lodeline.server.mlflow.endpoint import Call, Endpoint, NotYet
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.wire import Reply

_ROOT = "3.0/mlflow/traces/{trace_id}/assessments"
_MASK = {
    "assessmentName": "assessment_name", "serializedValue": "serialized_value", "name": "assessment_name",
}  # fmt: skip


def create(call: Call) -> Reply:
    """Log a judgment; with an id that is known, and equal, it changes nothing."""
    trace_id = TraceId(call.fields.needed("trace_id"))
    made = log(call, assessment_draft(call.fields.needed_message("assessment"), trace_id))
    return {"assessment": assessment_message(made)}


def log(call: Call, draft: AssessmentDraft) -> Assessment:
    """Log a judgment; one on a span that is still on its way waits for it."""
    try:
        return call.services.assessments.log(call.actor, draft).assessment
    except NotFound as error:
        if draft.target.span_id is not None and error.details.get("noun") == "span":
            raise NotYet(error) from error
        raise


def get(call: Call) -> Reply:
    """Return an assessment."""
    return {"assessment": assessment_message(_found(call))}


def update(call: Call) -> Reply:
    """Revise what the mask names, or all that is sent without one; metadata is merged."""
    found, sent = _found(call), call.fields.needed_message("assessment")
    named = _masked(call.fields.texts("update_mask"))
    has = {name for name in ("feedback", "expectation", "issue") if sent.has(name) and (not named or name in named)}
    kind = kind_of(sent) if has else None
    if kind is not None and kind != found.kind:
        raise Invalid(f"assessment: {found.assessment_id!r} is of kind {found.kind} and stays so; log another one.")
    value, error, kept = (None, None, {}) if kind is None else judged(sent, kind)
    change = AssessmentChange(
        name=_text(sent, "assessment_name", named),
        replace_value=kind is not None and kind != "ISSUE_REF",
        value=value,
        error=error,
        rationale=_text(sent, "rationale", named),
        metadata={**(sent.mapping("metadata") if not named or "metadata" in named else {}), **kept},
    )
    return {
        "assessment": assessment_message(call.services.assessments.update(call.actor, found.assessment_id, change))
    }


def delete(call: Call) -> Reply:
    """Delete an assessment; one that there is not is deleted already."""
    try:
        found = _found(call)
    except NotFound:
        return {}
    call.services.assessments.delete(call.actor, found.assessment_id)
    return {}


def _found(call: Call) -> Assessment:
    trace_id, ident = call.fields.needed("trace_id"), call.fields.needed("assessment_id")
    found = call.services.assessments.get(call.actor, AssessmentId(ident))
    if found.target.trace_id != trace_id:
        raise NotFound.of("assessment", ident)
    return found


def _masked(paths: tuple[str, ...]) -> set[str]:
    """Return the fields that a mask names, by their first segments."""
    parts = [path.strip().partition(".")[0] for text in paths for path in text.split(",")]
    return {_MASK.get(part, part) for part in parts if part}


def _text(sent: Fields, name: str, named: set[str]) -> str | None:
    return sent.text(name) if not named or name in named else None


ENDPOINTS = (
    Endpoint("POST", _ROOT, create),
    Endpoint("GET", _ROOT + "/{assessment_id}", get),
    Endpoint("PATCH", _ROOT + "/{assessment_id}", update),
    Endpoint("DELETE", _ROOT + "/{assessment_id}", delete),
)
