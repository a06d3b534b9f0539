"""Contract of `AssessmentStore`."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lodeline.domain.assessment import (
    MAX_VALUE_DEPTH,
    SESSION_KEY,
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentError,
    AssessmentSource,
)
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.span import JsonValue
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    delete_experiment,
    judgment,
    make_experiment,
    restore_experiment,
    search,
    span,
    span_id,
    write,
)

ZERO = ExperimentId("0")
Log = Callable[..., Assessment]


@pytest.fixture
def log(stores: Stores) -> Log:
    """Logs a judgment in experiment 0 on traces tr-1 and tr-2, which exist, at `T0_MS` + `at`."""
    stores.traces.write([write("tr-1", span(), span("child", 2, parent=1)), write("tr-2", span())])

    def run(draft: AssessmentDraft, *, at: int = 0, by: str | None = None) -> Assessment:
        return stores.assessments.log(ZERO, draft, by=by, now_ms=T0_MS + at, audit=audit())[0]

    return run


def change(stores: Stores, assessment_id: AssessmentId, what: AssessmentChange, *, at: int = 9, by: str | None = None
           ) -> Assessment:  # fmt: skip
    return stores.assessments.update(assessment_id, what, by=by, now_ms=T0_MS + at, audit=audit())


def delete(stores: Stores, assessment_id: AssessmentId, *, at: int = 9, by: str | None = None) -> None:
    stores.assessments.delete(assessment_id, by=by, now_ms=T0_MS + at, audit=audit())


def test_those_that_are_known_are_found_by_their_ids(stores: Stores, log: Log) -> None:
    failed = log(judgment("tr-1", "a", None, error=AssessmentError("TIMEOUT", "too late")))
    good, gone = log(judgment("tr-2", "b")), log(judgment("tr-2", "c"))
    delete(stores, gone.assessment_id)
    ids = [failed.assessment_id, good.assessment_id, gone.assessment_id, AssessmentId("unknown\x00")]
    assert stores.assessments.known(ids) == {failed.assessment_id: failed, good.assessment_id: good}
    assert stores.assessments.known([]) == {}
    changed = change(stores, good.assessment_id, AssessmentChange(rationale="now"))
    assert stores.assessments.known(ids[1:2]) == {good.assessment_id: changed}
    delete_experiment(stores, ZERO)
    assert stores.assessments.known(ids) == {}


def chain(log: Log, length: int, **options: object) -> list[AssessmentId]:
    """Log a chain, each overriding the one before."""
    ids: list[AssessmentId] = []
    for number in range(length):
        draft = judgment(value=number, overrides=ids[-1] if ids else None)
        ids.append(log(replace(draft, **options), at=number).assessment_id)
    return ids


def links(stores: Stores, ids: list[AssessmentId]) -> list[tuple[AssessmentId | None, AssessmentId | None, bool]]:
    found = [stores.assessments.get(i) for i in ids]
    return [(a.overrides, a.superseded_by, a.valid) for a in found]


def test_a_logged_judgment_keeps_everything_the_draft_says(stores: Stores, log: Log) -> None:
    draft = judgment(
        span=2, value={"b": [1, 2.5, None, True], "a": ""}, source="LLM_JUDGE", source_id="judge", rationale="\n'",
        metadata={"k": "v", "": ""}, identifier="i", confidence=0.25, run_id="r-1",
    )  # fmt: skip
    draft = replace(draft, source=AssessmentSource("LLM_JUDGE", "judge", "sha256:1"))
    made = log(draft, at=5, by="ann")
    assert made == Assessment(
        assessment_id=made.assessment_id, experiment_id=ZERO, target=draft.target, name="quality", kind="FEEDBACK",
        source=draft.source, created_ms=T0_MS + 5, updated_ms=T0_MS + 5, value=draft.value, rationale="\n'",
        metadata={"k": "v", "": ""}, identifier="i", confidence=0.25, run_id="r-1", created_by="ann",
    )  # fmt: skip
    assert stores.assessments.get(made.assessment_id) == made


@pytest.mark.parametrize(
    "value", [True, False, 0, 1, -1.5, "yes", "", "漢\x00", [], ["a", 1], {"k": {"n": None}}, 2**53, 1e300]
)
def test_every_kind_of_value_comes_back_as_it_is(stores: Stores, log: Log, value: JsonValue) -> None:
    made = stores.assessments.get(log(judgment(value=value)).assessment_id)
    assert made.value == value
    assert type(made.value) is type(value)


def test_an_error_takes_the_value_s_place(stores: Stores, log: Log) -> None:
    error = AssessmentError("Timeout", "after 5 s", "digest")
    made = stores.assessments.get(log(judgment(error=error)).assessment_id)
    assert (made.value, made.error) == (None, error)


def test_kinds_and_targets_are_kept(stores: Stores, log: Log) -> None:
    issue = log(judgment(kind="ISSUE_REF", metadata={"url": "x"}))
    expectation = log(judgment(kind="EXPECTATION", value="Paris"))
    session = log(judgment(None, session="s"))
    assert [stores.assessments.get(a.assessment_id).kind for a in (issue, expectation)] == [
        "ISSUE_REF",
        "EXPECTATION",
    ]
    assert stores.assessments.get(session.assessment_id).target.session == "s"


def test_an_unknown_trace_or_span_is_not_found(stores: Stores, log: Log) -> None:
    other = make_experiment(stores).experiment_id
    for draft in (judgment("tr-9"), judgment("tr-1", span=7), judgment("tr-2", span=2)):
        with pytest.raises(NotFound):
            log(draft)
    with pytest.raises(NotFound):
        stores.assessments.log(other, judgment("tr-1"), by=None, now_ms=T0_MS, audit=audit())
    with pytest.raises(NotFound):
        stores.assessments.log(ExperimentId("99"), judgment("tr-1"), by=None, now_ms=T0_MS, audit=audit())


def test_a_draft_that_contradicts_itself_is_invalid(log: Log) -> None:
    with pytest.raises(Invalid):
        log(replace(judgment(), value=None))


def test_a_value_is_nested_so_deep_and_no_deeper(stores: Stores, log: Log) -> None:
    value: JsonValue = "core"
    for _ in range(MAX_VALUE_DEPTH):
        value = [value]
    made = log(judgment(value=value))
    assert stores.assessments.get(made.assessment_id).value == value
    for _ in range(100_000):
        value = {"k": value}
    with pytest.raises(Invalid):
        log(judgment(value=value))


def test_a_deleted_experiment_takes_no_judgments(stores: Stores) -> None:
    gone = make_experiment(stores).experiment_id
    stores.traces.write([write("tr-x", span(), experiment=gone)])
    made, _ = stores.assessments.log(gone, judgment("tr-x"), by=None, now_ms=T0_MS, audit=audit())
    delete_experiment(stores, gone)
    with pytest.raises(Deleted):
        stores.assessments.log(gone, judgment("tr-x"), by=None, now_ms=T0_MS, audit=audit())
    with pytest.raises(Deleted):
        change(stores, made.assessment_id, AssessmentChange(rationale="x"))
    with pytest.raises(Deleted):
        delete(stores, made.assessment_id)
    restore_experiment(stores, gone)
    assert stores.assessments.get(made.assessment_id) == made


def test_independent_judgments_of_one_name_coexist(stores: Stores, log: Log) -> None:
    made = [log(judgment(value=v, source="HUMAN", source_id=who)) for v, who in ((1, "ann"), (0, "bob"), (1, "ann"))]
    assert len({a.assessment_id for a in made}) == 3
    assert all(stores.assessments.get(a.assessment_id).valid for a in made)


def test_overriding_the_head_makes_a_linear_chain_with_one_valid_end(stores: Stores, log: Log) -> None:
    a, b, c = chain(log, 3)
    assert links(stores, [a, b, c]) == [(None, b, False), (a, c, False), (b, None, True)]


def test_a_human_override_keeps_the_judges_value(stores: Stores, log: Log) -> None:
    judge = log(judgment(value=0.9, source="LLM_JUDGE"))
    log(judgment(value=0.1, source="HUMAN", overrides=judge.assessment_id))
    kept = stores.assessments.get(judge.assessment_id)
    assert (kept.value, kept.valid, kept.source.kind) == (0.9, False, "LLM_JUDGE")


def test_overriding_what_is_not_the_head_is_a_conflict_that_names_the_head(stores: Stores, log: Log) -> None:
    a, b, c = chain(log, 3)
    for taken in (a, b):
        with pytest.raises(Conflict) as caught:
            log(judgment(value=9, overrides=taken))
        assert caught.value.details["head"] == c
    assert links(stores, [a, b, c]) == [(None, b, False), (a, c, False), (b, None, True)]


def test_overriding_another_target_s_judgment_is_a_conflict(stores: Stores, log: Log) -> None:
    first = log(judgment("tr-1"))
    for draft in (judgment("tr-2"), judgment("tr-1", span=1), judgment(None, session="s")):
        with pytest.raises(Conflict):
            log(replace(draft, overrides=first.assessment_id))
    assert stores.assessments.get(first.assessment_id) == first


def test_overriding_a_judgment_of_another_kind_is_a_conflict(stores: Stores, log: Log) -> None:
    expected = log(judgment(kind="EXPECTATION", value="yes"))
    with pytest.raises(Conflict, match="has the kind EXPECTATION, not FEEDBACK"):
        log(judgment(value="no", overrides=expected.assessment_id))
    assert stores.assessments.get(expected.assessment_id).valid


def test_overriding_a_judgment_of_another_name_is_a_conflict(stores: Stores, log: Log) -> None:
    first = log(judgment(name="correctness", value=False))
    with pytest.raises(Conflict, match="has the name 'correctness', not 'tone'"):
        log(judgment(name="tone", value="rude", overrides=first.assessment_id))
    assert stores.assessments.get(first.assessment_id) == first


def test_a_link_of_a_chain_is_not_renamed(stores: Stores, log: Log) -> None:
    for link in chain(log, 2):
        with pytest.raises(Conflict, match="stands in a chain of overrides"):
            change(stores, link, AssessmentChange(name="tone"))
        assert stores.assessments.get(link).revision < 3


def test_overriding_an_unknown_or_deleted_judgment_is_not_found(stores: Stores, log: Log) -> None:
    gone = log(judgment()).assessment_id
    delete(stores, gone)
    for absent in (AssessmentId("a-none"), gone):
        with pytest.raises(NotFound):
            log(judgment(overrides=absent))


def test_deleting_the_head_makes_its_predecessor_valid_again(stores: Stores, log: Log) -> None:
    a, b, c = chain(log, 3)
    delete(stores, c)
    assert links(stores, [a, b]) == [(None, b, False), (a, None, True)]
    delete(stores, b)
    assert links(stores, [a]) == [(None, None, True)]
    again = log(judgment(value=5, overrides=a)).assessment_id
    assert links(stores, [a, again]) == [(None, again, False), (a, None, True)]


def test_deleting_a_middle_link_joins_its_neighbours_and_changes_no_validity(stores: Stores, log: Log) -> None:
    a, b, c, d = chain(log, 4)
    delete(stores, b)
    assert links(stores, [a, c, d]) == [(None, c, False), (a, d, False), (c, None, True)]
    delete(stores, c)
    assert links(stores, [a, d]) == [(None, d, False), (a, None, True)]


def test_deleting_the_first_link_leaves_the_rest_a_chain(stores: Stores, log: Log) -> None:
    a, b, c = chain(log, 3)
    delete(stores, a)
    assert links(stores, [b, c]) == [(None, c, False), (b, None, True)]


def test_a_deleted_judgment_is_not_found_but_keeps_its_history(stores: Stores, log: Log) -> None:
    made = log(judgment(value=1), by="ann").assessment_id
    delete(stores, made, by="bob", at=7)
    for call in (
        lambda: stores.assessments.get(made),
        lambda: delete(stores, made),
        lambda: change(stores, made, AssessmentChange(rationale="x")),
    ):
        with pytest.raises(NotFound):
            call()
    first, last = stores.assessments.history(made)
    assert (first.assessment.value, first.by, first.deleted, first.at_ms) == (1, "ann", False, T0_MS)
    assert (last.assessment.value, last.by, last.deleted, last.at_ms) == (1, "bob", True, T0_MS + 7)
    assert stores.assessments.of_traces([TraceId("tr-1")]) == {}


def test_what_was_never_logged_is_not_found(stores: Stores) -> None:
    never = AssessmentId("a-never")
    for call in (
        lambda: stores.assessments.get(never),
        lambda: delete(stores, never),
        lambda: change(stores, never, AssessmentChange(rationale="x")),
        lambda: stores.assessments.history(never),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_same_identifier_with_equal_content_changes_nothing(stores: Stores, log: Log) -> None:
    draft = judgment(identifier="i", value={"a": 1, "b": 2}, metadata={"x": "1", "y": "2"})
    made = log(draft)
    same = replace(draft, value={"b": 2, "a": 1}, metadata={"y": "2", "x": "1"}, created_ms=5)
    again, changed = stores.assessments.log(ZERO, same, by="bob", now_ms=T0_MS + 50, audit=audit())
    assert (again, changed) == (made, False)
    assert len(stores.assessments.history(made.assessment_id)) == 1


@pytest.mark.parametrize(
    "other",
    [
        judgment(identifier="i", value=2),
        judgment(identifier="i", value=True),
        judgment(identifier="i", error=AssessmentError("x")),
        judgment(identifier="i", value=1, rationale="r"),
        judgment(identifier="i", value=1, metadata={"k": "v"}),
        judgment(identifier="i", value=1, source="HUMAN"),
        judgment(identifier="i", value=1, source_id="other"),
        judgment(identifier="i", value=1, confidence=0.5),
        judgment(identifier="i", value=1, run_id="r"),
        judgment(identifier="i", value=1, kind="EXPECTATION"),
    ],
)
def test_the_same_identifier_with_other_content_is_a_new_revision(
    stores: Stores, log: Log, other: AssessmentDraft
) -> None:
    made = log(judgment(identifier="i", value=1))
    again, changed = stores.assessments.log(ZERO, other, by="bob", now_ms=T0_MS + 50, audit=audit())
    assert changed
    assert again == stores.assessments.get(made.assessment_id)
    assert (again.assessment_id, again.revision) == (made.assessment_id, 2)
    assert (again.created_ms, again.updated_ms) == (T0_MS, T0_MS + 50)
    assert (again.value, again.error, again.rationale, again.metadata) == (
        other.value, other.error, other.rationale, other.metadata,
    )  # fmt: skip
    assert (again.kind, again.source, again.confidence, again.run_id) == (
        other.kind, other.source, other.confidence, other.run_id,
    )  # fmt: skip
    assert [r.assessment.revision for r in stores.assessments.history(made.assessment_id)] == [1, 2]


def test_an_identifier_holds_within_one_target_and_name(stores: Stores, log: Log) -> None:
    drafts = [
        judgment("tr-1", identifier="i"), judgment("tr-2", identifier="i"), judgment("tr-1", span=1, identifier="i"),
        judgment("tr-1", "other", identifier="i"), judgment(None, session="tr-1", identifier="i"),
        judgment("tr-1", identifier="j"), judgment("tr-1", identifier=""),
    ]  # fmt: skip
    assert len({log(draft).assessment_id for draft in drafts}) == len(drafts)
    assert len({log(draft).assessment_id for draft in drafts}) == len(drafts)


def test_an_identifier_of_one_experiment_says_nothing_in_another(stores: Stores, log: Log) -> None:
    other = make_experiment(stores).experiment_id
    draft = judgment(None, session="s", identifier="i")
    made = log(draft)
    again, changed = stores.assessments.log(other, draft, by=None, now_ms=T0_MS, audit=audit())
    assert changed
    assert again.assessment_id != made.assessment_id


def test_an_identifier_of_a_deleted_judgment_starts_anew(stores: Stores, log: Log) -> None:
    first = log(judgment(identifier="i")).assessment_id
    delete(stores, first)
    assert log(judgment(identifier="i")).assessment_id != first


def test_a_resent_override_is_recognised_by_its_identifier(stores: Stores, log: Log) -> None:
    first = log(judgment(value=1)).assessment_id
    draft = judgment(value=2, identifier="i", overrides=first)
    made = log(draft)
    assert log(draft) == made
    later = log(judgment(value=3, overrides=made.assessment_id)).assessment_id
    again, changed = stores.assessments.log(ZERO, replace(draft, value=2.5), by=None, now_ms=T0_MS + 1, audit=audit())
    assert changed
    assert (again.overrides, again.superseded_by, again.valid) == (first, later, False)
    with pytest.raises(Conflict):
        log(replace(draft, overrides=later))


def test_a_given_id_is_kept_and_sent_again_changes_nothing(stores: Stores, log: Log) -> None:
    draft = judgment(assessment_id=AssessmentId("tr:x/1"), created_ms=12_345)
    made = log(draft, at=5)
    assert (made.assessment_id, made.created_ms, made.updated_ms) == ("tr:x/1", 12_345, T0_MS + 5)
    again, changed = stores.assessments.log(ZERO, draft, by=None, now_ms=T0_MS + 50, audit=audit())
    assert (again, changed) == (made, False)


def test_a_given_id_that_other_content_has_is_a_conflict(stores: Stores, log: Log) -> None:
    taken = AssessmentId("a-taken")
    made = log(judgment(assessment_id=taken, value=1))
    for draft in (
        judgment(assessment_id=taken, value=2), judgment("tr-2", assessment_id=taken, value=1),
        judgment("tr-1", "other", assessment_id=taken, value=1),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            log(draft)
    assert stores.assessments.get(taken) == made
    delete(stores, taken)
    with pytest.raises(Conflict):
        log(judgment(assessment_id=taken, value=1))


def test_update_changes_what_is_given_and_appends_a_revision(stores: Stores, log: Log) -> None:
    made = log(judgment(value=1, rationale="old", metadata={"a": "1", "b": "2"}, confidence=0.5))
    what = AssessmentChange(
        name="renamed", replace_value=True, value="good", metadata={"b": "3", "c": "4"}, reason="typo"
    )
    new = change(stores, made.assessment_id, what, at=9, by="bob")
    assert new == stores.assessments.get(made.assessment_id)
    assert new == replace(
        made, name="renamed", value="good", metadata={"a": "1", "b": "3", "c": "4"}, revision=2, updated_ms=T0_MS + 9
    )
    first, second = stores.assessments.history(made.assessment_id)
    assert first.assessment == made
    assert (second.assessment, second.at_ms, second.by, second.reason) == (new, T0_MS + 9, "bob", "typo")
    error = AssessmentError("late")
    new = change(
        stores, made.assessment_id, AssessmentChange(replace_value=True, error=error, rationale="", confidence=0)
    )
    assert (new.value, new.error, new.rationale, new.confidence, new.revision) == (None, error, "", 0, 3)


def test_update_with_unchanged_content_appends_nothing(stores: Stores, log: Log) -> None:
    made = log(judgment(value=1, rationale="r", metadata={"a": "1"}))
    for what in (
        AssessmentChange(), AssessmentChange(reason="only a reason"), AssessmentChange(name="quality"),
        AssessmentChange(replace_value=True, value=1), AssessmentChange(rationale="r", metadata={"a": "1"}),
    ):  # fmt: skip
        assert change(stores, made.assessment_id, what) == made
    assert len(stores.assessments.history(made.assessment_id)) == 1


def test_update_to_an_unsound_judgment_is_invalid(stores: Stores, log: Log) -> None:
    made = log(judgment(value=1))
    for what in (
        AssessmentChange(replace_value=True), AssessmentChange(confidence=2), AssessmentChange(name=""),
        AssessmentChange(replace_value=True, value=1, error=AssessmentError("x")),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            change(stores, made.assessment_id, what)
    assert stores.assessments.get(made.assessment_id) == made


def test_update_of_a_link_leaves_the_chain_as_it_is(stores: Stores, log: Log) -> None:
    a, b, c = chain(log, 3)
    change(stores, b, AssessmentChange(rationale="why"))
    assert links(stores, [a, b, c]) == [(None, b, False), (a, c, False), (b, None, True)]


def test_a_rename_may_not_double_an_identifier(stores: Stores, log: Log) -> None:
    log(judgment(name="one", identifier="i"))
    two = log(judgment(name="two", identifier="i"))
    with pytest.raises(Conflict):
        change(stores, two.assessment_id, AssessmentChange(name="one"))
    assert stores.assessments.get(two.assessment_id).name == "two"


def test_history_tells_every_change_of_validity(stores: Stores, log: Log) -> None:
    a, b = chain(log, 2)
    delete(stores, b, at=5)
    history = stores.assessments.history(a)
    assert [(r.assessment.valid, r.assessment.superseded_by, r.at_ms - T0_MS) for r in history] == [
        (True, None, 0),
        (False, b, 1),
        (True, None, 5),
    ]
    assert [r.assessment.revision for r in history] == [1, 2, 3]


def test_of_traces_gives_those_of_traces_and_spans_oldest_first(stores: Stores, log: Log) -> None:
    second = log(judgment("tr-1", span=2), at=20).assessment_id
    first = log(judgment("tr-1"), at=10).assessment_id
    other = log(judgment("tr-2"), at=5).assessment_id
    log(judgment(None, session="s"))
    asked = [TraceId(i) for i in ("tr-1", "tr-2", "tr-9", "tr-1")]
    found = stores.assessments.of_traces(asked)
    assert {i: [a.assessment_id for a in found[i]] for i in found} == {"tr-1": [first, second], "tr-2": [other]}
    assert stores.assessments.of_traces([]) == {}


def ids(stores: Stores, text: str = "", *, order: str = "", limit: int = 2) -> list[AssessmentId]:
    first = search(text, entity="assessment", order=order, limit=limit)
    return [a.assessment_id for a in all_pages(stores.assessments.search, first)]


def test_lists_are_newest_created_first_and_page_without_gaps(stores: Stores, log: Log) -> None:
    made = [log(judgment(value=n), at=at).assessment_id for n, at in enumerate((5, 1, 5, 9, 1))]
    expected = [made[i] for i in (3, 2, 0, 4, 1)]
    assert ids(stores, limit=100) == expected
    assert ids(stores, limit=1) == expected
    assert ids(stores, limit=2) == expected


def test_lists_take_filters_and_orders(stores: Stores, log: Log) -> None:
    low = log(judgment("tr-1", "quality", 0.2, source="HUMAN", source_id="ann", run_id="r")).assessment_id
    yes = log(judgment("tr-1", "quality", "Yes", span=2, rationale="50% sure"), at=1).assessment_id
    bad = log(judgment("tr-2", "tone", error=AssessmentError("Timeout"), source="LLM_JUDGE"), at=2).assessment_id
    talk = log(judgment(None, "tone", True, session="s1", confidence=0.75), at=3).assessment_id
    old = log(judgment("tr-2", "quality", 7), at=4).assessment_id
    new = log(judgment("tr-2", "quality", 8, overrides=old), at=5).assessment_id
    gone = log(judgment("tr-2", "quality", 9), at=6).assessment_id
    delete(stores, gone)
    for text, expected in (
        ("", [new, old, talk, bad, yes, low]),
        ("name = 'tone'", [talk, bad]),
        ("valid = false", [old]),
        ("valid = true AND name = 'quality' AND value > 1", [new]),
        ("number = 1", [talk, yes]),
        ("value = 'Yes'", [yes]),
        ("value = true", [talk]),
        ("error = 'Timeout'", [bad]),
        ("value IS NULL", [bad]),
        ("source = 'HUMAN' AND source_id = 'ann' AND run = 'r'", [low]),
        ("rationale LIKE '%\\% sure'", [yes]),
        ("trace = 'tr-2'", [new, old, bad]),
        ("trace IN ('tr-2', 'tr-9', 'tr-2') AND valid = true", [new, bad]),
        ("trace NOT IN ('tr-2', 'tr-9')", [yes, low]),
        (f"span = '{span_id(2)}'", [yes]),
        ("session = 's1'", [talk]),
        ("session IN ('s1', 's2', 's1')", [talk]),
        ("session IN ('s2', 's3')", []),
        ("session IS NULL AND span IS NULL AND NOT trace = 'tr-2'", [low]),
        ("confidence >= 0.75", [talk]),
        ("created > '2026-09-21T14:13:20.004Z'", [new]),
        (f"id = '{bad}'", [bad]),
        ("kind IN ('EXPECTATION', 'ISSUE_REF')", []),
    ):
        assert (text, ids(stores, text)) == (text, expected)
    assert ids(stores, "number IS NOT NULL", order="number desc, created") == [new, old, yes, talk, low]
    assert ids(stores, order="confidence, name desc, created") == [talk, bad, low, yes, old, new]


def test_only_the_named_experiments_are_listed(stores: Stores, log: Log) -> None:
    log(judgment())
    page = stores.assessments.search(search(entity="assessment", experiments=("99",)))
    assert page.items == ()
    assert stores.assessments.search(search(entity="assessment", experiments=())).items == ()
    assert stores.admin.check() == []


def test_standing_judgments_that_name_a_session(stores: Stores) -> None:
    home = make_experiment(stores, "home").experiment_id
    stores.traces.write([write("tr-1", span("root"), experiment=home), write("tr-2", span("root"), experiment=home)])
    named = {SESSION_KEY: "chat-1"}

    def log(draft: AssessmentDraft, at_ms: int) -> Assessment:
        return stores.assessments.log(home, draft, by=None, now_ms=at_ms, audit=audit("assessment.log"))[0]

    first = log(judgment("tr-1", "good", True, metadata=named), T0_MS)
    second = log(judgment("tr-2", "good", False, metadata=named), T0_MS + 1)
    log(judgment("tr-1", "good", True), T0_MS + 2)
    log(judgment("tr-1", "other", True, metadata=named), T0_MS + 3)
    log(judgment(None, "good", True, session="chat-1", metadata=named), T0_MS + 4)
    assert list(stores.assessments.of_sessions([home], "good")) == [second, first]
    assert list(stores.assessments.of_sessions(["0"], "good")) == []
    third = log(replace(judgment("tr-1", "good", False, metadata=named), overrides=first.assessment_id), T0_MS + 5)
    assert list(stores.assessments.of_sessions([home], "good")) == [third, second]
    stores.assessments.delete(third.assessment_id, by=None, now_ms=T0_MS + 6, audit=audit("assessment.delete"))
    assert [each.assessment_id for each in stores.assessments.of_sessions([home], "good")] == [
        second.assessment_id, first.assessment_id,
    ]  # fmt: skip
    delete_experiment(stores, home)
    assert list(stores.assessments.of_sessions([home], "good")) == []
