"""Use cases of datasets and their records; the stores' own rules are tested with the contract."""

import math
from collections.abc import Iterator, Sequence

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.dataset import Dataset, DatasetChange, DatasetDraft, Identity
from lodeline.domain.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from lodeline.domain.ids import AccountId, DatasetId, ExperimentId, TraceId
from lodeline.domain.record import RecordDraft, RecordSource
from lodeline.domain.span import JsonValue
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import judgment, span, write
from tests.services.bundled import make, services_over

ONE, TWO = ExperimentId("1"), ExperimentId("2")
EDITOR = Actor("account", "ed", AccountId("acc-1"), role="editor")
VIEWER = Actor("account", "vi", AccountId("acc-2"), role="viewer")
ONLY_TWO = Actor("account", "two", AccountId("acc-3"), roles={TWO: "editor"})


@pytest.fixture
def services() -> Iterator[Services]:
    """Experiments 1 "one" and 2 "two"."""
    with services_over() as opened:
        make(opened, "one")
        make(opened, "two")
        yield opened


def made(services: Services, name: str = "questions", *, identity: Identity = "by_input", actor: Actor = EDITOR,
         schema: dict[str, object] | None = None, expected: dict[str, object] | None = None) -> Dataset:  # fmt: skip
    draft = DatasetDraft(ONE, name, identity, input_schema=schema, expectation_schema=expected)
    return services.datasets.create(actor, draft, experiment="one")


def records(services: Services, dataset: Dataset, version: str = "latest"):
    return services.records.search(EDITOR, dataset.dataset_id, version, ListQuery(limit=1_000)).items


def ask(number: int, **expectations: JsonValue) -> RecordDraft:
    return RecordDraft({"q": number}, expectations)


def test_every_change_is_in_the_audit_trail_with_its_author(services: Services) -> None:
    dataset = made(services)
    ident = dataset.dataset_id
    assert (dataset.created_by, dataset.experiment_id) == ("ed", ONE)
    services.records.write(EDITOR, ident, "merge", [ask(1)])
    services.records.write(EDITOR, ident, "put", [ask(2)], draft=True)
    services.records.publish(EDITOR, ident)
    services.records.write(EDITOR, ident, "append", [ask(3)], draft=True)
    assert services.records.discard(EDITOR, ident) == 1
    services.datasets.label(EDITOR, ident, "latest", set_labels=["golden"])
    services.datasets.update(EDITOR, ident, DatasetChange(description="d"))
    services.datasets.delete(EDITOR, ident)
    services.datasets.restore(EDITOR, ident)
    entries = services.stores.audit.search(Search(limit=100)).items[::-1]
    assert [(e.action, e.target, e.experiment_id) for e in entries if e.actor == "ed"] == [
        (action, ident, "1")
        for action in (
            "dataset.create", "record.merge", "record.put", "dataset.publish", "record.append", "dataset.discard",
            "dataset.label", "dataset.update", "dataset.delete", "dataset.restore",
        )
    ]  # fmt: skip


def test_a_viewer_reads_and_changes_nothing(services: Services) -> None:
    dataset = made(services)
    services.records.write(EDITOR, dataset.dataset_id, "merge", [ask(1)])
    assert services.datasets.get(VIEWER, dataset.dataset_id).record_count == 1
    for change in (
        lambda: made(services, "more", actor=VIEWER),
        lambda: services.records.write(VIEWER, dataset.dataset_id, "merge", [ask(2)]),
        lambda: services.records.publish(VIEWER, dataset.dataset_id),
        lambda: services.records.discard(VIEWER, dataset.dataset_id),
        lambda: services.datasets.delete(VIEWER, dataset.dataset_id),
        lambda: services.records.assign_splits(VIEWER, dataset.dataset_id, {"a": 1}),
        lambda: services.datasets.label(VIEWER, dataset.dataset_id, "1", set_labels=["a"]),
    ):
        with pytest.raises(Forbidden):
            change()


