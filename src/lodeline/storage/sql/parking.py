"""Judgments that wait for their traces, in SQLite."""

from collections.abc import Sequence
from typing import Any

from lodeline.domain.assessment import AssessmentDraft, AssessmentError, AssessmentSource, AssessmentTarget
from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import AssessmentId, ExperimentId
from lodeline.domain.parking import MAX_PARKED, ParkedAssessment, parked_elsewhere, parking_full
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.assessment_rows import dump_json, load_json
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray_of_texts
from lodeline.storage.sql.experiment_rows import check_writable
from lodeline.storage.sql.writer import Writer

_ARRIVED = (
    "SELECT p.doc FROM parked_assessments p JOIN experiments e ON e.exp = p.exp AND e.lifecycle = 'ACTIVE' "
    "WHERE p.aid > ? AND EXISTS (SELECT 1 FROM traces t WHERE t.trace_id = p.trace_id) ORDER BY p.aid LIMIT ?"
)


class SqlParking:
    """Implements `storage.base.ParkingStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def add(self, parked: ParkedAssessment, *, audit: AuditEntry) -> None:
        number = int(parked.experiment_id)
        aid, trace_id = clean(parked.assessment_id), clean(parked.draft.target.trace_id or "")

        def run(db: Db) -> None:
            check_writable(db, parked.experiment_id)
            elsewhere = "SELECT 1 FROM parked_assessments WHERE aid = ? AND exp != ?"
            if db.execute(elsewhere, (aid, number)).fetchone() is not None:
                raise parked_elsewhere(parked.assessment_id)
            others = "SELECT count(*) FROM parked_assessments WHERE exp = ? AND aid != ?"
            row = db.execute(others, (number, aid)).fetchone()
            if row is not None and row[0] >= MAX_PARKED:
                raise parking_full(parked.experiment_id)
            db.execute(
                "INSERT OR REPLACE INTO parked_assessments VALUES (?, ?, ?, ?, ?)",
                (aid, number, trace_id, parked.expires_ms, dump_json(parked)),
            )
            trail.write(db, audit)

        self._writer.call(run)

    def of_experiment(
        self, experiment_id: ExperimentId, *, after: AssessmentId | None, limit: int
    ) -> Sequence[ParkedAssessment]:
        sql = "SELECT doc FROM parked_assessments WHERE exp = ? AND aid > ? ORDER BY aid LIMIT ?"
        with self._readers.read() as db:
            found = db.execute(sql, (int(experiment_id), clean(after or ""), limit)).fetchall()
        return [_parked(doc) for (doc,) in found]

    def arrived(self, *, after: AssessmentId | None, limit: int) -> Sequence[ParkedAssessment]:
        with self._readers.read() as db:
            return [_parked(doc) for (doc,) in db.execute(_ARRIVED, (clean(after or ""), limit)).fetchall()]

    def remove(self, assessment_ids: Sequence[AssessmentId]) -> int:
        wanted = carray_of_texts([clean(each) for each in assessment_ids])
        return self._writer.call(
            lambda db: len(db.execute(f"{_DELETE} aid IN carray(?) RETURNING 1", (wanted,)).fetchall())
        )

    def expire(self, now_ms: int) -> int:
        with self._readers.read() as db:
            due = db.execute("SELECT 1 FROM parked_assessments WHERE expires_ms <= ? LIMIT 1", (now_ms,)).fetchone()
        if due is None:
            return 0
        return self._writer.call(
            lambda db: len(db.execute(f"{_DELETE} expires_ms <= ? RETURNING 1", (now_ms,)).fetchall())
        )


_DELETE = "DELETE FROM parked_assessments WHERE"


def forget(db: Db, number: int) -> None:
    """Remove what waits in an experiment."""
    db.execute(f"{_DELETE} exp = ?", (number,))


def _parked(doc: str) -> ParkedAssessment:
    data: dict[str, Any] = load_json(doc)
    draft: dict[str, Any] = data["draft"]
    draft["target"] = AssessmentTarget(**draft["target"])
    draft["source"] = AssessmentSource(**draft["source"])
    draft["error"] = None if draft["error"] is None else AssessmentError(**draft["error"])
    data["draft"] = AssessmentDraft(**draft)
    return ParkedAssessment(**data)
