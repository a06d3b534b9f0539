"""Contract of `RecordStore`: one by one, and against the simplest model there is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodeline.domain.canonical import digest_of, digest_of_set
from lodeline.domain.dataset import LATEST, Dataset, DatasetChange, Identity, parse_version
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.ids import DatasetId, RecordId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.record import (
    Record,
    RecordDifference,
    RecordDraft,
    RecordSource,
    RecordWrite,
    StoreOperation,
    WriteReport,
    prepare,
)
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, all_pages, audit, delete_experiment, make_experiment, search
from tests.contract.test_datasets import make, put
from tests.examples import examples

_NAMES = count(1)
Content = tuple[object, object, object, object, str | None, str | None]


def content(record: Record | RecordDraft) -> Content:
    """Return what a record says, as plain values."""
    return (
        dict(record.inputs), dict(record.expectations), record.outputs, dict(record.tags), record.split,
        record.external_id,
    )  # fmt: skip


def records_of(
    stores: Stores, dataset_id: DatasetId, version: int, text: str = "", *, limit: int = 2
) -> list[Record]:
    first = search(text, entity="record", limit=limit)
    return all_pages(lambda asked: stores.records.search(dataset_id, version, asked), first)


def questions(stores: Stores, dataset_id: DatasetId, version: int, text: str = "") -> list[object]:
    return [record.inputs["q"] for record in records_of(stores, dataset_id, version, text)]


def q(number: int, **more: object) -> RecordDraft:
    return replace(RecordDraft({"q": number}), **more)


def publish(stores: Stores, dataset_id: DatasetId, message: str = "", expected: int | None = None):
    return stores.records.publish(
        dataset_id, message=message, by="bob", now_ms=T0_MS + 9, audit=audit("dataset.publish"),
        expected_version=expected,
    )  # fmt: skip


def diffs(
    stores: Stores, dataset_id: DatasetId, before: int, after: int, *, limit: int = 2
) -> list[RecordDifference]:
    found: list[RecordDifference] = []
    cursor: str | None = None
    while True:
        page: Page[RecordDifference] = stores.records.diff(dataset_id, before, after, limit=limit, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def test_a_record_keeps_everything(stores: Stores) -> None:
    made = make(stores)
    draft = RecordDraft(
        {"q": ["ü", {"deep": None, "n": 1.5}], "": 1}, {"a": True}, {"o": [1]}, {"t": "v"}, "test", "ext 'x'",
        RecordSource("DOCUMENT", "doc/1", "page 3"), RecordId("dr-own"),
    )  # fmt: skip
    report = put(stores, made.dataset_id, draft)
    assert (report.inserted, report.record_ids, report.version, report.draft_changes) == (1, ("dr-own",), 1, 0)
    (record,) = records_of(stores, made.dataset_id, 1)
    assert content(record) == content(draft)
    assert (record.source, record.author) == (draft.source, "ann")
    assert (record.created_ms, record.updated_ms) == (T0_MS, T0_MS)
    assert record.input_hash == digest_of(draft.inputs)
    parts = {"inputs": draft.inputs, "expectations": draft.expectations, "outputs": draft.outputs}
    assert record.content_hash == digest_of(parts)


def test_append_rejects_what_is_there_and_takes_the_rest(stores: Stores) -> None:
    made = make(stores)
    put(stores, made.dataset_id, q(1), operation="append")
    report = put(stores, made.dataset_id, q(2), q(1), q(2), q(3), operation="append")
    assert (report.inserted, [r.index for r in report.rejected]) == (2, [1, 2])
    assert [record_id is None for record_id in report.record_ids] == [False, True, True, False]
    assert questions(stores, made.dataset_id, 2) == [1, 2, 3]
    anything = make(stores, "anything", identity="none")
    assert put(stores, anything.dataset_id, q(1), q(1), operation="append").inserted == 2


def test_merge_brings_expectations_and_tags_together(stores: Stores) -> None:
    made = make(stores)
    first = q(1, expectations={"a": 1, "b": 2}, tags={"x": "1"}, split="train", outputs="o")
    put(stores, made.dataset_id, first)
    report = put(stores, made.dataset_id, q(1, expectations={"b": 3, "c": 4}, tags={"y": "2"}), at_ms=T0_MS + 5)
    assert (report.updated, report.version) == (1, 2)
    (record,) = records_of(stores, made.dataset_id, 2)
    assert content(record) == ({"q": 1}, {"a": 1, "b": 3, "c": 4}, "o", {"x": "1", "y": "2"}, "train", None)
    assert (record.created_ms, record.updated_ms) == (T0_MS, T0_MS + 5)
    same = put(stores, made.dataset_id, q(1, expectations={"c": 4.0}))
    assert (same.unchanged, same.updated, same.version) == (1, 0, 2)
    put(stores, made.dataset_id, q(1, expectations={"c": 9}), operation="put")
    assert content(records_of(stores, made.dataset_id, 3)[0]) == ({"q": 1}, {"c": 9}, None, {}, None, None)
    assert [content(record) for record in records_of(stores, made.dataset_id, 1)] == [content(first)]


def test_external_ids_identify_where_the_dataset_says_so(stores: Stores) -> None:
    made = make(stores, identity="by_external_id")
    report = put(stores, made.dataset_id, q(1, external_id="e"), q(2), q(3, external_id="e"))
    assert (report.inserted, report.updated, [r.index for r in report.rejected]) == (1, 1, [1])
    assert questions(stores, made.dataset_id, 1) == [3]


def test_a_record_id_means_that_record(stores: Stores) -> None:
    made = make(stores)
    first, second = put(stores, made.dataset_id, q(1), q(2)).record_ids
    moved = put(stores, made.dataset_id, q(5, record_id=first))
    assert (moved.updated, questions(stores, made.dataset_id, 2)) == (1, [5, 2])
    clash = put(stores, made.dataset_id, q(2, record_id=first))
    assert [(r.index, str(second) in r.reason) for r in clash.rejected] == [(0, True)]
    assert clash.version == 2


def test_replace_deletes_the_others_and_refuses_to_lose_any(stores: Stores) -> None:
    made = make(stores, identity="by_external_id")
    put(stores, made.dataset_id, q(1, external_id="a"), q(2, external_id="b"), q(3, external_id="c"))
    with pytest.raises(Invalid) as caught:
        put(stores, made.dataset_id, q(4, external_id="a"), q(5), operation="replace")
    assert caught.value.details["index"] == 1
    assert stores.datasets.get(made.dataset_id).latest_version == 1
    report = put(stores, made.dataset_id, q(9, external_id="d"), q(3, external_id="c"), operation="replace")
    assert (report.inserted, report.unchanged, report.deleted) == (1, 1, 2)
    assert questions(stores, made.dataset_id, 2) == [3, 9]
    assert put(stores, made.dataset_id, operation="replace").deleted == 2
    assert stores.datasets.version(made.dataset_id, LATEST).digest == digest_of_set(())


def test_a_draft_gathers_changes_for_one_version(stores: Stores) -> None:
    made = make(stores)
    put(stores, made.dataset_id, q(1), q(2))
    put(stores, made.dataset_id, q(3), to_draft=True)
    put(stores, made.dataset_id, q(1, split="test"), to_draft=True)
    assert stores.datasets.get(made.dataset_id).draft_changes == 2
    assert questions(stores, made.dataset_id, 1) == [1, 2]
    assert questions(stores, made.dataset_id, 2) == [1, 2, 3]
    with pytest.raises(Conflict) as caught:
        put(stores, made.dataset_id, q(4))
    assert caught.value.details["draft_changes"] == 2
    put(stores, made.dataset_id, q(1), operation="put", to_draft=True)
    assert stores.datasets.get(made.dataset_id).draft_changes == 1
    published = publish(stores, made.dataset_id, "three")
    version = published.version
    assert (published.made, version.version, version.message, version.author) == (True, 2, "three", "bob")
    assert (version.added, version.changed, version.removed, version.total, version.splits) == (1, 0, 0, 3, {})
    again = publish(stores, made.dataset_id, "nothing")
    assert (again.made, again.version) == (False, version)


def test_discarding_leaves_the_latest_version(stores: Stores) -> None:
    made = make(stores)
    ids = put(stores, made.dataset_id, q(1), q(2)).record_ids
    put(stores, made.dataset_id, q(3), q(1, split="s"), to_draft=True)
    write = RecordWrite("delete", delete_ids=[each for each in ids if each is not None][1:], draft=True)
    stores.records.write(made.dataset_id, write, by=None, now_ms=T0_MS, audit=audit())
    assert questions(stores, made.dataset_id, 2) == [1, 3]
    assert stores.records.discard(made.dataset_id, audit=audit()) == 3
    assert questions(stores, made.dataset_id, 2) == questions(stores, made.dataset_id, 1) == [1, 2]
    assert stores.records.discard(made.dataset_id, audit=audit()) == 0
    assert publish(stores, made.dataset_id).made is False


def test_an_expected_version_guards_against_others(stores: Stores) -> None:
    made = make(stores)
    put(stores, made.dataset_id, q(1))
    records = [prepare(q(2))]
    stale = RecordWrite("merge", records, expected_version=0)
    with pytest.raises(Conflict) as caught:
        stores.records.write(made.dataset_id, stale, by=None, now_ms=T0_MS, audit=audit())
    assert caught.value.details["latest_version"] == 1
    with pytest.raises(Conflict):
        publish(stores, made.dataset_id, expected=2)
    fresh = replace(stale, expected_version=1)
    assert stores.records.write(made.dataset_id, fresh, by=None, now_ms=T0_MS, audit=audit()).version == 2


def test_what_changes_nothing_records_nothing(stores: Stores) -> None:
    made = make(stores)
    put(stores, made.dataset_id, q(1))
    before = [entry.action for entry in stores.audit.search(Search(limit=100)).items]
    put(stores, made.dataset_id, q(1))
    publish(stores, made.dataset_id)
    stores.records.discard(made.dataset_id, audit=audit())
    assert [entry.action for entry in stores.audit.search(Search(limit=100)).items] == before


def test_records_are_filtered(stores: Stores) -> None:
    made = make(stores)
    put(
        stores, made.dataset_id,
        RecordDraft({"q": 1, "user": {"name": "ü"}}, {"a": "yes"}, tags={"t": "x"}, split="test", external_id="e-1"),
        RecordDraft({"q": 2, "user.name": "dotted"}, {"a": "no"}, outputs="o", source=RecordSource("HUMAN", "ann")),
        RecordDraft({"q": 3}, split="train", source=RecordSource("TRACE", "tr-1")),
    )  # fmt: skip

    def found(text: str) -> list[object]:
        return questions(stores, made.dataset_id, 1, text)

    assert found("split = 'test'") == [1]
    assert found("split IS NULL") == [2]
    assert found("inputs.q > 1 AND NOT split = 'train'") == [2]
    assert found("inputs.user.name = 'ü' OR inputs.user.name = 'dotted'") == [1, 2]
    assert found("expectations.a LIKE 'n%'") == [2]
    assert found("outputs = 'o'") == found("source = 'HUMAN' AND source_id = 'ann'") == [2]
    assert found("tags.t = 'x' AND external_id LIKE 'e-%'") == [1]
    with pytest.raises(Invalid):
        stores.records.search(made.dataset_id, 1, replace(search("", entity="record"), cursor="x"))


def test_a_cursor_belongs_to_its_version(stores: Stores) -> None:
    made = make(stores)
    put(stores, made.dataset_id, q(1), q(2))
    put(stores, made.dataset_id, q(3))
    cursor = stores.records.search(made.dataset_id, 1, Search(limit=1)).cursor
    with pytest.raises(Invalid):
        stores.records.search(made.dataset_id, 2, Search(limit=1, cursor=cursor))
    assert stores.records.search(made.dataset_id, 1, Search(limit=1, cursor=cursor)).items[0].inputs == {"q": 2}


def test_records_and_history_by_id(stores: Stores) -> None:
    made = make(stores)
    (first,) = put(stores, made.dataset_id, q(1)).record_ids
    assert first is not None
    put(stores, made.dataset_id, q(1, split="s"))
    put(stores, made.dataset_id, operation="replace")
    got = stores.records.get(made.dataset_id, [RecordId("none"), first], 2)
    assert [record.split for record in got] == ["s"]
    assert stores.records.get(made.dataset_id, [first], 3) == []
    history = stores.records.history(made.dataset_id, first)
    assert [(e.valid_from, e.valid_to, e.record.split) for e in history] == [(1, 2, None), (2, 3, "s")]
    with pytest.raises(NotFound):
        stores.records.history(made.dataset_id, RecordId("none"))


def test_records_are_found_by_the_trace_they_came_from(stores: Stores) -> None:
    other = make_experiment(stores, "other").experiment_id
    made, hidden = make(stores), make(stores, "hidden", experiment=other)
    whole, part = RecordSource("TRACE", "tr-1"), RecordSource("SPAN", "tr-1/00000000000000ab")
    put(stores, made.dataset_id, q(1, source=whole), q(2, source=part), q(3, source=RecordSource("HUMAN", "tr-1")))
    put(stores, hidden.dataset_id, q(4, source=whole))
    put(stores, made.dataset_id, q(1, split="x"))

    def places() -> list[tuple[str, object, int]]:
        found = stores.records.of_trace(TraceId("tr-1"), limit=10)
        return [(place.dataset_id, place.record.inputs["q"], place.version) for place in found]

    here = [(made.dataset_id, 1, 2), (made.dataset_id, 2, 1)]
    assert places() == [*here, (hidden.dataset_id, 4, 1)]
    assert len(stores.records.of_trace(TraceId("tr-1"), limit=1)) == 1
    delete_experiment(stores, other)
    assert places() == here
    stores.datasets.update(made.dataset_id, DatasetChange(lifecycle="DELETED"), now_ms=T0_MS, audit=audit())
    assert places() == []


def test_digests_do_not_depend_on_order_or_spelling(stores: Stores) -> None:
    drafts = [
        RecordDraft({"q": 1, "text": "caf\u00e9"}, {"a": [1, 2.5]}),
        RecordDraft({"q": 2}, {"a": {"x": 0, "y": None}}, outputs=-0.0),
        RecordDraft({"q": 3}, external_id="e"),
    ]
    spelled = [
        RecordDraft({"q": 3.0}, external_id="e"),
        RecordDraft({"text": "cafe\u0301", "q": 1e0}, {"a": [1.0, 2.50]}, tags={"t": "v"}, split="s"),
        RecordDraft({"q": 2}, {"a": {"y": None, "x": 0.0}}, outputs=0),
    ]
    one, other = make(stores, "one"), make(stores, "other")
    put(stores, one.dataset_id, *drafts)
    put(stores, other.dataset_id, *spelled)
    digests = [stores.datasets.get(each.dataset_id).digest for each in (one, other)]
    assert digests[0] == digests[1]
    assert put(stores, one.dataset_id, replace(drafts[0], outputs=0)).updated == 1
    assert stores.datasets.get(one.dataset_id).digest != digests[0]


# Against a model: a list of records, copied at every publish.

Step = tuple[Literal["publish", "discard"], bool] | tuple[StoreOperation, bool, tuple[RecordDraft, ...]]
_SPLITS = st.sampled_from([None, None, "x", "y"])


def drafts() -> st.SearchStrategy[RecordDraft]:
    return st.builds(
        RecordDraft,
        inputs=st.fixed_dictionaries({"q": st.integers(0, 3)}),
        expectations=st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2),
        outputs=st.sampled_from([None, None, 1]),
        tags=st.sampled_from([{}, {"t": "1"}]),
        split=_SPLITS,
        external_id=st.sampled_from([None, "e0", "e1", "e2"]),
        record_id=st.sampled_from([None, None, None, None, RecordId("dr-a"), RecordId("dr-b")]),
    )


def steps() -> st.SearchStrategy[Sequence[Step]]:
    writes = st.tuples(
        st.sampled_from(["append", "merge", "put", "replace", "delete", "split"]), st.booleans(),
        st.lists(drafts(), max_size=4).map(tuple),
    )  # fmt: skip
    ends = st.tuples(st.sampled_from(["publish", "discard"]), st.just(True))
    return st.lists(st.one_of(writes, writes, writes, ends), min_size=1, max_size=10)  # type: ignore[arg-type]


@dataclass
class Model:
    """What a dataset should hold."""

    identity: Identity
    now: dict[RecordId, RecordDraft] = field(default_factory=dict[RecordId, RecordDraft])
    versions: list[dict[RecordId, RecordDraft]] = field(default_factory=lambda: [{}])

    def meant(self, draft: RecordDraft) -> RecordId | Literal["refused"] | None:
        """Return the record that a draft means."""
        same: RecordId | None = None
        if self.identity == "by_input":
            same = next((i for i, r in self.now.items() if r.inputs == draft.inputs), None)
        elif self.identity == "by_external_id":
            if draft.external_id is None and draft.record_id is None:
                return "refused"
            if draft.external_id is not None:
                same = next((i for i, r in self.now.items() if r.external_id == draft.external_id), None)
        if draft.record_id is None:
            return same
        if same is not None and same != draft.record_id:
            return "refused"
        return draft.record_id if draft.record_id in self.now else None

    def bring(
        self, operation: StoreOperation, draft: RecordDraft, given: RecordId | None
    ) -> tuple[str, RecordId | None]:
        """Apply one draft, to which the store gave the id `given`; return what became of it and its id."""
        meant = self.meant(draft)
        if meant == "refused" or (operation == "append" and meant is not None):
            return "rejected", None
        plain = replace(draft, record_id=None)
        if meant is None:
            assert given is not None
            assert given not in self.now
            self.now[given] = plain
            return "inserted", given
        old = self.now[meant]
        new = plain if operation in {"put", "replace"} else _merged(old, plain)
        self.now[meant] = new
        return ("unchanged" if new == old else "updated"), meant

    def split(self, splits: Mapping[RecordId, str]) -> Iterator[str]:
        """Apply splits; yield what became of each record that is there."""
        for record_id in splits.keys() & self.now.keys():
            old = self.now[record_id]
            self.now[record_id] = replace(old, split=splits[record_id])
            yield "unchanged" if self.now[record_id] == old else "updated"


def _merged(old: RecordDraft, new: RecordDraft) -> RecordDraft:
    return RecordDraft(
        new.inputs, {**old.expectations, **new.expectations}, old.outputs if new.outputs is None else new.outputs,
        {**old.tags, **new.tags}, new.split or old.split, new.external_id or old.external_id,
    )  # fmt: skip


def changes(before: Mapping[RecordId, RecordDraft], after: Mapping[RecordId, RecordDraft]) -> dict[str, int]:
    return {
        "added": len(after.keys() - before.keys()),
        "changed": sum(before[each] != after[each] for each in before.keys() & after.keys()),
        "removed": len(before.keys() - after.keys()),
    }


@pytest.mark.parametrize("identity", ["by_input", "by_external_id", "none"])
@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run=steps())
def test_a_dataset_is_what_the_model_says(shared_stores: Stores, identity: Identity, run: Sequence[Step]) -> None:
    stores = shared_stores
    dataset = make(stores, f"case {next(_NAMES)}", identity=identity)
    model = Model(identity)
    for step in run:
        if step[0] == "publish":
            published = publish(stores, dataset.dataset_id)
            assert published.made == (model.now != model.versions[-1])
            _published(model)
        elif step[0] == "discard":
            stores.records.discard(dataset.dataset_id, audit=audit())
            model.now = dict(model.versions[-1])
        else:
            _write((stores, dataset), model, *step)  # type: ignore[misc]  # the other kind of step
        _check_present(stores, dataset, model)
    _check_versions(stores, dataset, model)


def _published(model: Model) -> None:
    if model.now != model.versions[-1]:
        model.versions.append(dict(model.now))


def _write(
    where: tuple[Stores, Dataset],
    model: Model,
    operation: StoreOperation,
    to_draft: bool,
    given: Sequence[RecordDraft],
) -> None:
    stores, dataset = where
    prepared = [prepare(draft, index) for index, draft in enumerate(given)]
    some = [*list(model.now)[: len(given)], RecordId("none")] if operation in {"delete", "split"} else []
    ids = some if operation == "delete" else []
    splits = {each: "xyz"[index % 3] for index, each in enumerate(some)} if operation == "split" else {}
    write = RecordWrite(operation, [] if some else prepared, ids, splits, draft=to_draft)
    clean = model.now == model.versions[-1]
    before = dict(model.now)

    def send() -> WriteReport:
        return stores.records.write(dataset.dataset_id, write, by=None, now_ms=T0_MS, audit=audit())

    if not to_draft and not clean:
        with pytest.raises(Conflict):
            send()
        return
    try:
        report = send()
    except Invalid:
        trial = Model(model.identity, dict(before))
        fates = [trial.bring(operation, d, RecordId(f"new-{n}"))[0] for n, d in enumerate(given)]
        assert operation == "replace"
        assert "rejected" in fates
        return
    fates: list[str] = []
    if operation == "delete":
        for record_id in ids:
            fates.append("deleted" if model.now.pop(record_id, None) is not None else "unchanged")
    elif operation == "split":
        fates += model.split(splits)
    else:
        for draft, record_id in zip(given, report.record_ids, strict=True):
            fate, meant = model.bring(operation, draft, record_id)
            assert meant == record_id
            fates.append(fate)
    if operation == "replace":
        for record_id in before.keys() - set(report.record_ids):
            del model.now[record_id]
            fates.append("deleted")
    got = (report.inserted, report.updated, report.unchanged, report.deleted, len(report.rejected))
    assert got == tuple(fates.count(fate) for fate in ("inserted", "updated", "unchanged", "deleted", "rejected"))
    if not to_draft:
        _published(model)
        assert report.version == len(model.versions) - 1


def _check_present(stores: Stores, dataset: Dataset, model: Model) -> None:
    found = stores.datasets.get(dataset.dataset_id)
    drafted = changes(model.versions[-1], model.now)
    assert (found.latest_version, found.draft_changes) == (len(model.versions) - 1, sum(drafted.values()))
    present = records_of(stores, dataset.dataset_id, found.latest_version + 1, limit=3)
    assert {r.record_id: content(r) for r in present} == {i: content(d) for i, d in model.now.items()}


def _check_versions(stores: Stores, dataset: Dataset, model: Model) -> None:
    for number, expected in enumerate(model.versions):
        version = stores.datasets.version(dataset.dataset_id, parse_version(number))
        had = records_of(stores, dataset.dataset_id, number, limit=2)
        assert {r.record_id: content(r) for r in had} == {i: content(d) for i, d in expected.items()}
        assert version.digest == digest_of_set((r.content_hash, r.external_id) for r in had)
        if number:
            counted = changes(model.versions[number - 1], expected)
            assert counted == {"added": version.added, "changed": version.changed, "removed": version.removed}
            assert version.total == len(expected)
            splits = [d.split for d in expected.values() if d.split is not None]
            assert version.splits == {split: splits.count(split) for split in splits}
    for before, after in ((0, len(model.versions) - 1), (len(model.versions) - 1, 0), (1, 2)):
        if max(before, after) >= len(model.versions):
            continue
        kinds = [each.kind for each in diffs(stores, dataset.dataset_id, before, after)]
        counted = changes(model.versions[before], model.versions[after])
        assert {kind: kinds.count(kind) for kind in ("added", "changed", "removed")} == counted
    ordered = [r.record_id for r in records_of(stores, dataset.dataset_id, len(model.versions))]
    again = [r.record_id for r in records_of(stores, dataset.dataset_id, len(model.versions), limit=1)]
    assert ordered == again
    assert stores.admin.check() == []