def test_a_linked_experiment_reads_and_only_the_own_one_writes(services: Services) -> None:
    dataset = made(services)
    services.records.write(EDITOR, dataset.dataset_id, "merge", [ask(1)])
    with pytest.raises(NotFound):
        services.datasets.get(ONLY_TWO, dataset.dataset_id)
    with pytest.raises(NotFound):
        services.datasets.find(ONLY_TWO, "two", "questions")
    services.datasets.update(EDITOR, dataset.dataset_id, DatasetChange(link=(TWO,)))
    assert services.datasets.find(ONLY_TWO, "two", "questions").dataset_id == dataset.dataset_id
    assert services.datasets.search(ONLY_TWO, ListQuery()).items[0].dataset_id == dataset.dataset_id
    assert len(services.records.search(ONLY_TWO, dataset.dataset_id, "1", ListQuery()).items) == 1
    with pytest.raises(NotFound):
        services.records.write(ONLY_TWO, dataset.dataset_id, "merge", [ask(2)])
    other = services.datasets.create(ONLY_TWO, DatasetDraft(TWO, "mine"), experiment="two")
    with pytest.raises(NotFound):
        services.datasets.update(ONLY_TWO, other.dataset_id, DatasetChange(link=(ONE,)))


def test_bad_records_are_rejected_with_the_place_and_stop_no_other(services: Services) -> None:
    dataset = made(services)
    drafts: Sequence[RecordDraft] = [
        ask(1),
        RecordDraft({"a": [1, {"b/c": math.nan}]}),
        RecordDraft({"q": "\ud800"}),
        RecordDraft({"q": 1 << 64}),
        RecordDraft({"q": 2}, outputs={"caf\u00e9": 1, "cafe\u0301": 2}),
        RecordDraft({"q": "x" * 1_000_001}),
        ask(3),
    ]
    report = services.records.write(EDITOR, dataset.dataset_id, "append", drafts)
    assert [(r.index, r.pointer) for r in report.rejected] == [
        (1, "/inputs/a/1/b~1c"), (2, "/inputs/q"), (3, "/inputs/q"), (4, "/outputs"), (5, "/inputs"),
    ]  # fmt: skip
    assert [each is not None for each in report.record_ids] == [True, False, False, False, False, False, True]
    assert [r.inputs["q"] for r in records(services, dataset)] == [1, 3]
    deep: JsonValue = 1
    for _ in range(70):
        deep = [deep]
    (rejected,) = services.records.write(EDITOR, dataset.dataset_id, "append", [RecordDraft({"q": deep})]).rejected
    assert "64 levels" in rejected.reason
    with pytest.raises(Invalid) as caught:
        services.records.write(EDITOR, dataset.dataset_id, "replace", [ask(1), RecordDraft({"q": math.inf})])
    assert caught.value.details == {"index": 1, "pointer": "/inputs/q"}


def test_bounds_and_words_are_checked(services: Services) -> None:
    dataset = made(services)
    ident = dataset.dataset_id
    with pytest.raises(TooLarge):
        services.records.write(EDITOR, ident, "append", [ask(1)] * 5_001)
    with pytest.raises(TooLarge):
        services.records.write(EDITOR, ident, "append", [], message="m" * 2_001)
    for bad in ("", "draft ", "sha256:xyz", "no such!", "-1"):
        with pytest.raises((Invalid, NotFound)):
            services.datasets.version(EDITOR, ident, bad)
    for label in ("latest", "draft", "1", "a b", ""):
        with pytest.raises(Invalid):
            services.datasets.label(EDITOR, ident, "latest", set_labels=[label])
    with pytest.raises(Invalid):
        services.records.search(EDITOR, ident, "latest", ListQuery(order="id"))
    with pytest.raises(Invalid):
        services.datasets.update(EDITOR, ident, DatasetChange(lifecycle="DELETED"))
    with pytest.raises(NotFound):
        services.records.get(EDITOR, ident, "dr-none", "latest")


SCHEMA: dict[str, object] = {
    "type": "object", "required": ["q"], "properties": {"q": {"type": "integer", "maximum": 5}}
}  # fmt: skip


