import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.blob import experiment_folder
from lodeline.domain.errors import Conflict, NotFound, Unavailable
from lodeline.domain.experiment import ExperimentDraft, PurgeReceipt
from lodeline.domain.ids import AssessmentId, ExperimentId
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from lodeline.storage.sql import connection, meta, open_sqlite, purge
from lodeline.storage.sql.db import Db, SqlValue
from tests.contract.build import (
    T0_MS,
    audit,
    delete_experiment,
    found,
    judgment,
    make_experiment,
    restore_experiment,
    span,
    write,
)

TABLES = ("traces", "trace_docs", "spans", "chunks", "kv", "span_terms", "assessments", "assessment_revisions")


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    monkeypatch.setattr(purge, "_STEP_TRACES", 3)
    monkeypatch.setattr(purge, "_STEP_ASSESSMENTS", 2)
    opened = open_sqlite(tmp_path / "store")
    yield opened
    opened.close()


def deleted_experiment(stores: Stores) -> ExperimentId:
    """Make an experiment with 10 traces, 20 spans, 15 judgments and 2 blobs, and delete it."""
    made = make_experiment(stores).experiment_id
    stores.traces.write(
        [write(f"tr-{i}", span("a", 1, session="s"), span("b", 2, parent=1), experiment=made) for i in range(10)]
    )
    for number in range(10):
        log(stores, made, judgment(f"tr-{number}"))
    for number in range(6):
        log(stores, made, judgment(None, f"n{number}", session="s"))
    gone = log(stores, made, judgment(None, "gone", session="s"))
    stores.assessments.delete(gone, by=None, now_ms=T0_MS, audit=audit())
    for name in "ab":
        stores.blobs.put(f"{experiment_folder(made)}/{name}", io.BytesIO(b"12345"), max_bytes=10)
    delete_experiment(stores, made)
    return made


def log(stores: Stores, experiment_id: ExperimentId, draft: AssessmentDraft) -> AssessmentId:
    made, _ = stores.assessments.log(experiment_id, draft, by=None, now_ms=T0_MS, audit=audit())
    return made.assessment_id


def rows(directory: Path) -> dict[str, int]:
    db = connection.connect(directory, readonly=True)
    try:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in TABLES}
    finally:
        db.close()


def test_a_purge_in_many_steps_removes_every_row_and_counts_them(stores: Stores, tmp_path: Path):
    made = deleted_experiment(stores)
    receipt = stores.experiments.purge(made, audit=audit())
    assert (receipt.experiment_id, receipt.name) == (made, "app")
    assert (receipt.traces, receipt.spans, receipt.assessments, receipt.blobs) == (10, 20, 16, 2)
    assert receipt.bytes_freed > 10
    assert rows(tmp_path / "store") == dict.fromkeys(TABLES, 0)
    assert stores.admin.check() == []
    with pytest.raises(NotFound):
        stores.experiments.purge(made, audit=audit())


@pytest.mark.parametrize("steps", [1, 3, 5, 7])
def test_a_purge_that_broke_off_goes_on_and_reports_the_total(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, steps: int
):
    made = deleted_experiment(stores)
    break_after(monkeypatch, steps)
    with pytest.raises(Unavailable):
        stores.experiments.purge(made, audit=audit())
    monkeypatch.undo()
    assert stores.experiments.get(made).lifecycle == "DELETED"
    assert [each.finished for each in stores.experiments.purging()] == [False]
    with pytest.raises(Conflict, match="half purged"):
        restore_experiment(stores, made)
    receipt = stores.experiments.purge(made, audit=audit())
    assert (receipt.traces, receipt.spans, receipt.assessments, receipt.blobs) == (10, 20, 16, 2)


def test_a_purge_that_is_to_stop_stops_between_steps_and_says_how_far_it_is(stores: Stores):
    made = deleted_experiment(stores)
    first = stores.experiments.purge(made, audit=audit(), stopping=lambda: True)
    assert (first.finished, first.traces, first.of_traces) == (False, 3, 10)
    assert list(stores.experiments.purging()) == [first] == [stores.experiments.purged(made)]
    whole = stores.experiments.purge(made, audit=audit())
    assert (whole.finished, whole.traces, whole.of_traces) == (True, 10, 10)
    assert stores.experiments.purged(made) == whole


def test_a_purge_that_another_one_overtook_tells_the_same(stores: Stores):
    made = deleted_experiment(stores)
    faster: list[PurgeReceipt] = []

    def overtake() -> bool:
        if not faster:
            faster.append(stores.experiments.purge(made, audit=audit("experiment.purge")))
        return False

    slower = stores.experiments.purge(made, audit=audit("experiment.purge"), stopping=overtake)
    assert (slower.finished, slower.traces, slower.assessments) == (True, 10, 16)
    assert faster == [slower]
    assert [each.action for each in stores.audit.search(Search()).items].count("experiment.purge") == 1


def break_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Make the disk full at the given step."""
    monkeypatch.setattr(purge, "_STEP_TRACES", 3)
    monkeypatch.setattr(purge, "_STEP_ASSESSMENTS", 2)
    left = iter(range(steps))
    note = meta.put

    def put(db: Db, name: str, value: SqlValue) -> None:
        if next(left, None) is None:
            raise Unavailable("the disk is full")
        note(db, name, value)

    monkeypatch.setattr(meta, "put", put)


def test_other_experiments_stay_as_they_are(stores: Stores):
    stores.traces.write([write("tr-keep", span(session="s"))])
    log(stores, ExperimentId("0"), judgment(None, session="s"))
    stores.experiments.purge(deleted_experiment(stores), audit=audit())
    assert found(stores) == ["tr-keep"]
    assert stores.conversations.session(ExperimentId("0"), "s", now_ms=T0_MS).trace_count == 1


def test_a_purged_id_is_given_to_nobody_but_an_import(stores: Stores):
    made = deleted_experiment(stores)
    stores.experiments.purge(made, audit=audit())
    assert make_experiment(stores, "next").experiment_id != made
    back = make_experiment(stores, "back", experiment_id=made)
    delete_experiment(stores, back.experiment_id)
    assert restore_experiment(stores, made).lifecycle == "ACTIVE"
    delete_experiment(stores, made)
    assert stores.experiments.purge(made, audit=audit()).traces == 0
    assert make_experiment(stores, "after").experiment_id != made


def test_ids_that_an_import_took_are_passed_over(stores: Stores):
    for number in (2, 3, 2**31 - 1):
        make_experiment(stores, f"given {number}", experiment_id=str(number))
    fresh = [stores.experiments.create(ExperimentDraft(n), now_ms=0, audit=audit()).experiment_id for n in "xyz"]
    assert fresh == ["1", "4", "5"]
