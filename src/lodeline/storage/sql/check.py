"""Does a database agree with itself? SQLite's own check, then every rule between tables, then samples of content."""

import contextlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import apsw

from lodeline.domain.assessment import Assessment
from lodeline.domain.ledger import find_faults
from lodeline.storage.sql.assessment_rows import decode
from lodeline.storage.sql.check_traces import broken_traces
from lodeline.storage.sql.connection import connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.text_file import TEXT_FILE, has_text

_SHOWN = 5

_OF_TRACES = ("trace_docs", "spans", "chunks", "kv", "span_terms", "run_links")
_WITHOUT_TRACE = (
    "SELECT DISTINCT x.{key} FROM {table} x WHERE x.{key} IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM traces t WHERE t.id = x.{key})"
)
_RULES: tuple[tuple[str, str], ...] = (
    ("trace {} has no document",
     "SELECT t.trace_id FROM traces t WHERE NOT EXISTS (SELECT 1 FROM trace_docs d WHERE d.id = t.id)"),
    ("trace {} belongs to an unknown experiment",
     "SELECT t.trace_id FROM traces t WHERE t.exp NOT IN (SELECT exp FROM experiments)"),
    *(
        (f"table {table} speaks of the unknown trace row {{}}", _WITHOUT_TRACE.format(table=table, key=key))
        for table, key in (*((table, "id") for table in _OF_TRACES), ("assessments", "trace"))
    ),
    ("trace {} is not counted in its session",
     "SELECT t.trace_id FROM traces t WHERE t.session IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM conversations c WHERE c.exp = t.exp AND c.kind = 's' AND c.key = t.session)"),
    ("trace {} is not counted for its user",
     "SELECT t.trace_id FROM traces t WHERE t.user IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM conversations c WHERE c.exp = t.exp AND c.kind = 'u' AND c.key = t.user)"),
    ("trace {} is not counted in its hour",
     "SELECT t.trace_id FROM traces t WHERE NOT EXISTS "
     "(SELECT 1 FROM hours h WHERE h.exp = t.exp AND h.hour = t.start_ns / 3600000000000)"),
    ("assessment {} differs from its last revision",
     "SELECT a.aid FROM assessments a LEFT JOIN assessment_revisions r ON r.aid = a.aid AND r.entry = "
     "(SELECT max(entry) FROM assessment_revisions m WHERE m.aid = a.aid) "
     "WHERE r.doc IS NOT a.doc OR r.deleted IS NOT a.deleted"),
    ("the last revisions of assessment {} have no assessment",
     "SELECT DISTINCT r.aid FROM assessment_revisions r WHERE NOT EXISTS "
     "(SELECT 1 FROM assessments a WHERE a.aid = r.aid)"),
    ("API key {} belongs to an unknown account",
     "SELECT key_id FROM api_keys WHERE owner_id IS NOT NULL AND owner_id NOT IN (SELECT account_id FROM accounts)"),
    ("a login belongs to the unknown account {}",
     "SELECT account_id FROM logins WHERE account_id NOT IN (SELECT account_id FROM accounts)"),
)  # fmt: skip
"""What must not be found: the message, and the SQL that finds it."""
_RULES_OF_TEXT: tuple[tuple[str, str], ...] = (
    ("the full-text index has the unknown chunk {}",
     "SELECT s.id FROM text.texts_docsize s WHERE s.id <= (SELECT max(cid) FROM chunks) AND NOT EXISTS "
     "(SELECT 1 FROM chunks c WHERE c.cid = s.id) AND NOT EXISTS (SELECT 1 FROM texts_gone g WHERE g.cid = s.id)"),
    ("the full-text index lacks chunk {}",
     "SELECT c.cid FROM chunks c WHERE c.cid <= (SELECT indexed FROM text.progress) "
     "AND NOT EXISTS (SELECT 1 FROM text.texts_docsize s WHERE s.id = c.cid)"),
)  # fmt: skip
_RULES_OF_RUNS: tuple[tuple[str, str], ...] = (
    *(
        (f"table {table} speaks of the unknown run row {{}}",
         f"SELECT DISTINCT x.run FROM {table} x WHERE x.run NOT IN (SELECT id FROM runs)")
        for table in ("run_metrics", "run_latest", "evaluations", "evaluation_rows")
    ),
    ("run {} has no state of an evaluation",
     "SELECT run_id FROM runs WHERE kind = 'EVALUATION' AND id NOT IN (SELECT run FROM evaluations)"),
    ("evaluation {} counts other rows than it has",
     "SELECT r.run_id FROM evaluations e JOIN runs r ON r.id = e.run "
     "WHERE (e.rows_known, e.rows_done, e.rows_failed) IS NOT (SELECT count(*), total(w.state = 'DONE'), "
     "total(w.state IN ('PREDICT_ERROR', 'SCORE_ERROR')) FROM evaluation_rows w WHERE w.run = e.run)"),
    ("a metric of run {} has a later point than its latest",
     "SELECT DISTINCT r.run_id FROM run_latest l JOIN runs r ON r.id = l.run JOIN run_metrics m ON m.run = l.run "
     "AND m.key = l.key AND (m.step, m.timestamp_ms, m.value, m.nan, m.about) > "
     "(l.step, l.timestamp_ms, l.value, l.nan, l.about)"),
    ("alias {} points at an unknown model",
     "SELECT alias FROM model_aliases WHERE model NOT IN (SELECT id FROM models)"),
)  # fmt: skip
_LATER_RULES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("models", _RULES_OF_RUNS),
    ("texts_gone", _RULES_OF_TEXT),
    ("datasets", (
        ("dataset {} belongs to an unknown experiment",
         "SELECT dataset_id FROM datasets WHERE exp NOT IN (SELECT exp FROM experiments)"),
        ("a record belongs to the unknown dataset row {}",
         "SELECT DISTINCT ds FROM records WHERE ds NOT IN (SELECT id FROM datasets)"),
        ("dataset {} has another number of versions than it says",
         "SELECT d.dataset_id FROM datasets d WHERE d.latest != "
         "(SELECT count(*) FROM dataset_versions v WHERE v.ds = d.id)"),
        ("dataset {} has another number of records than its latest version says",
         "SELECT d.dataset_id FROM datasets d WHERE d.record_count != (SELECT count(*) FROM records r "
         "WHERE r.ds = d.id AND r.valid_from <= d.latest AND (r.valid_to IS NULL OR r.valid_to > d.latest))"),
    )),
    ("labeling_items", (
        *(
            (f"table {table} speaks of the unknown run row {{}}",
             f"SELECT DISTINCT x.run FROM {table} x WHERE x.run NOT IN (SELECT id FROM runs)")
            for table in ("labeling_sessions", "labeling_reviewers", "labeling_items", "labeling_assignments")
        ),
        ("run {} has no state of a labeling session",
         "SELECT run_id FROM runs WHERE kind = 'LABELING' AND id NOT IN (SELECT run FROM labeling_sessions)"),
        ("an assignment belongs to the unknown item row {}",
         "SELECT DISTINCT item FROM labeling_assignments WHERE item NOT IN (SELECT id FROM labeling_items)"),
        ("item {} counts other open places than it has",
         "SELECT i.item_id FROM labeling_items i WHERE i.open != (SELECT count(*) FROM labeling_assignments a "
         "WHERE a.item = i.id AND a.state = 'OPEN')"),
        ("label schema {} has another number of versions than it says",
         "SELECT s.schema_id FROM label_schemas s WHERE s.latest != "
         "(SELECT count(*) FROM label_schema_versions v WHERE v.label_schema = s.id)"),
    )),
    ("labeling_rules", (
        ("a rule of labeling speaks of the unknown run row {}",
         "SELECT DISTINCT run FROM labeling_rules WHERE run NOT IN (SELECT id FROM runs)"),
    )),
)  # fmt: skip
"""Rules about tables that a store before its migration lacks: the table, then the rules."""


