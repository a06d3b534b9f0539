"""Issues in SQLite."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.document import from_document
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.issue import MAX_ISSUES, Issue, IssueChange, IssueId, changed_issue, too_many_issues
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql.assessment_rows import dump_json, load_json
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.experiment_rows import check_writable, number_of
from lodeline.storage.sql.writer import Writer

_ACTIVE = "JOIN experiments e ON e.exp = i.exp AND e.lifecycle = 'ACTIVE' "


class SqlIssues:
    """Implements `storage.base.IssueStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def put(self, issue: Issue, *, audit: AuditEntry) -> Issue:
        def run(db: Db) -> Issue:
            check_writable(db, issue.experiment_id)
            if _is_taken(db, issue.issue_id):
                raise Conflict(f"issue id {issue.issue_id!r} is taken; leave it out.", code="issue_id_taken")
            _insert(db, issue)
            _check_number(db, issue.experiment_id)
            trail.write(db, audit)
            return issue

        return self._writer.call(run)

    def get(self, issue_id: IssueId) -> Issue:
        with self._readers.read() as db:
            row = db.execute(
                f"SELECT i.doc FROM issues i {_ACTIVE}WHERE i.issue_id = ?", (clean(issue_id),)
            ).fetchone()
        if row is None:
            raise NotFound.of("issue", issue_id)
        return _issue(row[0])

    def list(
        self, experiment_ids: Sequence[str], *, before: tuple[int, str] | None = None, limit: int | None = None
    ) -> Sequence[Issue]:
        wanted = carray([-1, *(number_of(ExperimentId(each)) for each in experiment_ids)])
        after = "" if before is None else "AND (i.created_ms, i.issue_id) < (?, ?) "
        sql = (
            f"SELECT i.doc FROM issues i {_ACTIVE}WHERE i.exp IN carray(?) {after}"
            "ORDER BY i.created_ms DESC, i.issue_id DESC LIMIT ?"
        )
        with self._readers.read() as db:
            found = db.execute(sql, (wanted, *(before or ()), -1 if limit is None else limit)).fetchall()
        return [_issue(doc) for (doc,) in found]

    def change(self, issue_id: IssueId, change: IssueChange, *, now_ms: int, audit: AuditEntry) -> Issue:
        def run(db: Db) -> Issue:
            row = db.execute("SELECT doc FROM issues WHERE issue_id = ?", (clean(issue_id),)).fetchone()
            if row is None:
                raise NotFound.of("issue", issue_id)
            found = _issue(row[0])
            check_writable(db, found.experiment_id)
            changed = changed_issue(found, change, now_ms=now_ms)
            if changed != found:
                db.execute("UPDATE issues SET doc = ? WHERE issue_id = ?", (dump_json(changed), clean(issue_id)))
                trail.write(db, audit)
            return changed

        return self._writer.call(run)

    def restore(self, experiment_id: ExperimentId, issues: Sequence[Issue]) -> int:
        def run(db: Db) -> int:
            check_writable(db, experiment_id)
            added = 0
            for issue in issues:
                if not _is_taken(db, issue.issue_id):
                    _insert(db, replace(issue, experiment_id=experiment_id))
                    added += 1
            _check_number(db, experiment_id)
            return added

        return self._writer.call(run)

    def trace_counts(self, experiment_id: ExperimentId) -> Mapping[str, int]:
        sql = (
            "SELECT i.name, count(DISTINCT i.trace) FROM assessments i " + _ACTIVE + "WHERE i.exp = ? "
            "AND i.kind = 'ISSUE_REF' AND i.deleted = 0 AND i.trace IS NOT NULL GROUP BY i.name"
        )
        with self._readers.read() as db:
            found = db.execute(sql, (number_of(experiment_id),)).fetchall()
        return dict(found)


def forget(db: Db, number: int) -> int:
    """Remove the issues of an experiment; return how many there were."""
    db.execute("DELETE FROM issues WHERE exp = ?", (number,))
    return db.changes()


def _is_taken(db: Db, issue_id: IssueId) -> bool:
    return db.execute("SELECT 1 FROM issues WHERE issue_id = ?", (clean(issue_id),)).fetchone() is not None


def _insert(db: Db, issue: Issue) -> None:
    db.execute(
        "INSERT INTO issues (issue_id, exp, created_ms, doc) VALUES (?, ?, ?, ?)",
        (clean(issue.issue_id), number_of(issue.experiment_id), issue.created_ms, dump_json(issue)),
    )


def _check_number(db: Db, experiment_id: ExperimentId) -> None:
    """Return when an experiment has no more issues than it may, those of this transaction included."""
    row = db.execute("SELECT count(*) FROM issues WHERE exp = ?", (number_of(experiment_id),)).fetchone()
    if row is not None and row[0] > MAX_ISSUES:
        raise too_many_issues()


def _issue(doc: str) -> Issue:
    return from_document(Issue, load_json(doc))