def test_a_schema_lets_in_what_it_describes_as_it_would_be_stored(services: Services) -> None:
    expected: dict[str, object] = {"type": "object", "required": ["a"], "additionalProperties": {"type": "string"}}
    dataset = made(services, schema=SCHEMA, expected=expected)
    drafts = [ask(1, a="x"), ask(9, a="x"), RecordDraft({}, {"a": "x"}), ask(2), ask(3, a=1)]
    report = services.records.write(EDITOR, dataset.dataset_id, "merge", drafts)
    assert [(r.index, r.pointer) for r in report.rejected] == [
        (1, "/inputs/q"), (2, "/inputs"), (3, "/expectations"), (4, "/expectations/a"),
    ]  # fmt: skip
    assert services.records.write(EDITOR, dataset.dataset_id, "merge", [ask(1, b="y")]).updated == 1
    assert services.records.write(EDITOR, dataset.dataset_id, "put", [ask(1, b="y")]).rejected[0].index == 0
    assert records(services, dataset)[0].expectations == {"a": "x", "b": "y"}


def test_a_new_schema_tells_of_what_is_there_already(services: Services) -> None:
    dataset = made(services)
    services.records.write(EDITOR, dataset.dataset_id, "append", [ask(n) for n in range(9)])
    services.datasets.update(EDITOR, dataset.dataset_id, DatasetChange(input_schema=SCHEMA))
    page = services.records.violations(EDITOR, dataset.dataset_id, "latest", ListQuery(limit=100))
    by_id = {record.record_id: record.inputs["q"] for record in records(services, dataset)}
    assert [(by_id[v.record_id], v.pointer) for v in page.items] == [(n, "/inputs/q") for n in (6, 7, 8)]
    services.datasets.update(EDITOR, dataset.dataset_id, DatasetChange(input_schema={}))
    assert services.records.violations(EDITOR, dataset.dataset_id, "1", ListQuery()).items == ()


@pytest.mark.parametrize(
    "schema",
    [{"type": 5}, {"$ref": "http://127.0.0.1:9/x.json"}, {"$ref": "file:///etc/passwd"}, {"pattern": "("},
     {"properties": {"a": {"pattern": "(?=a)a"}}}],
)  # fmt: skip
def test_what_is_no_schema_or_lies_elsewhere_is_refused(services: Services, schema: dict[str, object]) -> None:
    with pytest.raises(Invalid) as caught:
        made(services, schema=schema)
    assert caught.value.details["field"] == "input_schema"


def test_a_hostile_pattern_takes_no_time(services: Services) -> None:
    dataset = made(services, schema={"properties": {"q": {"pattern": "^(a+)+$"}}})
    report = services.records.write(EDITOR, dataset.dataset_id, "append", [RecordDraft({"q": "a" * 50_000 + "!"})])
    assert report.rejected[0].pointer == "/inputs/q"


def test_records_of_traces_hold_content_and_expectations(services: Services) -> None:
    dataset = made(services)
    root = span("root", attributes={"input.value": '{"q": "hi"}', "input.mime_type": "application/json",
                                    "output.value": "hello"})  # fmt: skip
    services.stores.traces.write(
        [
            write("tr-1", root, experiment=ONE),
            write("tr-2", span("bare", request="text", response=None), experiment=ONE),
        ]
    )
    services.assessments.log(LOCAL, judgment("tr-1", "answer", "hello", kind="EXPECTATION"))
    services.assessments.log(LOCAL, judgment("tr-1", "quality", 1.0))
    report = services.records.add_traces(
        EDITOR, dataset.dataset_id, trace_ids=["tr-1"], query=ListQuery(("one",), "name = 'bare'"), split="test"
    )
    assert (report.inserted, report.rejected) == (2, ())
    first, second = records(services, dataset)
    assert (first.inputs, first.expectations, first.outputs) == ({"q": "hi"}, {"answer": "hello"}, "hello")
    assert (first.source, first.split) == (RecordSource("TRACE", "tr-1"), "test")
    assert (second.inputs, second.outputs) == ({"input": "text"}, None)
    (place,) = services.records.of_trace(VIEWER, TraceId("tr-1"))
    assert (place.dataset_id, place.record, place.version) == (dataset.dataset_id, first, 1)
    assert services.traces.get(VIEWER, TraceId("tr-1")).tags == {}
    services.records.add_traces(EDITOR, dataset.dataset_id, trace_ids=["tr-1"], keep_source=True)
    pinned = [services.traces.get(VIEWER, TraceId(each)).tags for each in ("tr-1", "tr-2")]
    assert pinned == [{"lodeline.pinned": "true"}, {}]
    with pytest.raises(NotFound):
        services.records.add_traces(EDITOR, dataset.dataset_id, trace_ids=["tr-none"])
    with pytest.raises(NotFound):
        services.records.of_trace(ONLY_TWO, TraceId("tr-1"))


