"""The rules of the assessment ledger, without any store."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from lodeline.domain.assessment import (
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentRevision,
    AssessmentSource,
    AssessmentTarget,
)
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.ledger import LedgerPlan, find_faults, plan_delete, plan_log, plan_update

ZERO = ExperimentId("0")
ON_TRACE = AssessmentTarget(trace_id=TraceId("tr-1"))
DRAFT = AssessmentDraft(ON_TRACE, "quality", "FEEDBACK", AssessmentSource("CODE"), value=1)


class Book:
    """The plainest store: the last revision of each assessment."""

    def __init__(self) -> None:
        self.last: dict[AssessmentId, AssessmentRevision] = {}

    def find(self, assessment_id: AssessmentId) -> AssessmentRevision | None:
        return self.last.get(assessment_id)

    def present(self) -> list[Assessment]:
        return [r.assessment for r in self.last.values() if not r.deleted]

    def keep(self, plan: LedgerPlan) -> Assessment:
        for revision in plan.revisions:
            self.last[revision.assessment.assessment_id] = revision
        return plan.assessment

    def log(self, draft: AssessmentDraft, *, now_ms: int = 0) -> Assessment:
        peers = [a for a in self.present() if a.target == draft.target]
        return self.keep(plan_log(draft, peers, self.find, experiment_id=ZERO, by=None, now_ms=now_ms))

    def delete(self, assessment: Assessment, *, now_ms: int = 0) -> None:
        self.keep(plan_delete(assessment, self.find, by=None, now_ms=now_ms))


def chain(book: Book, length: int) -> list[Assessment]:
    head: Assessment | None = None
    for number in range(length):
        head = book.log(replace(DRAFT, value=number, overrides=head and head.assessment_id))
    return book.present()


def faults_of(found: Iterable[Assessment]) -> str:
    return "; ".join(find_faults(found))


def test_a_new_judgment_is_one_revision_and_an_override_two() -> None:
    book = Book()
    plan = plan_log(DRAFT, [], book.find, experiment_id=ZERO, by="ann", now_ms=5)
    assert [(r.assessment, r.at_ms, r.by, r.deleted) for r in plan.revisions] == [(plan.assessment, 5, "ann", False)]
    first = book.keep(plan)
    override = replace(DRAFT, overrides=first.assessment_id)
    plan = plan_log(override, [first], book.find, experiment_id=ZERO, by="bob", now_ms=9)
    assert [r.assessment.revision for r in plan.revisions] == [1, 2]
    assert plan.revisions[1].assessment == replace(
        first, superseded_by=plan.assessment.assessment_id, valid=False, revision=2, updated_ms=9
    )


def test_planning_changes_nothing_by_itself() -> None:
    book = Book()
    made = book.log(DRAFT)
    before = dict(book.last)
    plan_log(replace(DRAFT, overrides=made.assessment_id), [made], book.find, experiment_id=ZERO, by=None, now_ms=1)
    plan_update(made, AssessmentChange(rationale="r"), [made], by=None, now_ms=1)
    plan_delete(made, book.find, by=None, now_ms=1)
    assert book.last == before


def test_new_ids_differ() -> None:
    book = Book()
    assert len({book.log(DRAFT).assessment_id for _ in range(100)}) == 100


def test_numbers_and_booleans_are_different_contents() -> None:
    book = Book()
    for value in (1, True, 1.0, "1", [1], [True], {"k": 1}, {"k": True}):
        draft = replace(DRAFT, identifier="i", value=value)
        plan = plan_log(draft, book.present(), book.find, experiment_id=ZERO, by=None, now_ms=0)
        assert plan.changed
        book.keep(plan)
        again = plan_log(draft, book.present(), book.find, experiment_id=ZERO, by=None, now_ms=0)
        assert not again.changed
    assert len(book.present()) == 1


def test_nan_equals_itself_as_content() -> None:
    book = Book()
    draft = replace(DRAFT, identifier="i", value=float("nan"))
    book.log(draft)
    assert not plan_log(draft, book.present(), book.find, experiment_id=ZERO, by=None, now_ms=0).changed


def test_another_experiments_judgment_cannot_be_overridden() -> None:
    book = Book()
    made = book.log(DRAFT)
    draft = replace(DRAFT, overrides=made.assessment_id)
    with pytest.raises(NotFound):
        plan_log(draft, [], book.find, experiment_id=ExperimentId("1"), by=None, now_ms=0)


def test_another_name_cannot_override() -> None:
    book = Book()
    made = book.log(DRAFT)
    with pytest.raises(Conflict, match="has the name 'quality', not 'tone'") as caught:
        book.log(replace(DRAFT, name="tone", value="rude", overrides=made.assessment_id))
    assert caught.value.details["name"] == "quality"
    assert book.present() == [made]


@pytest.mark.parametrize("place", range(3))
def test_a_link_of_a_chain_keeps_its_name(place: int) -> None:
    book = Book()
    links = chain(book, 3)
    with pytest.raises(Conflict, match="stands in a chain of overrides"):
        plan_update(links[place], AssessmentChange(name="tone"), links, by=None, now_ms=0)
    plan = plan_update(links[place], AssessmentChange(name="quality", rationale="r"), links, by=None, now_ms=0)
    assert plan.changed


def test_a_link_of_a_chain_keeps_its_kind() -> None:
    book = Book()
    head = book.log(replace(DRAFT, overrides=book.log(DRAFT).assessment_id, identifier="i"))
    with pytest.raises(Conflict, match="has the kind FEEDBACK"):
        book.log(replace(DRAFT, kind="EXPECTATION", identifier="i"))
    assert book.last[head.assessment_id].assessment == head


def test_an_older_chain_of_two_names_is_sound_and_can_be_mended() -> None:
    book = Book()
    first = book.log(DRAFT)
    second = replace(book.log(replace(DRAFT, overrides=first.assessment_id)), name="tone")
    old = [book.last[first.assessment_id].assessment, second]
    assert find_faults(old) == []
    plan = plan_update(second, AssessmentChange(name="quality"), old, by=None, now_ms=0)
    assert plan.assessment.name == "quality"


def test_the_head_is_named_however_long_the_chain() -> None:
    book = Book()
    links = chain(book, 500)
    with pytest.raises(Conflict) as caught:
        book.log(replace(DRAFT, overrides=links[0].assessment_id))
    assert caught.value.details["head"] == links[-1].assessment_id
    assert caught.value.error_code == "not_chain_head"


@pytest.mark.parametrize("place", range(4))
def test_deleting_any_link_leaves_a_sound_chain(place: int) -> None:
    book = Book()
    links = chain(book, 4)
    head = links[2 if place == 3 else 3].assessment_id
    book.delete(links[place], now_ms=7)
    assert find_faults(book.present()) == []
    assert [a.assessment_id for a in book.present() if a.valid] == [head]
    gone = book.last[links[place].assessment_id]
    assert (gone.deleted, gone.assessment.valid, gone.at_ms) == (True, False, 7)


def test_an_unsound_draft_or_change_is_invalid() -> None:
    book = Book()
    with pytest.raises(Invalid):
        book.log(replace(DRAFT, value=None))
    made = book.log(DRAFT)
    with pytest.raises(Invalid):
        plan_update(made, AssessmentChange(name="\x00"), [made], by=None, now_ms=0)


def test_a_rename_of_one_without_identifier_needs_no_other_name() -> None:
    book = Book()
    one, two = book.log(DRAFT), book.log(replace(DRAFT, name="tone"))
    plan = plan_update(two, AssessmentChange(name="quality"), [one, two], by=None, now_ms=0)
    assert plan.assessment.name == "quality"


def test_faults_are_found() -> None:
    book = Book()
    a, b, c = chain(book, 3)
    assert find_faults([a, b, c]) == []
    assert "valid is True" in faults_of([replace(a, valid=True), b, c])
    assert "does not link back" in faults_of([a, c])
    assert "which does not" in faults_of([a, b, replace(c, overrides=None)])
    assert "valid is False" in faults_of([a, b, replace(c, valid=False)])
    elsewhere = AssessmentTarget(trace_id=TraceId("tr-2"))
    assert "does not link back" in faults_of([replace(a, target=elsewhere), b, c])
    circle = [
        replace(a, overrides=b.assessment_id),
        replace(b, superseded_by=a.assessment_id),
    ]
    assert "has no beginning" in faults_of(circle)
