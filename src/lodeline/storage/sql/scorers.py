"""Registered scorers in SQLite."""

from collections.abc import Sequence

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.registered_scorer import RegisteredScorer, ScorerDraft, ScorerRegistration
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray
from lodeline.storage.sql.experiments import check_writable, number_of
from lodeline.storage.sql.writer import Writer

_SELECT = (
    "SELECT s.exp, s.name, s.version, s.digest, s.created_ms, s.created_by, s.message, s.definition FROM scorers s "
)


class SqlScorers:
    """Implements `storage.base.ScorerStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def register(self, experiment_id: ExperimentId, draft: ScorerDraft, digest: str, *, by: str | None, now_ms: int,
                 audit: AuditEntry) -> ScorerRegistration:  # fmt: skip
        def run(db: Db) -> ScorerRegistration:
            check_writable(db, experiment_id)
            found = _versions(db, experiment_id, draft.name, limit=1)
            if found and found[0].digest == digest:
                return ScorerRegistration(found[0], made=False)
            scorer = RegisteredScorer(
                clean(draft.name), experiment_id, found[0].version + 1 if found else 1, digest,
                dict(draft.definition), now_ms, draft.message, by,
            )  # fmt: skip
            insert(db, scorer)
            trail.write(db, audit)
            return ScorerRegistration(scorer, made=True)

        return self._writer.call(run)

    def list(self, experiment_ids: Sequence[str]) -> Sequence[RegisteredScorer]:
        wanted = carray([number_of(ExperimentId(each)) for each in experiment_ids])
        sql = _SELECT + (
            "JOIN experiments e ON e.exp = s.exp AND e.lifecycle = 'ACTIVE' WHERE s.exp IN carray(?) AND s.version = "
            "(SELECT max(m.version) FROM scorers m WHERE m.exp = s.exp AND m.name = s.name) ORDER BY s.exp, s.name"
        )
        with self._readers.read() as db:
            return [_scorer(row) for row in db.execute(sql, (wanted,)).fetchall()]

    def versions(self, experiment_id: ExperimentId, name: str) -> Sequence[RegisteredScorer]:
        sql = "SELECT 1 FROM experiments WHERE exp = ? AND lifecycle = 'ACTIVE'"
        with self._readers.read() as db:
            active = db.execute(sql, (number_of(experiment_id),)).fetchone()
            found = [] if active is None else _versions(db, experiment_id, name)
        if not found:
            raise NotFound.of("scorer", name)
        return found

    def delete(self, experiment_id: ExperimentId, name: str, *, version: int | None = None, audit: AuditEntry) -> int:
        def run(db: Db) -> int:
            sql = "FROM scorers WHERE exp = ? AND name = ? AND version = coalesce(?, version)"
            values = (number_of(experiment_id), clean(name), version)
            count = len(db.execute("SELECT version " + sql, values).fetchall())
            if not count:
                raise NotFound.of("scorer", name)
            check_writable(db, experiment_id)
            db.execute("DELETE " + sql, values)
            trail.write(db, audit)
            return count

        return self._writer.call(run)


def insert(db: Db, scorer: RegisteredScorer) -> None:
    """Insert the row of a version."""
    db.execute(
        "INSERT INTO scorers (exp, name, version, digest, created_ms, created_by, message, definition) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number_of(scorer.experiment_id), clean(scorer.name), scorer.version, clean(scorer.digest),
            scorer.created_ms, scorer.created_by, clean(scorer.message), dumps(dict(scorer.definition)),
        ),
    )  # fmt: skip


def _versions(db: Db, experiment_id: ExperimentId, name: str, limit: int = -1) -> list[RegisteredScorer]:
    sql = _SELECT + "WHERE s.exp = ? AND s.name = ? ORDER BY s.version DESC LIMIT ?"
    return [_scorer(row) for row in db.execute(sql, (number_of(experiment_id), clean(name), limit)).fetchall()]


def _scorer(row: Row) -> RegisteredScorer:
    number, name, version, digest, created_ms, created_by, message, definition = row
    return RegisteredScorer(
        name, ExperimentId(str(number)), version, digest, loads(definition), created_ms, message, created_by
    )