def test_splits_are_exact_stratified_and_the_same_everywhere(services: Services) -> None:
    one, other = made(services), made(services, "other")
    drafts = [ask(n, kind="rare" if n % 10 == 0 else "common") for n in range(100)]
    services.records.write(EDITOR, one.dataset_id, "append", drafts)
    services.records.write(EDITOR, other.dataset_id, "append", drafts[::-1])
    for dataset in (one, other):
        report = services.records.assign_splits(
            EDITOR, dataset.dataset_id, {"train": 0.8, "test": 0.2}, seed=7, stratify_by="expectations.kind"
        )
        assert (report.updated, report.version) == (100, 2)
    splits = [{r.inputs["q"]: r.split for r in records(services, dataset)} for dataset in (one, other)]
    assert splits[0] == splits[1]
    version = services.datasets.version(EDITOR, one.dataset_id, "latest")
    assert (version.splits, version.changed) == ({"test": 20, "train": 80}, 100)
    rare = [split for number, split in splits[0].items() if isinstance(number, int) and number % 10 == 0]
    assert rare.count("test") == 2
    assert version.digest == services.datasets.version(EDITOR, one.dataset_id, "1").digest
    again = services.records.assign_splits(
        EDITOR, one.dataset_id, {"train": 4, "test": 1}, seed=7, stratify_by="expectations.kind"
    )
    assert (again.updated, again.unchanged, again.version) == (0, 100, 2)
    assert services.records.assign_splits(EDITOR, one.dataset_id, {"train": 4, "test": 1}, seed=8).updated > 0


def test_splits_wait_for_a_draft_and_refuse_nonsense(services: Services) -> None:
    dataset = made(services)
    services.records.write(EDITOR, dataset.dataset_id, "append", [ask(1)], draft=True)
    with pytest.raises(Conflict):
        services.records.assign_splits(EDITOR, dataset.dataset_id, {"a": 1})
    drafted = services.records.assign_splits(EDITOR, dataset.dataset_id, {"a": 1}, draft=True)
    assert (drafted.updated, drafted.version) == (1, None)
    for ratios in ({}, {"a": 0.0}, {"a": math.nan}, {"": 1.0}):
        with pytest.raises(Invalid):
            services.records.assign_splits(EDITOR, dataset.dataset_id, ratios)


def test_unknown_datasets_are_not_found(services: Services) -> None:
    nobody = DatasetId("d-none")
    for call in (
        lambda: services.datasets.get(EDITOR, nobody),
        lambda: services.records.write(EDITOR, nobody, "append", [ask(1)]),
        lambda: services.records.history(EDITOR, nobody, "x"),
        lambda: services.datasets.create(EDITOR, DatasetDraft(ONE, "x"), experiment="none"),
    ):
        with pytest.raises(NotFound):
            call()


def test_links_to_experiments_out_of_reach_are_left_out(services: Services) -> None:
    make(services, "three")
    dataset = made(services)
    services.datasets.update(EDITOR, dataset.dataset_id, DatasetChange(link=(TWO, ExperimentId("3"))))
    for found in (
        services.datasets.get(ONLY_TWO, dataset.dataset_id),
        services.datasets.find(ONLY_TWO, "two", "questions"),
        services.datasets.search(ONLY_TWO, ListQuery()).items[0],
    ):
        assert found.linked_experiment_ids == (TWO,)
    assert services.datasets.get(VIEWER, dataset.dataset_id).linked_experiment_ids == (TWO, ExperimentId("3"))
    one_only = Actor("account", "one", AccountId("acc-5"), roles={ONE: "editor"})
    changed = services.datasets.update(one_only, dataset.dataset_id, DatasetChange(description="d"))
    assert changed.linked_experiment_ids == ()
    assert services.datasets.get(EDITOR, dataset.dataset_id).linked_experiment_ids == (TWO, ExperimentId("3"))
