"""Labeling sessions end to end over a store: sessions, items and where they come from, sync into datasets."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget, SourceKind
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.evaluation import EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft
from lodeline.domain.experiment import ExperimentChange
from lodeline.domain.ids import DatasetId, ExperimentId, RunId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaChange, LabelSchemaDraft, LabelSchemaId, default_id
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    ItemId,
    LabelingChange,
    LabelingDraft,
    LabelingSession,
    ReviewForm,
    ReviewPolicy,
    ReviewTarget,
)
from lodeline.domain.labeling_rules import ItemRule
from lodeline.domain.record import RecordDraft
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import span, write
from tests.services.bundled import clock_of, make, services_over

ASKED = ("Feedback", "expected_response", "expected_facts")


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as made:
        yield made


def traces(services: Services, *ids: str, experiment: str = "0") -> None:
    for trace_id in ids:
        root = span("answer", 1, attributes={"input.value": f"ask {trace_id}", "output.value": f"say {trace_id}"})
        services.stores.traces.write([write(trace_id, root, experiment=experiment)])


def session(services: Services, *asked: str, reviewers: tuple[str, ...] = (), dataset: str | None = None,
            experiment: str = "0", **policy: object) -> LabelingSession:  # fmt: skip
    policy_ = ReviewPolicy(require_all_answers=False, **policy)  # type: ignore[arg-type]
    draft = LabelingDraft(
        RunDraft("labels"), (), reviewers=reviewers, policy=policy_, dataset_id=dataset, state="OPEN"
    )
    return services.labeling.create(LOCAL, experiment, draft, asked or ASKED)


def add(services: Services, made: LabelingSession, *ids: str) -> tuple[ItemId, ...]:
    drafts = [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId(each))) for each in ids]
    return services.labeling_items.add(LOCAL, made.run.run_id, drafts).item_ids


def submit(services: Services, item: ItemId, name: str, **answers: JsonValue) -> None:
    clock_of(services).advance(1)
    services.reviews.submit(LOCAL, item, ReviewForm(answers), reviewer=name)


def dataset(services: Services, name: str = "golden") -> DatasetId:
    draft = DatasetDraft(ExperimentId("0"), name)
    return services.datasets.create(LOCAL, draft, experiment="0").dataset_id


def judge(services: Services, trace_id: str, name: str, value: JsonValue, *, source: str = "gpt",
          kind: SourceKind = "LLM_JUDGE") -> None:  # fmt: skip
    draft = AssessmentDraft(
        AssessmentTarget(TraceId(trace_id)), name, "FEEDBACK", AssessmentSource(kind, source), value
    )
    services.assessments.log(LOCAL, draft)


def held(services: Services, made: LabelingSession) -> list[str]:
    page = services.labeling_items.list(LOCAL, made.run.run_id, ItemFilter(), limit=1000)
    return sorted(item.target.trace_id or "" for item in page.items)


def actions(services: Services) -> list[str]:
    return [entry.action for entry in services.stores.audit.search(Search(limit=1000)).items[::-1]]


# Label schemas


def test_every_experiment_has_the_default_schema_which_is_kept_once_changed(services: Services) -> None:
    experiment = make(services, "other").experiment_id
    (default,) = services.label_schemas.list(LOCAL, experiment)
    assert (default.name, default.is_default, default.version) == ("Feedback", True, 1)
    assert services.label_schemas.get(LOCAL, default.schema_id) == default
    assert list(services.label_schemas.versions(LOCAL, default.schema_id)) == [default]
    assert services.stores.label_schemas.list(experiment) == []
    changed = services.label_schemas.update(LOCAL, default.schema_id, LabelSchemaChange(title="Right?"))
    assert (changed.version, changed.is_default, changed.schema_id) == (2, True, default.schema_id)
    assert list(services.label_schemas.list(LOCAL, experiment)) == [changed]
    assert services.label_schemas.get(LOCAL, default.schema_id, 1) == default
    with pytest.raises(Conflict, match="not deleted"):
        services.label_schemas.delete(LOCAL, default.schema_id)
    draft = LabelSchemaDraft("Feedback", "FEEDBACK", LabelInput("pass_fail"))
    with pytest.raises(Conflict, match="exists already"):
        services.label_schemas.create(LOCAL, experiment, draft)


def test_a_default_id_of_no_experiment_is_unknown(services: Services) -> None:
    for schema_id in (default_id(ExperimentId("77")), LabelSchemaId("ls-" + "0" * 24 + "0000000z")):
        with pytest.raises(NotFound):
            services.label_schemas.get(LOCAL, schema_id)


def test_values_of_people_are_checked_where_the_experiment_says_so(services: Services) -> None:
    made = make(services, "app")
    draft = LabelSchemaDraft("score", "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5))
    services.label_schemas.create(LOCAL, made.experiment_id, draft)
    traces(services, "tr-1", experiment=made.experiment_id)
    judge(services, "tr-1", "score", 9, source="ann", kind="HUMAN")
    change = ExperimentChange(settings={"enforce_label_schemas": True})
    services.experiments.update(LOCAL, made.experiment_id, change)
    with pytest.raises(Invalid, match="expected a number from 1 to 5"):
        judge(services, "tr-1", "score", 9, source="ann", kind="HUMAN")
    judge(services, "tr-1", "score", 5, source="ann", kind="HUMAN")
    judge(services, "tr-1", "score", 9)
    judge(services, "tr-1", "other", 9, source="ann", kind="HUMAN")
    with pytest.raises(Invalid, match="Feedback: 7 is no answer to this label schema"):
        judge(services, "tr-1", "Feedback", 7, source="ann", kind="HUMAN")


# Sessions


def test_a_session_asks_with_the_versions_there_are_and_makes_built_in_ones(services: Services) -> None:
    made = session(services)
    assert [(schema.name, schema.version) for schema in made.schemas] == [(name, 1) for name in ASKED]
    assert {schema.name for schema in services.label_schemas.list(LOCAL, "0")} == set(ASKED)
    facts = services.label_schemas.find(LOCAL, "0", "expected_facts")
    services.label_schemas.update(LOCAL, facts.schema_id, LabelSchemaChange(title="Facts"))
    assert services.labeling.get(LOCAL, made.run.run_id).schemas[2].version == 1
    again = services.labeling.update(LOCAL, made.run.run_id, LabelingChange(), schemas=[facts.schema_id])
    assert [(schema.name, schema.version) for schema in again.schemas] == [("expected_facts", 2)]
    with pytest.raises(NotFound, match="label schema 'nothing'"):
        session(services, "nothing")


def test_what_is_done_with_a_session_is_audited(services: Services) -> None:
    traces(services, "tr-1")
    made = session(services, "Feedback")
    (item,) = add(services, made, "tr-1")
    view = services.reviews.next(LOCAL, made.run.run_id, reviewer="ann").item
    assert view is not None
    assert view.mine is not None
    services.reviews.save(LOCAL, item, view.mine.token or "", ReviewForm(), reviewer="ann")
    submit(services, item, "ann", Feedback=True)
    services.reviews.undo(LOCAL, item, reviewer="ann")
    services.reviews.decline(LOCAL, item, "tired", reviewer="ann")
    services.labeling_items.remove(LOCAL, item)
    services.labeling.update(LOCAL, made.run.run_id, LabelingChange(state="CLOSED"))
    assert actions(services) == [
        "labeling.create", "labeling.add_items", "review.claim", "review.submit", "review.undo", "review.decline",
        "labeling.remove_item", "labeling.close",
    ]  # fmt: skip


def test_a_page_goes_on_when_an_experiment_is_made_meanwhile(services: Services) -> None:
    for _ in range(3):
        session(services, "Feedback", reviewers=("ann",))
    other = make(services, "other").experiment_id
    listed = services.labeling.list
    every, one, both = (listed(LOCAL, asked, limit=1).cursor for asked in ([], ["0"], ["0", other]))
    mine = services.reviews.sessions(LOCAL, reviewer="ann", limit=1).cursor
    make(services, "made between pages")
    assert listed(LOCAL, limit=1, cursor=every).items
    assert listed(LOCAL, [other, "Default"], limit=1, cursor=both).items
    assert services.reviews.sessions(LOCAL, reviewer="ann", limit=1, cursor=mine).cursor
    for asked, cursor in (([], one), ([other], one), (["0"], every)):
        with pytest.raises(Invalid, match="does not belong to this list"):
            listed(LOCAL, asked, limit=1, cursor=cursor)


def test_a_link_carries_the_name_where_nobody_signs_in(services: Services) -> None:
    made = session(services, reviewers=("ann b",))
    link = services.labeling.link(LOCAL, made.run.run_id, reviewer="ann b")
    assert (link.path, link.signs_in) == (f"/review/{made.run.run_id}?reviewer=ann%20b", False)
    with pytest.raises(NotFound, match="reviewer 'zoe'"):
        services.labeling.link(LOCAL, made.run.run_id, reviewer="zoe")


# Where items come from


def test_items_get_a_snapshot_that_tells_when_the_target_changes(services: Services) -> None:
    traces(services, "tr-1")
    first, second = session(services), session(services)
    (one,) = add(services, first, "tr-1")
    judge(services, "tr-1", "quality", 1)
    (two,) = add(services, second, "tr-1")
    before = services.labeling_items.get(LOCAL, one).snapshot
    assert before is not None
    assert services.labeling_items.get(LOCAL, two).snapshot == before
    services.stores.traces.write([write("tr-1", span("late", 2, parent=1))])
    (three,) = add(services, session(services), "tr-1")
    assert services.labeling_items.get(LOCAL, three).snapshot != before


def test_rows_records_and_sessions_are_found_or_refused(services: Services) -> None:
    services.stores.traces.write([write("tr-1", span("turn", 1, session="chat"))])
    run = services.evaluations.create(LOCAL, "0", EvaluationDraft(RunDraft("e"))).run.run_id
    services.evaluations.start(LOCAL, run)
    services.evaluations.log_rows(LOCAL, run, [RowDraft("k", trace_id=TraceId("tr-1"))])
    into = dataset(services)
    report = services.records.write(LOCAL, into, "merge", [RecordDraft({"q": 1}, outputs="o")])
    record_id = report.record_ids[0] or ""
    made = session(services)
    good = [
        ReviewTarget("ROW", run_id=run, row_key="k"),
        ReviewTarget("RECORD", dataset_id=into, record_id=record_id),
        ReviewTarget("SESSION", session="chat"),
    ]
    ids = services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(each) for each in good]).item_ids
    row, record, chat = (services.labeling_items.get(LOCAL, each) for each in ids)
    assert (row.target.trace_id, record.target.dataset_version) == ("tr-1", 1)
    assert all(each.snapshot for each in (row, record, chat))
    for bad in (
        ReviewTarget("ROW", run_id=run, row_key="other"),
        ReviewTarget("ROW", run_id=RunId("none"), row_key="k"),
        ReviewTarget("RECORD", dataset_id=into, record_id="dr-none"),
        ReviewTarget("RECORD", dataset_id="d-none", record_id=record_id),
        ReviewTarget("SESSION", session="none"),
        ReviewTarget("TRACE", trace_id=TraceId("tr-none")),
    ):
        with pytest.raises(NotFound):
            services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(bad)])
    for odd in (
        ReviewTarget("TRACE"), ReviewTarget("TRACE", trace_id=TraceId("tr-1"), session="chat"),
        ReviewTarget("PAIR", trace_id=TraceId("tr-1"), other_trace_id=TraceId("tr-1")),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(odd)])
    with pytest.raises(Invalid, match="no answer"):
        services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(good[0], gold={"Feedback": 7})])


def test_a_trace_of_another_experiment_is_no_item(services: Services) -> None:
    other = make(services, "other").experiment_id
    traces(services, "tr-1", experiment=other)
    with pytest.raises(NotFound):
        add(services, session(services), "tr-1")


def test_a_search_adds_what_it_finds_but_nothing_that_a_person_removed(services: Services) -> None:
    traces(services, "tr-1", "tr-2", "tr-3")
    made = session(services)
    services.traces.tag(LOCAL, TraceId("tr-3"), {"bad": "no"})
    query = ListQuery((), "NOT tags.bad = 'no'", limit=10)
    assert services.labeling_items.add_traces(LOCAL, made.run.run_id, query).added == 2
    (item,) = add(services, made, "tr-1")
    services.labeling_items.remove(LOCAL, item)
    report = services.labeling_items.add_traces(LOCAL, made.run.run_id, query)
    assert (report.added, report.known, report.left_removed) == (0, 1, 1)
    assert held(services, made) == ["tr-2"]


def test_a_sample_is_the_same_whenever_it_is_drawn(services: Services) -> None:
    ids = [f"tr-{n}" for n in range(80)]
    traces(services, *ids)
    made = session(services)
    rule = ItemRule("sample", share=0.25, seed=3, limit=1000)
    report = services.labeling_items.apply_rule(LOCAL, made.run.run_id, rule)
    assert 8 <= report.added <= 34
    assert services.labeling_items.apply_rule(LOCAL, made.run.run_id, rule).added == 0
    other = session(services)
    services.labeling_items.apply_rule(LOCAL, other.run.run_id, rule)
    assert held(services, other) == held(services, made)


def test_low_scores_and_disagreement_choose_traces(services: Services) -> None:
    traces(services, "tr-1", "tr-2", "tr-3", "tr-4")
    for trace_id, value in (("tr-1", 0.2), ("tr-2", 0.9), ("tr-3", 0.1)):
        judge(services, trace_id, "grounded", value)
    judge(services, "tr-2", "grounded", 0.0, source="ann", kind="HUMAN")
    judge(services, "tr-4", "tone", "kind", source="gpt")
    judge(services, "tr-4", "tone", "rude", source="claude")
    judge(services, "tr-1", "tone", "kind", source="gpt")
    judge(services, "tr-1", "tone", "kind", source="claude")
    low, split = session(services), session(services)
    rule = ItemRule("low_score", name="grounded", below=0.5)
    services.labeling_items.apply_rule(LOCAL, low.run.run_id, rule)
    assert held(services, low) == ["tr-1", "tr-3"]
    services.labeling_items.apply_rule(LOCAL, split.run.run_id, ItemRule("disagreement", name="tone"))
    assert held(services, split) == ["tr-4"]
    for wrong in (ItemRule("sample"), ItemRule("low_score", name="x"), ItemRule("disagreement")):
        with pytest.raises(Invalid):
            services.labeling_items.apply_rule(LOCAL, low.run.run_id, wrong)


# Sync


def test_sync_writes_expectations_as_one_version_with_lineage(services: Services) -> None:
    traces(services, "tr-1", "tr-2", "tr-3")
    into = dataset(services)
    made = session(services, dataset=into, reviews_required=3, reviewers=("ann", "ben", "cy"))
    one, two, _ = add(services, made, "tr-1", "tr-2", "tr-3")
    submit(services, one, "ann", expected_response="A", Feedback=True)
    submit(services, one, "ben", expected_response="B", Feedback=True)
    submit(services, one, "cy", expected_response="A")
    submit(services, two, "ann", Feedback=False)
    report = services.labeling_items.sync(LOCAL, made.run.run_id)
    assert (report.version, report.items, report.inserted, report.skipped) == (1, 1, 1, 0)
    (record,) = services.records.search(LOCAL, into, "latest", ListQuery()).items
    assert record.inputs == {"input": "ask tr-1"}
    assert (record.outputs, record.expectations) == ("say tr-1", {"expected_response": "A"})
    assert record.source is not None
    assert (record.source.kind, record.source.source_id) == ("REVIEW", f"tr-1/{one}")
    assert [each.record.record_id for each in services.records.of_trace(LOCAL, TraceId("tr-1"))] == [record.record_id]
    assert services.datasets.versions(LOCAL, into).items[0].message == "labeling session labels"
    again = services.labeling_items.sync(LOCAL, made.run.run_id)
    assert (again.version, again.unchanged, again.inserted) == (1, 1, 0)


def test_sync_merges_into_records_and_takes_assertions_and_decisions(services: Services) -> None:
    into = dataset(services)
    record = RecordDraft({"q": "capital?"}, {"expected_response": "?", "note": "kept"}, outputs="Rome")
    record_id = services.records.write(LOCAL, into, "merge", [record]).record_ids[0] or ""
    made = session(services, reviews_required=2, min_agreement=1.0)
    target = ReviewTarget("RECORD", dataset_id=into, record_id=record_id)
    (item,) = services.labeling_items.add(LOCAL, made.run.run_id, [ItemDraft(target)]).item_ids
    for name, good, city in (("ann", True, "Paris"), ("ben", False, "Lyon")):
        form = ReviewForm({"Feedback": good, "expected_response": city}, assertions={"cites": "It cites."})
        services.reviews.submit(LOCAL, item, form, reviewer=name)
    assert services.labeling_items.sync(LOCAL, made.run.run_id, into).skipped == 1
    with pytest.raises(Invalid, match="Feedback in dispute and not decided"):
        services.labeling_items.adjudicate(LOCAL, item, ReviewForm({"expected_response": "Paris"}), reviewer="dan")
    decided = ReviewForm({"Feedback": True, "expected_response": "Paris"})
    services.labeling_items.adjudicate(LOCAL, item, decided, reviewer="dan")
    report = services.labeling_items.sync(LOCAL, made.run.run_id, into)
    assert (report.updated, report.version) == (1, 2)
    (found,) = services.records.search(LOCAL, into, "latest", ListQuery()).items
    assert found.record_id == record_id
    assert found.expectations == {"expected_response": "Paris", "cites": "It cites.", "note": "kept"}
    assert found.outputs == "Rome"


def test_sync_needs_a_dataset(services: Services) -> None:
    with pytest.raises(Invalid, match="no dataset of its own"):
        services.labeling_items.sync(LOCAL, session(services).run.run_id)
    assert services.labeling_items.sync(LOCAL, session(services).run.run_id, dataset(services)).version == 0