def check_database(directory: Path) -> list[str]:
    """Open the database of a directory, check it, and return what is wrong."""
    db = connect(directory, readonly=True)
    try:
        return check(db)
    finally:
        db.close()


def check(db: Db, *, every: bool = False) -> list[str]:
    """Return what is wrong with a database, empty when all is well; reads all of it.

    A sample of traces is compared with its payload, or with `every` each of them.
    """
    try:
        if has_text(db):  # both files as they are at one moment
            with contextlib.suppress(apsw.CorruptError):
                db.execute("SELECT (SELECT indexed FROM text.progress), (SELECT max(cid) FROM chunks)").fetchone()
        damage = [text for (text,) in db.execute("PRAGMA main.integrity_check(20)") if text != "ok"]
        return damage or _damage_of_text(db) or [*_broken_rules(db), *_broken_content(db, every=every)]
    except apsw.CorruptError as error:
        return [f"the database file is damaged: {error}"]


def _damage_of_text(db: Db) -> list[str]:
    """Tell of a damaged index apart from the database: it costs nothing to make it again, a backup may cost data."""
    if not has_text(db):
        return []
    try:
        found = [text for (text,) in db.execute("PRAGMA text.integrity_check(1)") if text != "ok"]
    except apsw.CorruptError as error:
        found = [str(error)]
    return [
        f"the full-text index is damaged: {' '.join(text.split())}; stop every program that uses the store and "
        f"delete {TEXT_FILE}, with its -wal and -shm: it is made again from what is stored"
        for text in found
    ]


def _broken_rules(db: Db) -> list[str]:
    faults: list[str] = []
    for message, sql in _rules(db):
        found = [str(value) for (value,) in db.execute(f"{sql} LIMIT {_SHOWN + 1}")]
        faults.extend(message.format(value) for value in found[:_SHOWN])
        if len(found) > _SHOWN:
            faults.append(message.format("… and more"))
    return faults


def _rules(db: Db) -> Iterator[tuple[str, str]]:
    yield from _RULES
    for table, rules in _LATER_RULES:
        if rules is _RULES_OF_TEXT and not has_text(db):
            continue
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone() is not None:
            yield from rules


def _broken_content(db: Db, *, every: bool) -> list[str]:
    faults = list(broken_traces(db, every=every))
    for chains in _ledger(db):
        faults.extend(find_faults(chains))
    return faults


def _ledger(db: Db) -> Iterator[list[Assessment]]:
    """Yield the present assessments, those of one trace, or of one session, together: chains never leave these."""
    rows = db.execute(
        "SELECT trace, exp, session, doc FROM assessments WHERE deleted = 0 ORDER BY trace, exp, session"
    )
    for _, group in groupby(rows, key=lambda row: row[:3]):
        yield [decode(doc) for *_, doc in group]
