from pathlib import Path

import pytest

from lodeline.domain.evaluation import EvaluationChange, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.ids import DEFAULT_EXPERIMENT, RunId, TraceId
from lodeline.domain.model import AliasMove, ModelDraft
from lodeline.domain.run import MetricPoint, RunDraft
from lodeline.domain.trace import TraceChange
from lodeline.storage.sql import check_traces, connection, open_sqlite
from lodeline.storage.sql.check import check, check_database
from lodeline.storage.sql.text_file import connect_text
from tests.contract.build import T0_MS, audit, judgment, span, write


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with something in every table, fully indexed."""
    directory = tmp_path_factory.mktemp("check") / "store"
    stores = open_sqlite(directory)
    stores.traces.write(
        [
            write(f"tr-{i}", span("root", 1, session="s", user="u", tags={"a": "b"}), span("llm", 2, parent=1))
            for i in range(5)
        ]
    )
    for change in (TraceChange(set_tags={"c": "d"}), TraceChange(delete_tags=("a",)), TraceChange()):
        stores.traces.update(TraceId("tr-3"), change, now_ms=T0_MS, audit=audit())
    stores.traces.link_run(RunId("e-1"), [TraceId("tr-3")], audit=audit())
    first, _ = stores.assessments.log(DEFAULT_EXPERIMENT, judgment("tr-1"), by="a", now_ms=T0_MS, audit=audit())
    override = judgment("tr-1", overrides=first.assessment_id)
    stores.assessments.log(DEFAULT_EXPERIMENT, override, by="a", now_ms=T0_MS, audit=audit())
    stores.assessments.log(DEFAULT_EXPERIMENT, judgment(None, session="s"), by="a", now_ms=T0_MS, audit=audit())
    draft = EvaluationDraft(RunDraft("e", run_id=RunId("e-1")))
    made = stores.evaluations.create(DEFAULT_EXPERIMENT, draft, now_ms=T0_MS, audit=audit())
    running = EvaluationChange("RUNNING")
    stores.evaluations.change(RunId("e-1"), running, expected=made, now_ms=T0_MS, audit=audit())
    rows = [RowDraft("1", scores=(ScoreDraft("exact", True),)), RowDraft("2", state="PREDICT_ERROR")]
    stores.evaluations.log_rows(RunId("e-1"), rows, by=None, now_ms=T0_MS, audit=audit())
    stores.runs.log_metrics(RunId("e-1"), [MetricPoint("loss", 0.5, T0_MS, step) for step in range(3)])
    model, _ = stores.models.create(DEFAULT_EXPERIMENT, ModelDraft("m"), now_ms=T0_MS, audit=audit())
    move = AliasMove("production", model.model_id)
    stores.models.set_alias(DEFAULT_EXPERIMENT, move, gated=False, by=None, now_ms=T0_MS, audit=audit())
    while stores.admin.figures()["text_backlog"]:
        pass
    stores.close()
    return directory


def damaged(healthy: Path, tmp_path: Path, sql: str) -> list[str]:
    """Return what the check says after running `sql` on a copy."""
    for file in ("lodeline.db", "lodeline-text.db"):
        (tmp_path / file).write_bytes((healthy / file).read_bytes())
    db = connect_text(tmp_path) if " texts " in sql else connection.connect(tmp_path, readonly=False)
    db.execute(sql)
    db.close()
    return check_database(tmp_path)


def test_a_healthy_store_has_no_faults(healthy: Path):
    assert check_database(healthy) == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM trace_docs WHERE id = 2", "trace tr-1 has no document"),
        ("DELETE FROM traces WHERE id = 2", "table spans speaks of the unknown trace row 2"),
        ("DELETE FROM traces WHERE id = 2", "table assessments speaks of the unknown trace row 2"),
        ("UPDATE traces SET exp = 9 WHERE id = 1", "trace tr-0 belongs to an unknown experiment"),
        ("DELETE FROM conversations WHERE kind = 's'", "trace tr-0 is not counted in its session"),
        ("DELETE FROM conversations WHERE kind = 'u'", "trace tr-0 is not counted for its user"),
        ("DELETE FROM texts WHERE rowid = 3", "the full-text index lacks chunk 3"),
        ("DELETE FROM chunks WHERE cid = 3", "the full-text index has the unknown chunk 3"),
        ("DELETE FROM chunks WHERE cid = 3", "trace tr-2: payload, row and table have 0, 2, 2 spans"),
        ("DELETE FROM spans WHERE id = 4 AND seq = 1", "trace tr-3: payload, row and table have 2, 2, 1 spans"),
        ("UPDATE chunks SET data = x'01ffff' WHERE cid = 1", "trace tr-0: its payload cannot be read"),
        ("DELETE FROM kv WHERE key = 't:a' AND id = 5", "trace tr-4: the index lacks 't:a'"),
        ("DELETE FROM span_terms WHERE id = 5", "trace tr-4: the span index lacks 'n:llm'"),
        ("UPDATE traces SET cost = 7 WHERE id = 1", "trace tr-0: its cost is 7, by its payload it is None"),
        ("UPDATE traces SET name = 'x' WHERE id = 5", "trace tr-4: its name is 'x', by its payload it is 'root'"),
        ("UPDATE traces SET error_count = 1 WHERE id = 1", "trace tr-0: its error_count is 1"),
        ("UPDATE traces SET state = 0 WHERE id = 1", "trace tr-0: its state is 0"),
        ("UPDATE trace_docs SET metadata = '{\"a\": 1}' WHERE id = 2", "trace tr-1: its metadata differ"),
        ("UPDATE trace_docs SET request = 'x' WHERE id = 2", "trace tr-1: its request differ"),
        (
            "UPDATE spans SET cost = 7 WHERE id = 4 AND seq = 1",
            "trace tr-3: the row of span 0000000000000002 differs",
        ),
        ("UPDATE spans SET name = 1 + name WHERE id = 4 AND seq = 0", "the row of span 0000000000000001 differs"),
        ("DELETE FROM run_links", "trace tr-3: its links to runs differ from its document"),
        ("UPDATE assessments SET deleted = 1 WHERE id = 1", "differs from its last revision"),
        ("DELETE FROM assessments WHERE session IS NOT NULL", "have no assessment"),
        ("UPDATE assessments SET doc = json_set(doc, '$.valid', json('true')) WHERE id = 1", "valid is True"),
        ("DELETE FROM runs", "table evaluation_rows speaks of the unknown run row 1"),
        ("DELETE FROM runs", "table run_metrics speaks of the unknown run row 1"),
        ("DELETE FROM evaluations", "run e-1 has no state of an evaluation"),
        ("DELETE FROM evaluation_rows WHERE row_key = '2'", "evaluation e-1 counts other rows than it has"),
        ("UPDATE evaluation_rows SET state = 'DONE'", "evaluation e-1 counts other rows than it has"),
        ("UPDATE run_latest SET step = 1", "a metric of run e-1 has a later point than its latest"),
        ("DELETE FROM models", "alias production points at an unknown model"),
        ("INSERT INTO api_keys VALUES (1, 'k', x'00', 'nobody', 0, NULL, NULL, '{}')", "unknown account"),
        ("INSERT INTO logins VALUES (x'00', 'nobody', 0, '{}')", "a login belongs to the unknown account nobody"),
    ],
)
def test_every_kind_of_fault_is_found(healthy: Path, tmp_path: Path, sql: str, message: str):
    assert any(message in fault for fault in damaged(healthy, tmp_path, sql))


def test_every_trace_is_looked_at_when_a_sample_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stores = open_sqlite(tmp_path / "store")
    stores.traces.write([write(f"tr-{number}", span()) for number in range(501)])
    stores.close()
    db = connection.connect(tmp_path / "store", readonly=False)
    db.execute("UPDATE traces SET cost = 7 WHERE trace_id IN ('tr-1', 'tr-500')")
    monkeypatch.setattr(check_traces, "SAMPLE", 3)
    found = [text for text in check(db) if "cost" in text]
    assert found == ["trace tr-500: its cost is 7, by its payload it is None"]
    assert [text for text in check(db, every=True) if "cost" in text] == [
        f"trace tr-{number}: its cost is 7, by its payload it is None" for number in (1, 500)
    ]
    db.close()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("INSERT INTO kv VALUES (0, 't:gone', '1', 0, 2)", "table kv has 1 entries that no trace has"),
        ("INSERT INTO span_terms SELECT exp, term, 1, start_ns, id FROM span_terms LIMIT 1",
         "table span_terms has 1 entries that no trace has"),
    ],
)  # fmt: skip
def test_too_much_in_the_indexes_is_seen_when_every_trace_is(healthy: Path, tmp_path: Path, sql: str, message: str):
    assert damaged(healthy, tmp_path, sql) == []
    db = connection.connect(tmp_path, readonly=True)
    assert check(db, every=True) == [message]
    db.close()


def test_a_damaged_file_is_told(healthy: Path, tmp_path: Path):
    data = bytearray((healthy / "lodeline.db").read_bytes())
    for page in range(6, 20):
        data[page * 8192 : page * 8192 + 200] = b"\xff" * 200
    (tmp_path / "lodeline.db").write_bytes(data)
    assert check_database(tmp_path)


def test_many_equal_faults_are_told_briefly(healthy: Path, tmp_path: Path):
    faults = damaged(
        healthy, tmp_path, "DELETE FROM traces; INSERT INTO chunks SELECT cid + 9, id + 9, copies, data FROM chunks"
    )
    assert sum("table chunks" in fault for fault in faults) == 6
    assert "table chunks speaks of the unknown trace row … and more" in faults
