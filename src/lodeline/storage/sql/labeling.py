"""Labeling sessions in SQLite; what reviewers do with their items is in `reviews`."""

from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.labeling import (
    RUN_STATUS,
    LabelingChange,
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
    ReviewerProgress,
)
from lodeline.domain.labeling_changes import Affected, affected, changed_session, resettled
from lodeline.domain.labeling_rules import RuleState, rule_digest
from lodeline.domain.page import Page
from lodeline.domain.review_queue import KIND_TAG, name_taken, queue_key
from lodeline.domain.run import Run, RunDraft
from lodeline.query import cursor as cursors
from lodeline.query.build import ALL
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import runs
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.experiment_rows import number_of
from lodeline.storage.sql.labeling_rows import (
    SELECT_ITEM,
    begin_rules,
    insert_session,
    items_of,
    put_item,
    put_session,
    rule_states,
    session_of,
    visible_session,
    writable_session,
)
from lodeline.storage.sql.writer import Writer

_STEP = 500


class SqlLabeling:
    """Implements `storage.base.LabelingStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def create(self, experiment_id: ExperimentId, draft: LabelingDraft, *, now_ms: int, audit: AuditEntry
               ) -> LabelingSession:  # fmt: skip
        def run(db: Db) -> LabelingSession:
            of = replace(draft.run, kind="LABELING", status=RUN_STATUS[draft.state])
            _check_queue_name(db, experiment_id, of)
            row_id, made = runs.create(db, experiment_id, of, now_ms=now_ms)
            session = LabelingSession(
                made,
                draft.state,
                draft.schemas,
                draft.instructions,
                draft.reviewers,
                draft.policy,
                draft.dataset_id,
                rules=draft.rules,
            )
            insert_session(db, row_id, session)
            begin_rules(db, row_id, session, now_ms=now_ms)
            trail.write(db, replace(audit, target=made.run_id))
            return session

        return self._writer.call(run)

    def get(self, run_id: RunId) -> LabelingSession:
        with self._readers.read() as db:
            return visible_session(db, run_id)[1]

    def list(self, experiment_ids: Sequence[ExperimentId], *, wanted: Sequence[ExperimentId] = (),
             reviewer: str | None = None, limit: int, cursor: str | None = None
             ) -> Page[LabelingSession]:  # fmt: skip
        fingerprint = cursors.fingerprint("run", ALL, (), "labeling", *sorted(wanted), reviewer or "")
        after = (2**62, 0) if cursor is None else cursors.decode(cursor, fingerprint)
        mine = "" if reviewer is None else "AND s.run IN (SELECT run FROM labeling_reviewers WHERE reviewer = ?2) "
        sql = (
            "SELECT r.run_id, r.start_ms, r.id FROM labeling_sessions s JOIN runs r ON r.id = s.run "
            "JOIN experiments e ON e.exp = r.exp AND e.lifecycle = 'ACTIVE' "
            f"WHERE r.exp IN carray(?1) AND r.lifecycle = 'ACTIVE' AND ?2 IS ?2 {mine}"
            "AND (r.start_ms, r.id) < (?3, ?4) ORDER BY r.start_ms DESC, r.id DESC LIMIT ?5"
        )
        within = carray([-1, *map(number_of, experiment_ids)])
        name = None if reviewer is None else clean(reviewer)
        with self._readers.read() as db:
            found = db.execute(sql, (within, name, after[0], after[1], limit + 1)).fetchall()
            sessions = tuple(visible_session(db, RunId(row[0]))[1] for row in found[:limit])
        end = cursors.encode(found[limit - 1][1:], fingerprint) if len(found) > limit else None
        return Page(sessions, end)

    def change(self, run_id: RunId, change: LabelingChange, *, now_ms: int, audit: AuditEntry) -> LabelingSession:
        def run(db: Db) -> LabelingSession:
            row_id, before = writable_session(db, run_id)
            after = changed_session(before, change, now_ms=now_ms)
            if after == before and not change.extend_completed:
                return before
            if queue_key(after.run) != queue_key(before.run):
                _check_queue_name(db, after.run.experiment_id, after.run)
            put_session(db, row_id, after)
            begin_rules(db, row_id, after, now_ms=now_ms)
            which = "all" if change.extend_completed else affected(before, after)
            _resettle(db, row_id, after, change, which=which, now_ms=now_ms)
            trail.write(db, audit)
            return session_of(db, row_id, after.run)

        return self._writer.call(run)

    def rules(self, run_id: RunId) -> Sequence[RuleState]:
        with self._readers.read() as db:
            row_id, session = visible_session(db, run_id)
            kept = rule_states(db, row_id)
        return [kept.get(rule_digest(rule), RuleState(rule)) for rule in session.rules]

    def with_rules(self) -> Sequence[RunId]:
        sql = (
            "SELECT r.run_id FROM labeling_sessions s JOIN runs r ON r.id = s.run AND r.lifecycle = 'ACTIVE' "
            "JOIN experiments e ON e.exp = r.exp AND e.lifecycle = 'ACTIVE' "
            "WHERE s.ruled = 1 AND s.state = 'OPEN' ORDER BY s.run"
        )
        with self._readers.read() as db:
            return [RunId(run_id) for (run_id,) in db.execute(sql)]

    def progress(self, run_id: RunId, *, now_ms: int) -> LabelingProgress:
        sql = (
            "SELECT a.reviewer, CASE WHEN a.state = 'CLAIMED' AND a.lease_until_ms <= ? THEN 'LATE' ELSE a.state "
            "END, count(*), max(a.verified) FROM labeling_assignments a "
            "JOIN labeling_items i ON i.id = a.item AND i.removed = 0 WHERE a.run = ? GROUP BY 1, 2"
        )
        with self._readers.read() as db:
            row_id, session = visible_session(db, run_id)
            found = db.execute(sql, (now_ms, row_id)).fetchall()
        counts: dict[str, dict[str, int]] = {}
        verified: set[str] = set()
        total: dict[str, int] = {}
        for reviewer, state, count, signed_in in found:
            total[state] = total.get(state, 0) + count
            if reviewer is not None:
                by = counts.setdefault(reviewer, {})
                seen = "EXPIRED" if state == "LATE" else state
                by[seen] = by.get(seen, 0) + count
                verified |= {reviewer} if signed_in else set()
        return LabelingProgress(
            session.counts,
            total.get("SUBMITTED", 0),
            total.get("CLAIMED", 0),
            total.get("OPEN", 0) + total.get("LATE", 0),
            tuple(
                ReviewerProgress(
                    name, name in verified, by.get("SUBMITTED", 0), by.get("CLAIMED", 0), by.get("OPEN", 0),
                    by.get("DECLINED", 0), by.get("RELEASED", 0), by.get("EXPIRED", 0),
                )
                for name, by in sorted(counts.items())
            ),
        )  # fmt: skip


def _check_queue_name(db: Db, experiment_id: ExperimentId, run: Run | RunDraft) -> None:
    """Return when no other review queue of the experiment has the name; else Conflict."""
    if is_queue_name_taken(db, experiment_id, run):
        raise name_taken(run.name)


def is_queue_name_taken(db: Db, experiment_id: ExperimentId, run: Run | RunDraft) -> bool:
    """Tell whether another review queue of the experiment has the name of this one; a run that is none has no such
    name."""
    key = queue_key(run)
    if key is None:
        return False
    sql = (
        "SELECT r.run_id, r.name FROM labeling_sessions s JOIN runs r ON r.id = s.run WHERE r.exp = ? "
        "AND r.lifecycle = 'ACTIVE' AND EXISTS (SELECT 1 FROM json_each(r.doc, '$.tags') j WHERE j.key = ?)"
    )
    found = db.execute(sql, (number_of(experiment_id), KIND_TAG)).fetchall()
    # SQLite's own lower() knows ASCII alone.
    return any(name.lower() == key and run_id != run.run_id for run_id, name in found)


def _resettle(
    db: Db, row_id: int, session: LabelingSession, change: LabelingChange, *, which: Affected, now_ms: int
) -> None:
    """Bring the items that a change is about in line with it, some at a time."""
    if which == "none":
        return
    # Items that are done stay as they are, unless they are to be extended; then only decided ones do.
    done = "('ADJUDICATED')" if change.extend_completed else "('COMPLETE', 'DISPUTED', 'ADJUDICATED')"
    claimed = "EXISTS (SELECT 1 FROM labeling_assignments a WHERE a.item = i.id AND a.state = 'CLAIMED')"
    condition = claimed if which == "claimed" else f"i.state NOT IN {done}"
    sql = f"{SELECT_ITEM} WHERE i.run = ? AND i.id > ? AND {condition} ORDER BY i.id LIMIT {_STEP}"
    last = 0
    while found := db.execute(sql, (row_id, last)).fetchall():
        for kept in items_of(db, found):
            put_item(db, row_id, kept, resettled(session, kept.item, change, now_ms=now_ms))
        last = found[-1][0]
