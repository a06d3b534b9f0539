"""Contract of `StoreAdmin`, of closing, and of durability: a store opened again holds all that it acknowledged."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from lodeline.domain.account import Account, ApiKey, Login
from lodeline.domain.errors import Conflict, Unavailable, Unsupported
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, KeyId, RunId, TraceId
from lodeline.domain.trace import TraceChange, TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from tests.contract.build import T0_MS, audit, found, judgment, make_experiment, search, settle, span, write

ZERO = ExperimentId("0")
INFO = TraceInfo(name="said", metadata={"m": "1"}, finalised=True)


def fill(stores: Stores) -> None:
    """Write something of every noun."""
    made = stores.experiments.create(ExperimentDraft("app", client_key="k"), now_ms=T0_MS, audit=audit())
    stores.traces.write(
        [
            write("tr-1", span("root", attributes={"q": "needle"}, session="s", user="u", tokens=TokenUsage(3))),
            write(
                "tr-1", span("late", 2, parent=1), info=TraceInfo(name="said", metadata={"m": "1"}, finalised=True)
            ),
            write("tr-2", span("child", 2, parent=1), experiment=made.experiment_id),
        ]
    )
    stores.traces.update(TraceId("tr-1"), TraceChange({"a": "1"}, ("b",)), now_ms=T0_MS, audit=audit())
    stores.traces.link_run(RunId("r"), [TraceId("tr-1")], audit=audit())
    first, _ = stores.assessments.log(
        ZERO, judgment(assessment_id=AssessmentId("a-1")), by="ann", now_ms=T0_MS, audit=audit()
    )
    stores.assessments.log(
        ZERO, judgment(value="no", overrides=first.assessment_id), by=None, now_ms=T0_MS + 1, audit=audit()
    )
    ann = AccountId("ann")
    stores.accounts.create(Account(ann, "ann", "admin", T0_MS), password_hash="h", audit=audit())
    key = ApiKey(KeyId("k"), "n", "p", ann, ("read",), T0_MS)
    stores.keys.create(key, secret_hash=b"k", audit=audit())
    stores.keys.add_login(Login(ann, T0_MS, T0_MS + 5, "t"), secret_hash=b"l", audit=audit())
    stores.blobs.put("a/b", io.BytesIO(b"blob"), max_bytes=4)


def content(stores: Stores) -> Mapping[str, object]:
    """Return all that can be read of a store that `fill` filled."""
    both = [TraceId("tr-1"), TraceId("tr-2")]
    blobs: list[tuple[str, bytes]] = []
    for info in stores.blobs.list(""):
        with stores.blobs.open(info.path) as stream:
            blobs.append((info.path, stream.read()))
    return {
        "experiments": stores.experiments.search(search(entity="experiment", experiments=())).items,
        "traces": stores.traces.get(both),
        "spans": [stores.spans.load(trace_id) for trace_id in both],
        "chunks": [list(stores.spans.chunks(trace_id)) for trace_id in both],
        "text": found(stores, "text ~ 'needle' AND tags.a = '1' AND run = 'r'"),
        "sessions": stores.conversations.sessions(search(entity="session"), now_ms=T0_MS).items,
        "assessments": stores.assessments.search(search(entity="assessment")).items,
        "history": stores.assessments.history(AssessmentId("a-1")),
        "accounts": [stores.accounts.list(), stores.accounts.credentials("ann")],
        "keys": [stores.keys.find(b"k"), stores.keys.find_login(b"l")],
        "audit": stores.audit.search(search(entity="audit", experiments=())).items,
        "blobs": blobs,
    }


def test_a_store_that_answers_can_be_pinged(stores: Stores) -> None:
    stores.admin.ping()


def test_a_closed_store_is_unavailable_and_closing_again_is_fine(stores: Stores) -> None:
    stores.close()
    stores.close()
    with pytest.raises(Unavailable):
        stores.admin.ping()


def test_figures_are_numbers_and_texts_by_name(stores: Stores) -> None:
    fill(stores)
    figures = stores.admin.figures()
    assert figures
    assert all(isinstance(value, int | str) for value in figures.values())


def test_vitals_tell_how_the_store_fares(stores: Stores) -> None:
    fill(stores)
    settle(stores)  # the log of the index has nothing before
    vitals = stores.admin.vitals()
    assert vitals.answers
    assert all(size > 0 for size in vitals.file_bytes.values())
    assert stores.admin.queue_length() == 0
    stores.close()
    assert not stores.admin.vitals().answers


def test_a_sound_store_has_no_faults(stores: Stores) -> None:
    assert stores.admin.check() == []
    fill(stores)
    assert stores.admin.check() == []


def test_vacuum_tells_bytes_before_and_after_and_changes_no_content(stores: Stores) -> None:
    fill(stores)
    before = content(stores)
    sizes = stores.admin.vacuum()
    assert all(size >= 0 for size in sizes.values())
    assert len(sizes) == 2
    assert content(stores) == before


def test_what_was_acknowledged_is_there_after_opening_again(store_url: str) -> None:
    stores = open_stores(store_url)
    if not stores.capabilities.durable:
        stores.close()
        pytest.skip("declared: not durable")
    fill(stores)
    before = content(stores)
    stores.close()
    again = open_stores(store_url, create=False)
    try:
        assert content(again) == before
        assert again.admin.check() == []
        after = make_experiment(again, "after").experiment_id
        assert int(after) > 1
        again.traces.write([write("tr-1", span("more", 3, parent=1))])
        assert again.traces.get([TraceId("tr-1")])[0].span_count == 3
    finally:
        again.close()


def test_two_openings_at_once_see_each_other_s_writes(store_url: str) -> None:
    one = open_stores(store_url)
    if not one.capabilities.multi_process:
        one.close()
        pytest.skip("declared: not for several processes")
    two = open_stores(store_url)
    try:
        for number in range(1, 20):
            mine, yours = (one, two) if number % 2 else (two, one)
            mine.traces.write([write("tr-1", span(f"s{number}", number, tags={f"k{number}": "v"}))])
            assert yours.traces.get([TraceId("tr-1")])[0].span_count == number
            assert found(yours, f"span.name = 's{number}' AND tags.k{number} = 'v'") == ["tr-1"]
        assert one.admin.check() == []
    finally:
        one.close()
        two.close()


def test_what_a_losing_copy_had_is_found_when_another_span_brings_it(store_url: str) -> None:
    one = open_stores(store_url)
    if not one.capabilities.multi_process:
        one.close()
        pytest.skip("declared: not for several processes")
    two = open_stores(store_url)
    try:
        one.traces.write([write("tr-1", span("winner", 1, end_ms=50))])
        one.traces.write([write("tr-1", span("loser", 1, end_ms=5, model="m"), span("other", 2, parent=1))])
        assert one.admin.check() == []
        two.traces.write([write("tr-1", span("loser", 3, parent=1, model="m"))])
        for store in (one, two):
            assert found(store, "span.name = 'loser'") == ["tr-1"]
            assert found(store, "span(model = 'm' AND kind = 'UNKNOWN')") == ["tr-1"]
            assert [s.name for s in store.spans.load(TraceId("tr-1"))] == ["winner", "other", "loser"]
    finally:
        one.close()
        two.close()


def test_a_backup_is_a_store_with_the_same_content(stores: Stores, tmp_path: Path) -> None:
    target = tmp_path / "backup" / "one"
    fill(stores)
    if not stores.capabilities.backup:
        with pytest.raises(Unsupported):
            stores.admin.backup(str(target))
        return
    copied = stores.admin.backup(str(target))
    assert copied.file_bytes > 0
    assert (copied.left_out, copied.leftovers) == ((), ())
    before = content(stores)
    stores.traces.delete([TraceId("tr-1")], audit=audit())
    copy = open_stores(f"{stores.capabilities.backend}:{target}", create=False)
    try:
        assert content(copy) == before
        assert copy.admin.check() == []
    finally:
        copy.close()
    with pytest.raises(Conflict):
        stores.admin.backup(str(target))
