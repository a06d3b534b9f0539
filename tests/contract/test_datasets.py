"""Contract of `DatasetStore`."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lodeline.domain.dataset import (
    DRAFT,
    EMPTY_DIGEST,
    LATEST,
    Dataset,
    DatasetChange,
    DatasetDraft,
    Identity,
    parse_version,
)
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound
from lodeline.domain.ids import DatasetId, ExperimentId
from lodeline.domain.record import RecordDraft, RecordWrite, WriteOperation, WriteReport, prepare
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import (
    T0_MS,
    all_pages,
    audit,
    delete_experiment,
    make_experiment,
    restore_experiment,
    search,
)

ZERO = ExperimentId("0")
NOBODY = DatasetId("d-none")


def make(stores: Stores, name: str = "questions", *, experiment: str = "0", identity: Identity = "by_input",
         at_ms: int = T0_MS) -> Dataset:  # fmt: skip
    draft = DatasetDraft(ExperimentId(experiment), name, identity)
    return stores.datasets.create(draft, now_ms=at_ms, audit=audit("dataset.create"))


def change(stores: Stores, dataset_id: DatasetId, what: DatasetChange, *, at_ms: int = T0_MS + 1) -> Dataset:
    return stores.datasets.update(dataset_id, what, now_ms=at_ms, audit=audit("dataset.update"))


def put(stores: Stores, dataset_id: DatasetId, *drafts: RecordDraft, operation: WriteOperation = "merge",
        message: str = "", at_ms: int = T0_MS, to_draft: bool = False) -> WriteReport:  # fmt: skip
    records = [prepare(draft, index) for index, draft in enumerate(drafts)]
    write = RecordWrite(operation, records, draft=to_draft, message=message)
    return stores.records.write(dataset_id, write, by="ann", now_ms=at_ms, audit=audit("records.write"))


def listed(stores: Stores, text: str = "", *, order: str = "", experiments: Sequence[str] = ("0",)) -> list[str]:
    first = search(text, entity="dataset", experiments=experiments, order=order, limit=2)
    return [dataset.name for dataset in all_pages(stores.datasets.search, first)]


def question(text: str) -> RecordDraft:
    return RecordDraft({"question": text})


def test_create_keeps_everything_the_draft_says(stores: Stores) -> None:
    draft = DatasetDraft(
        ZERO, "ßtraße 'x' %", "by_external_id", "d\n", {"k": "v", "Ü": ""}, {"type": "object"},
        {"type": "object", "required": ["a"]}, DatasetId("d-given"), "ann",
    )  # fmt: skip
    made = stores.datasets.create(draft, now_ms=T0_MS, audit=audit())
    assert stores.datasets.get(made.dataset_id) == made
    assert made == Dataset(
        DatasetId("d-given"), ZERO, draft.name, "by_external_id", "ACTIVE", T0_MS, T0_MS, "ann", "d\n", draft.tags,
        (), {"type": "object"}, {"type": "object", "required": ["a"]}, 0, 0, 0, EMPTY_DIGEST,
    )  # fmt: skip
    with pytest.raises(Conflict):
        stores.datasets.create(replace(draft, name="other"), now_ms=T0_MS, audit=audit())


def test_the_audit_entry_names_the_new_id(stores: Stores) -> None:
    made = make(stores)
    entry = stores.audit.search(Search(limit=1)).items[0]
    assert (entry.action, entry.target) == ("dataset.create", made.dataset_id)


def test_names_are_unique_among_the_active_of_an_experiment(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    first = make(stores)
    make(stores, experiment=other)
    with pytest.raises(Conflict) as caught:
        make(stores)
    assert caught.value.details["dataset_id"] == first.dataset_id
    change(stores, first.dataset_id, DatasetChange(lifecycle="DELETED"))
    second = make(stores)
    with pytest.raises(Conflict):
        change(stores, first.dataset_id, DatasetChange(lifecycle="ACTIVE"))
    restored = change(stores, first.dataset_id, DatasetChange(lifecycle="ACTIVE", name="first"))
    assert (restored.name, restored.lifecycle) == ("first", "ACTIVE")
    with pytest.raises(Conflict):
        change(stores, second.dataset_id, DatasetChange(name="first"))


def test_unknown_ones_and_unknown_experiments_are_not_found(stores: Stores) -> None:
    for ask in (
        lambda: stores.datasets.get(NOBODY),
        lambda: stores.datasets.versions(NOBODY, limit=1, cursor=None),
        lambda: stores.datasets.version(NOBODY, LATEST),
        lambda: stores.datasets.label(NOBODY, 1, set_labels=("a",), delete_labels=(), audit=audit()),
        lambda: change(stores, NOBODY, DatasetChange(name="x")),
        lambda: make(stores, experiment="99"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert stores.datasets.find(ZERO, "none") is None


def test_update_changes_what_is_given(stores: Stores) -> None:
    draft = DatasetDraft(ZERO, "a", description="d", tags={"x": "1", "y": "2"}, input_schema={"type": "object"})
    made = stores.datasets.create(draft, now_ms=T0_MS, audit=audit())
    new = change(
        stores, made.dataset_id, DatasetChange(name="b", set_tags={"x": "9", "z": "3"}, delete_tags=("y", "no"))
    )
    assert stores.datasets.get(made.dataset_id) == new
    assert (new.name, new.description, new.tags) == ("b", "d", {"x": "9", "z": "3"})
    assert (new.input_schema, new.expectation_schema) == ({"type": "object"}, None)
    assert (new.created_ms, new.updated_ms) == (T0_MS, T0_MS + 1)
    new = change(stores, made.dataset_id, DatasetChange(description="", input_schema={}))
    assert (new.description, new.input_schema) == ("", None)


def test_a_deleted_dataset_is_read_and_takes_no_change_but_its_restoration(stores: Stores) -> None:
    made = make(stores)
    put(stores, made.dataset_id, question("a"))
    deleted = change(stores, made.dataset_id, DatasetChange(lifecycle="DELETED"))
    assert stores.datasets.get(made.dataset_id) == deleted
    assert stores.datasets.find(ZERO, made.name) is None
    assert stores.datasets.version(made.dataset_id, LATEST).total == 1
    for ask in (
        lambda: change(stores, made.dataset_id, DatasetChange(name="x")),
        lambda: put(stores, made.dataset_id, question("b")),
        lambda: stores.datasets.label(made.dataset_id, 1, set_labels=("a",), delete_labels=(), audit=audit()),
    ):
        with pytest.raises(Deleted):
            ask()


def test_lists_are_filtered_and_sorted_like_any_other(stores: Stores) -> None:
    made = make(stores, "b")
    put(stores, made.dataset_id, question("a"))
    change(stores, made.dataset_id, DatasetChange(set_tags={"team": "x"}))
    for number, name in enumerate(("a", "c"), 1):
        made = make(stores, name, at_ms=T0_MS + number)
        if name != "a":
            put(stores, made.dataset_id, question("a"))
            change(stores, made.dataset_id, DatasetChange(set_tags={"team": "x"}))
    change(stores, made.dataset_id, DatasetChange(lifecycle="DELETED"))
    assert listed(stores) == ["c", "a", "b"]
    assert listed(stores, order="name") == ["a", "b", "c"]
    assert listed(stores, "tags.team = 'x' AND lifecycle = 'ACTIVE'") == ["b"]
    assert listed(stores, "record_count = 1 AND version = 1", order="created") == ["b", "c"]
    assert listed(stores, "identity = 'by_input' AND name IN ('a', 'c') AND draft_changes = 0") == ["c", "a"]
    assert listed(stores, f"digest = '{EMPTY_DIGEST}'") == ["a"]
    assert listed(stores, experiments=()) == []


def test_links_show_a_dataset_in_other_experiments(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    third = make_experiment(stores, "third").experiment_id
    made = make(stores)
    linked = change(stores, made.dataset_id, DatasetChange(link=(other, ZERO, other)))
    assert linked.linked_experiment_ids == (other,)
    assert listed(stores, experiments=(other,)) == listed(stores, experiments=("0", other)) == [made.name]
    assert stores.datasets.find(other, made.name) == linked
    own = make(stores, experiment=other)
    assert stores.datasets.find(other, made.name) == own
    with pytest.raises(NotFound):
        change(stores, made.dataset_id, DatasetChange(link=(ExperimentId("99"),)))
    delete_experiment(stores, third)
    with pytest.raises(Deleted):
        change(stores, made.dataset_id, DatasetChange(link=(third,)))
    assert change(stores, made.dataset_id, DatasetChange(unlink=(other, third))).linked_experiment_ids == ()
    assert listed(stores, experiments=(other,)) == [own.name]


def test_a_deleted_experiment_hides_its_datasets(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    made = make(stores, experiment=other)
    put(stores, made.dataset_id, question("a"))
    change(stores, made.dataset_id, DatasetChange(link=(ZERO,)))
    before = stores.datasets.get(made.dataset_id)
    delete_experiment(stores, other)
    for ask in (
        lambda: stores.datasets.get(made.dataset_id),
        lambda: stores.datasets.version(made.dataset_id, LATEST),
        lambda: stores.records.search(made.dataset_id, 1, Search()),
    ):
        with pytest.raises(NotFound):
            ask()
    assert listed(stores, experiments=("0", other)) == []
    assert stores.datasets.find(ZERO, made.name) is None
    for ask in (
        lambda: change(stores, made.dataset_id, DatasetChange(name="x")),
        lambda: put(stores, made.dataset_id, question("b")),
        lambda: make(stores, "more", experiment=other),
    ):
        with pytest.raises(Deleted):
            ask()
    restore_experiment(stores, other)
    assert stores.datasets.get(made.dataset_id) == before


def test_purge_removes_datasets_and_says_how_many(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    made = make(stores, experiment=other)
    kept = make(stores)
    change(stores, kept.dataset_id, DatasetChange(link=(other,)))
    put(stores, made.dataset_id, question("a"), question("b"))
    put(stores, made.dataset_id, RecordDraft({"question": "a"}, {"answer": 1}))
    make(stores, "empty", experiment=other)
    delete_experiment(stores, other)
    receipt = stores.experiments.purge(other, audit=audit())
    assert (receipt.datasets, receipt.records) == (2, 2)
    with pytest.raises(NotFound):
        stores.datasets.get(made.dataset_id)
    assert stores.datasets.get(kept.dataset_id).linked_experiment_ids == ()
    assert stores.admin.check() == []


def test_versions_are_listed_and_found_in_every_way(stores: Stores) -> None:
    made = make(stores)
    empty = stores.datasets.version(made.dataset_id, LATEST)
    assert (empty.version, empty.total, empty.digest) == (0, 0, EMPTY_DIGEST)
    for number in range(1, 6):
        put(stores, made.dataset_id, question(f"q{number}"), message=f"m{number}", at_ms=T0_MS + number)
    pages = [stores.datasets.versions(made.dataset_id, limit=2, cursor=None)]
    while (cursor := pages[-1].cursor) is not None:
        pages.append(stores.datasets.versions(made.dataset_id, limit=2, cursor=cursor))
    versions = [version for page in pages for version in page.items]
    assert [(v.version, v.parent, v.message, v.total, v.added) for v in versions] == [
        (n, n - 1, f"m{n}", n, 1) for n in range(5, 0, -1)
    ]
    third = versions[2]
    stores.datasets.label(made.dataset_id, 3, set_labels=("golden", "old"), delete_labels=(), audit=audit())
    for text in ("3", f"sha256:{third.digest}", f"sha256:{third.digest[:12]}", "golden", f"time:{T0_MS + 3}"):
        found = stores.datasets.version(made.dataset_id, parse_version(text))
        assert replace(found, labels=()) == third
        assert found.labels == ("golden", "old")
    assert stores.datasets.version(made.dataset_id, parse_version("latest")) == versions[0]
    assert stores.datasets.version(made.dataset_id, parse_version(f"time:{T0_MS + 99}")) == versions[0]
    for text in ("6", "sha256:00000000", "silver", f"time:{T0_MS}"):
        with pytest.raises(NotFound):
            stores.datasets.version(made.dataset_id, parse_version(text))
    with pytest.raises(Invalid):
        stores.datasets.version(made.dataset_id, DRAFT)
    with pytest.raises(Invalid):
        stores.datasets.versions(made.dataset_id, limit=2, cursor="x")


def test_a_label_is_on_one_version(stores: Stores) -> None:
    made = make(stores)
    for number in range(2):
        put(stores, made.dataset_id, question(f"q{number}"))

    def label(version: int, put_on: Sequence[str] = (), take: Sequence[str] = ()) -> tuple[str, ...]:
        return stores.datasets.label(
            made.dataset_id, version, set_labels=put_on, delete_labels=take, audit=audit("dataset.label")
        ).labels

    assert label(1, ["golden"]) == ("golden",)
    assert label(2, ["golden"]) == ("golden",)
    assert label(1, take=["golden", "none"]) == ()
    entries = [entry.action for entry in stores.audit.search(Search(limit=10)).items]
    assert entries.count("dataset.label") == 2
    assert stores.datasets.version(made.dataset_id, parse_version("golden")).version == 2
    assert label(2, take=["golden"]) == ()
    for version in (0, 3):
        with pytest.raises(NotFound):
            label(version, ["golden"])
