"""Items of labeling sessions in SQLite; their rules are in `domain.reviewing`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lodeline.domain.assessment import AssessmentRevision
from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound, TooLarge
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.labeling import (
    ItemDraft,
    ItemFilter,
    ItemId,
    ItemsReport,
    LabelingItem,
    LabelingSession,
    item_id_of,
)
from lodeline.domain.labeling_changes import Addition, addition, items_report
from lodeline.domain.labeling_checks import MAX_ITEMS
from lodeline.domain.labeling_rules import RuleState, counted
from lodeline.domain.ledger import LedgerPlan
from lodeline.domain.page import Page
from lodeline.domain.review_checks import check_addable, check_claimable, check_ruled
from lodeline.domain.review_events import Claim, Reviewer, ReviewEvent, Save, Submit, author_of
from lodeline.domain.review_outputs import log_review, withdraw_review
from lodeline.domain.review_places import settled
from lodeline.domain.reviewing import ReviewStep, applied, applied_in_turn
from lodeline.query import cursor as cursors
from lodeline.query.build import ALL
from lodeline.storage.sql import audit as trail
from lodeline.storage.sql import review_queue, runs, traces
from lodeline.storage.sql.assessment_rows import append_all, last_revision
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, Row, carray_of_texts
from lodeline.storage.sql.experiment_rows import number_of
from lodeline.storage.sql.labeling_rows import (
    SELECT_ITEM,
    Kept,
    find_item,
    insert_item,
    items_of,
    put_item,
    put_rule_state,
    visible_session,
    writable_session,
)
from lodeline.storage.sql.writer import Writer

_STEP = 500
_HELD = "('CLAIMED', 'SUBMITTED', 'DECLINED')"


class SqlReviews:
    """Implements `storage.base.ReviewStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def add_items(self, run_id: RunId, drafts: Sequence[ItemDraft], *, by: str | None, now_ms: int, audit: AuditEntry
                  ) -> ItemsReport:  # fmt: skip
        def run(db: Db) -> ItemsReport:
            row_id, session = writable_session(db, run_id)
            check_addable(session)
            report = _add(db, row_id, session, drafts, by=by, now_ms=now_ms)
            if report.added or report.restored:
                trail.write(db, audit)
            return report

        return self._writer.call(run)

    def add_by_rule(self, run_id: RunId, drafts: Sequence[ItemDraft], state: RuleState, *, now_ms: int,
                    audit: AuditEntry) -> RuleState:  # fmt: skip
        def run(db: Db) -> RuleState:
            row_id, session = writable_session(db, run_id)
            check_ruled(session, state.rule)
            report = _add(db, row_id, session, drafts, by=None, now_ms=now_ms)
            done = counted(state, report.added)
            put_rule_state(db, row_id, done)
            if report.added:
                trail.write(db, audit)
            return done

        return self._writer.call(run)

    def items(self, run_id: RunId, which: ItemFilter, *, limit: int, cursor: str | None = None) -> Page[LabelingItem]:
        condition, params = "i.removed = ?", [int(which.removed)]
        more: list[Any] = []
        if which.states:
            condition += f" AND i.state IN ({', '.join('?' * len(which.states))})"
            more += which.states
        if which.trace_id is not None:
            condition += " AND (i.trace = ? OR i.other_trace = ?)"
            more += [clean(which.trace_id)] * 2
        return self._page(
            run_id, condition, [*params, *more], f"items {which!r}", limit=limit, cursor=cursor,
            newest_first=which.newest_first,
        )  # fmt: skip

    def held(self, run_id: RunId, reviewer: str, *, limit: int, cursor: str | None = None) -> Page[LabelingItem]:
        condition = (
            "i.removed = 0 AND EXISTS (SELECT 1 FROM labeling_assignments a WHERE a.item = i.id AND a.reviewer = ? "
            f"AND a.state IN {_HELD})"
        )
        return self._page(run_id, condition, [clean(reviewer)], f"held {reviewer}", limit=limit, cursor=cursor)

    def get(self, item_id: ItemId) -> LabelingItem:
        with self._readers.read() as db:
            kept, _ = find_item(db, item_id)
            if runs.select_active(db, kept.item.run_id) is None:
                raise NotFound.of("item", item_id)
            return kept.item

    def every(self, run_id: RunId) -> Iterator[LabelingItem]:
        with self._readers.read() as db:
            row_id, _ = visible_session(db, run_id)
        last = -1
        while True:
            sql = f"{SELECT_ITEM} WHERE i.run = ? AND i.place > ? ORDER BY i.place LIMIT {_STEP}"
            with self._readers.read() as db:
                found = items_of(db, db.execute(sql, (row_id, last)).fetchall())
            if not found:
                return
            yield from (kept.item for kept in found)
            last = found[-1].item.place

    def claim_next(self, run_id: RunId, reviewer: Reviewer, token: str, *, now_ms: int, audit: AuditEntry
                   ) -> LabelingItem | None:  # fmt: skip
        def run(db: Db) -> LabelingItem | None:
            row_id, session = writable_session(db, run_id)
            check_claimable(session, reviewer)
            while late := review_queue.late(db, row_id, reviewer.name, now_ms):
                for kept in late:
                    put_item(db, row_id, kept, settled(session, kept.item, now_ms=now_ms, keep=reviewer.name))
            found = review_queue.next_item(db, row_id, session, reviewer.name)
            if found is None:
                return None
            step = applied(session, found.item, Claim(reviewer, token), now_ms=now_ms)
            put_item(db, row_id, found, step.item)
            if any(a.token == token for a in step.item.assignments):
                trail.write(db, replace(audit, target=found.item.item_id))
            return step.item

        return self._writer.call(run)

    def act(self, item_id: ItemId, event: ReviewEvent, *, now_ms: int, audit: AuditEntry) -> LabelingItem:
        def run(db: Db) -> LabelingItem:
            kept, _ = find_item(db, item_id)
            row_id, session = writable_session(db, kept.item.run_id)
            step = applied(session, kept.item, event, now_ms=now_ms)
            if step.item != kept.item:
                _log(db, session, [step], author_of(event), now_ms)
                put_item(db, row_id, kept, step.item)
                if not isinstance(event, Save):
                    trail.write(db, audit)
            return step.item

        return self._writer.call(run)

    def log(self, run_id: RunId, reviews: Mapping[ItemId, Sequence[Submit]], *, by: str | None, now_ms: int,
            audit: AuditEntry) -> int:  # fmt: skip
        def run(db: Db) -> int:
            row_id, session = writable_session(db, run_id)
            new = 0
            steps: list[ReviewStep] = []
            for kept in _items(db, row_id, reviews):
                step = applied_in_turn(session, kept.item, reviews[kept.item.item_id], now_ms=now_ms)
                new += len(step.item.submissions) - len(kept.item.submissions)
                steps.append(step)
                put_item(db, row_id, kept, step.item)
            _log(db, session, steps, by, now_ms)
            if new:
                trail.write(db, audit)
            return new

        return self._writer.call(run)

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[LabelingItem]]:
        shown = (
            "JOIN runs r ON r.id = i.run AND r.lifecycle = 'ACTIVE' "
            "JOIN experiments e ON e.exp = r.exp AND e.lifecycle = 'ACTIVE' WHERE i.removed = 0 AND "
        )
        sql = f"{SELECT_ITEM}{shown} i.trace = ?1 UNION {SELECT_ITEM}{shown} i.other_trace = ?1 ORDER BY 1"
        found: dict[TraceId, Sequence[LabelingItem]] = {}
        with self._readers.read() as db:
            for trace_id in dict.fromkeys(trace_ids):
                kept = items_of(db, db.execute(sql, (clean(trace_id),)).fetchall())
                if kept:
                    found[trace_id] = [each.item for each in kept]
        return found

    def _page(
        self, run_id: RunId, condition: str, params: Sequence[Any], what: str, *, limit: int, cursor: str | None,
        newest_first: bool = False,
    ) -> Page[LabelingItem]:  # fmt: skip
        fingerprint = cursors.fingerprint("run", ALL, (), what, run_id)
        start = 2**62 if newest_first else -1
        after = start if cursor is None else cursors.decode(cursor, fingerprint)[0]
        beyond, order = ("<", "DESC") if newest_first else (">", "ASC")
        sql = f"{SELECT_ITEM} WHERE i.run = ? AND i.place {beyond} ? AND {condition} ORDER BY i.place {order} LIMIT ?"
        with self._readers.read() as db:
            row_id, _ = visible_session(db, run_id)
            found = items_of(db, db.execute(sql, (row_id, after, *params, limit + 1)).fetchall())
        items = tuple(kept.item for kept in found[:limit])
        return Page(items, cursors.encode((items[-1].place,), fingerprint) if len(found) > limit else None)


def _add(
    db: Db, row_id: int, session: LabelingSession, drafts: Sequence[ItemDraft], *, by: str | None, now_ms: int
) -> ItemsReport:
    row = db.execute("SELECT coalesce(max(place), -1) FROM labeling_items WHERE run = ?", (row_id,)).fetchone()
    place = 1 + (-1 if row is None else int(row[0]))
    ids = [item_id_of(session.run.run_id, draft.target) for draft in drafts]
    done: list[Addition] = []
    for item_id, draft in zip(ids, drafts, strict=True):
        of = [each for each in (draft.target.trace_id, draft.target.other_trace_id) if each is not None]
        linked = [_trace_row(db, session, trace_id) for trace_id in of]
        present = _present(db, item_id)
        item = None if present is None else present.item
        each = addition(session, item, draft, place=place, by=by, now_ms=now_ms)
        done.append(each)
        if each.item is not None and present is not None:
            put_item(db, row_id, present, each.item)
        elif each.item is not None:
            if place >= MAX_ITEMS:
                raise TooLarge(f"items: a labeling session has at most {MAX_ITEMS}; make another one.")
            insert_item(db, row_id, each.item)
            place += 1
        for trace_row in linked if each.outcome != "left_removed" else ():
            traces.link(db, trace_row, session.run.run_id)
    return items_report(ids, done)


def _items(db: Db, row_id: int, item_ids: Iterable[ItemId]) -> Iterator[Kept]:
    """Yield items of a session by their ids; NotFound for one that it does not have."""
    wanted = list(item_ids)
    for start in range(0, len(wanted), _STEP):
        batch = wanted[start : start + _STEP]
        # By the ids, of which there are few, and not by the session, which may have many items.
        sql = f"{SELECT_ITEM} WHERE i.item_id IN carray(?) AND +i.run = ?"
        found = items_of(db, db.execute(sql, (carray_of_texts([clean(each) for each in batch]), row_id)).fetchall())
        by_id = {kept.item.item_id: kept for kept in found}
        for item_id in batch:
            if item_id not in by_id:
                raise NotFound.of("item", item_id)
            yield by_id[item_id]


def _present(db: Db, item_id: ItemId) -> Kept | None:
    found = db.execute(SELECT_ITEM + "WHERE i.item_id = ?", (item_id,)).fetchall()
    return items_of(db, found)[0] if found else None


def _trace_row(db: Db, session: LabelingSession, trace_id: TraceId) -> Row:
    """Return the row of a target's trace; NotFound when it is none of the session's experiment."""
    row = traces.writable(db, trace_id)
    if row[1] != number_of(session.run.experiment_id):
        raise NotFound.of("trace", trace_id)
    return row


def _log(db: Db, session: LabelingSession, steps: Iterable[ReviewStep], by: str | None, now_ms: int) -> None:
    """Log and withdraw the judgments that steps say, in their order and in the open transaction."""
    pending: list[tuple[AssessmentRevision, tuple[int, int] | None]] = []
    last: dict[AssessmentId, AssessmentRevision] = {}

    def find(assessment_id: AssessmentId) -> AssessmentRevision | None:
        return last.get(assessment_id) or last_revision(db, assessment_id)

    def add(plan: LedgerPlan, trace: tuple[int, int] | None) -> None:
        for revision in plan.revisions:
            last[revision.assessment.assessment_id] = revision
            pending.append((revision, trace))

    experiment_id = session.run.experiment_id
    for step in steps:
        # They are all on the one target of the item.
        judged = step.log[0].target.trace_id if step.log else None
        trace = None if judged is None else _start_of(db, experiment_id, judged)
        for draft in step.log:
            add(log_review(draft, find, experiment_id=experiment_id, by=by, now_ms=now_ms), trace)
        for assessment_id in step.withdraw:
            gone = withdraw_review(assessment_id, find, experiment_id=experiment_id, by=by, now_ms=now_ms)
            if gone is not None:
                add(gone, None)
    if pending:
        append_all(db, pending)


def _start_of(db: Db, experiment_id: ExperimentId, trace_id: TraceId) -> tuple[int, int]:
    """Return the row id and the start of a trace; NotFound when it is none of the experiment."""
    sql = "SELECT id, start_ns FROM traces WHERE trace_id = ? AND exp = ?"
    row = db.execute(sql, (clean(trace_id), number_of(experiment_id))).fetchone()
    if row is None:
        raise NotFound.of("trace", trace_id)
    return row[0], row[1]
