"""What reviews become: each answer a judgment on what was reviewed, in the name of who gave it.

An answer to a schema of kind EXPECTATION becomes an expectation, any other one feedback; an assertion becomes an
expectation named by its key. Reviews of records become no judgments, which are on traces and sessions alone: their
answers are in the submission, and reach the dataset by `sync`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.ids import AssessmentId, ExperimentId, new_hex
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import LabelingItem, LabelingSession, ReviewForm, ReviewTarget
from lodeline.domain.ledger import FindLast, LedgerPlan, plan_delete, plan_log
from lodeline.domain.span import JsonValue

ITEM = "lodeline.review.item"
SCHEMA = "lodeline.review.schema"
"""Id and version of the schema that was answered, with a slash between them."""
PAIR = "lodeline.review.pair"
"""The other trace of a pair; the judgment itself is on the first one."""
ASSERTION = "lodeline.review.assertion"
DECISION = "lodeline.review.adjudication"
UNVERIFIED = "lodeline.review.unverified"
"""Set where the reviewer was not signed in: the name is what somebody said it is."""


@dataclass(frozen=True, slots=True)
class Author:
    """In whose name judgments are made."""

    name: str
    verified: bool


def assessed(target: ReviewTarget) -> AssessmentTarget | None:
    """Return what judgments of a reviewed target are on; None when it takes none."""
    if target.trace_id is not None:
        return AssessmentTarget(trace_id=target.trace_id)
    return None if target.session is None else AssessmentTarget(session=target.session)


def judgments_of(
    session: LabelingSession, item: LabelingItem, form: ReviewForm, author: Author, *, source: str,
    decision: bool = False,
) -> tuple[AssessmentDraft, ...]:  # fmt: skip
    """Return the judgments that a form becomes, with new ids. One whose author judged the item by the same name in an
    earlier round overrides that judgment."""
    target = assessed(item.target)
    if target is None:
        return ()
    earlier = _earlier(item, author, decision=decision)
    shared: dict[str, str] = {ITEM: item.item_id}
    if item.target.other_trace_id is not None:
        shared[PAIR] = item.target.other_trace_id
    if decision:
        shared[DECISION] = "true"
    if not author.verified:
        shared[UNVERIFIED] = "true"
    return tuple(
        AssessmentDraft(
            target=target,
            name=name,
            kind="FEEDBACK" if schema is not None and schema.kind == "FEEDBACK" else "EXPECTATION",
            source=AssessmentSource("HUMAN", author.name),
            value=value,
            rationale=form.comments.get(name) or None,
            metadata=shared | ({ASSERTION: "true"} if schema is None else {SCHEMA: _version(schema)}),
            identifier=f"{source}:{name}",
            overrides=earlier.get(name),
            run_id=session.run.run_id,
            assessment_id=AssessmentId(new_hex("a-")),
        )
        for name, value, schema in _answers(session, form)
    )


def log_review(
    draft: AssessmentDraft, find: FindLast, *, experiment_id: ExperimentId, by: str | None, now_ms: int
) -> LedgerPlan:
    """Plan a judgment of `judgments_of`; it overrides the head of the chain that it names, or nothing when that is
    deleted by now, has another name or kind by now, or is of another experiment: a review that was imported names ids
    as its file has them."""
    head = None if draft.overrides is None else find(draft.overrides)
    while head is not None and head.assessment.superseded_by is not None:
        head = find(head.assessment.superseded_by)
    overrides = None
    if head is not None and not head.deleted:
        there = head.assessment
        alike = (there.experiment_id, there.name, there.kind) == (experiment_id, draft.name, draft.kind)
        overrides = there.assessment_id if alike else None
    if overrides != draft.overrides:
        draft = replace(draft, overrides=overrides)
    return plan_log(draft, (), find, experiment_id=experiment_id, by=by, now_ms=now_ms)


def withdraw_review(
    assessment_id: AssessmentId, find: FindLast, *, experiment_id: ExperimentId, by: str | None, now_ms: int
) -> LedgerPlan | None:
    """Plan that a judgment is withdrawn; None when it is deleted already, or not one of the session's experiment (see
    `log_review`). Its history stays."""
    last = find(assessment_id)
    if last is None or last.deleted or last.assessment.experiment_id != experiment_id:
        return None
    return plan_delete(last.assessment, find, by=by, now_ms=now_ms)


def _answers(session: LabelingSession, form: ReviewForm) -> Iterator[tuple[str, JsonValue, LabelSchema | None]]:
    for schema in session.schemas:
        if schema.name in form.answers:
            yield schema.name, form.answers[schema.name], schema
    for key, claim in form.assertions.items():
        yield key, claim, None


def _earlier(item: LabelingItem, author: Author, *, decision: bool) -> dict[str, AssessmentId]:
    found: dict[str, AssessmentId] = {}
    if decision:
        for each in item.adjudications:
            found.update(each.assessments)
        return found
    for each in item.assignments:
        if each.submission is not None and each.reviewer == author.name and each.round < item.round:
            found.update(each.submission.assessments)
    return found


def _version(schema: LabelSchema) -> str:
    return f"{schema.schema_id}/{schema.version}"
