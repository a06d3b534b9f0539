"""Labeling sessions ↔ rows: sessions, their items and the items' assignments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lodeline.domain.document import from_document
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import Assignment, ItemId, LabelingItem, LabelingSession, SessionDump
from lodeline.domain.labeling_changes import with_former
from lodeline.domain.labeling_rules import RuleState, rule_digest
from lodeline.domain.review_places import settled
from lodeline.domain.run import Run
from lodeline.storage.sql import runs
from lodeline.storage.sql.assessment_rows import dump_json, load_json
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db, Row, carray

_ITEM = "item_id, run, place, priority, state, removed, round, open, trace, other_trace, doc"
_ASSIGNMENT = "item, slot, run, round, state, reviewer, verified, lease_until_ms, requeued_ms, doc"
_INSERT_ITEM = f"INSERT INTO labeling_items ({_ITEM}) VALUES ({', '.join('?' * 11)})"
_UPDATE_ITEM = "UPDATE labeling_items SET state = ?, removed = ?, round = ?, open = ?, doc = ? WHERE id = ?"
_PUT_ASSIGNMENT = f"INSERT OR REPLACE INTO labeling_assignments ({_ASSIGNMENT}) VALUES ({', '.join('?' * 10)})"
SELECT_ITEM = "SELECT i.id, i.doc FROM labeling_items i "


@dataclass(frozen=True, slots=True)
class Kept:
    """An item with the id of its row."""

    row_id: int
    item: LabelingItem


def insert_session(db: Db, row_id: int, session: LabelingSession) -> None:
    """Add the state of a session whose run has this row id."""
    db.execute(
        "INSERT INTO labeling_sessions (run, state, doc, ruled) VALUES (?, ?, ?, ?)",
        (row_id, session.state, _doc(session), int(bool(session.rules))),
    )
    _put_reviewers(db, row_id, session)


def put_session(db: Db, row_id: int, session: LabelingSession) -> None:
    """Make the row of a session, and of its run, what the session says."""
    runs.put(db, row_id, session.run)
    db.execute(
        "UPDATE labeling_sessions SET state = ?, doc = ?, ruled = ? WHERE run = ?",
        (session.state, _doc(session), int(bool(session.rules)), row_id),
    )
    _put_reviewers(db, row_id, session)
    kept = {rule_digest(rule) for rule in session.rules}
    for digest in rule_states(db, row_id).keys() - kept:
        db.execute("DELETE FROM labeling_rules WHERE run = ? AND rule = ?", (row_id, digest))


def put_former(db: Db, row_id: int, session: LabelingSession, schemas: Sequence[LabelSchema]) -> None:
    """Keep versions of label schemas among those that a session asked with before."""
    db.execute("UPDATE labeling_sessions SET doc = ? WHERE run = ?", (_doc(with_former(session, schemas)), row_id))


def session_of(db: Db, row_id: int, run: Run) -> LabelingSession:
    """Return the session that a run is; NotFound when it is of another kind."""
    row: Row | None = db.execute("SELECT state, doc FROM labeling_sessions WHERE run = ?", (row_id,)).fetchone()
    if row is None:
        raise NotFound.of("labeling session", run.run_id)
    data: dict[str, Any] = load_json(row[1])
    counted = "SELECT state, count(*) FROM labeling_items WHERE run = ? AND removed = 0 GROUP BY state"
    kept = from_document(SessionDump, {**data, "state": row[0]})
    return LabelingSession(
        run, row[0], kept.schemas, kept.instructions, kept.reviewers, kept.policy, kept.dataset_id,
        dict(db.execute(counted, (row_id,)).fetchall()), kept.rules, kept.former_schemas,
    )  # fmt: skip


def rule_states(db: Db, row_id: int) -> dict[str, RuleState]:
    """Return how far the standing rules of a session are that have run, by their digests."""
    found = db.execute("SELECT rule, doc FROM labeling_rules WHERE run = ?", (row_id,)).fetchall()
    return {digest: from_document(RuleState, load_json(doc)) for digest, doc in found}


def begin_rules(db: Db, row_id: int, session: LabelingSession, *, now_ms: int) -> None:
    """Have standing rules that are new look at what arrives from now on."""
    known = rule_states(db, row_id)
    for rule in session.rules:
        if rule_digest(rule) not in known:
            put_rule_state(db, row_id, RuleState(rule, seen_ms=now_ms))


def put_rule_state(db: Db, row_id: int, state: RuleState) -> None:
    """Keep how far a rule of a session is."""
    sql = "INSERT OR REPLACE INTO labeling_rules (run, rule, doc) VALUES (?, ?, ?)"
    db.execute(sql, (row_id, rule_digest(state.rule), dump_json(state)))


def writable_session(db: Db, run_id: RunId) -> tuple[int, LabelingSession]:
    """Return a session and its run's row id; NotFound when there is none, Deleted when it or what holds it is."""
    try:
        row_id, run = runs.writable(db, run_id)
    except NotFound as error:
        raise NotFound.of("labeling session", run_id) from error
    session = session_of(db, row_id, run)
    if run.lifecycle == "DELETED":
        raise Deleted.of("run", run_id)
    return row_id, session


def visible_session(db: Db, run_id: RunId) -> tuple[int, LabelingSession]:
    """Return a session and its run's row id; NotFound when there is none, or it is hidden."""
    row = runs.select_active(db, run_id)
    if row is None:
        raise NotFound.of("labeling session", run_id)
    return row[0], session_of(db, row[0], runs.to_run(db, row))


def insert_item(db: Db, run_row: int, item: LabelingItem) -> int:
    """Add an item with its assignments; return the id of its row."""
    db.execute(
        _INSERT_ITEM,
        (
            item.item_id, run_row, item.place, item.priority, item.state, int(item.removed_ms is not None),
            item.round, _open(item), item.target.trace_id, item.target.other_trace_id, _item_doc(item),
        ),
    )  # fmt: skip
    row_id = db.last_insert_rowid()
    for assignment in item.assignments:
        _put_assignment(db, row_id, run_row, assignment)
    return row_id


def put_item(db: Db, run_row: int, kept: Kept, item: LabelingItem) -> None:
    """Make the rows of an item what it says now; nothing when it is the same."""
    if item == kept.item:
        return
    db.execute(
        _UPDATE_ITEM,
        (item.state, int(item.removed_ms is not None), item.round, _open(item), _item_doc(item), kept.row_id),
    )
    present = {a.slot: a for a in kept.item.assignments}
    for assignment in item.assignments:
        if present.pop(assignment.slot, None) != assignment:
            _put_assignment(db, kept.row_id, run_row, assignment)
    for slot in present:
        db.execute("DELETE FROM labeling_assignments WHERE item = ? AND slot = ?", (kept.row_id, slot))


def items_of(db: Db, rows: Iterable[Row]) -> list[Kept]:
    """Return the items of rows that `SELECT_ITEM` gave, in their order, with their assignments."""
    found = list(rows)
    assignments: dict[int, list[Assignment]] = {}
    sql = "SELECT item, doc FROM labeling_assignments WHERE item IN carray(?) ORDER BY item, slot"
    if found:
        for row_id, doc in db.execute(sql, (carray([row[0] for row in found]),)):
            assignments.setdefault(row_id, []).append(from_document(Assignment, load_json(doc)))
    bare = [(row_id, from_document(LabelingItem, load_json(doc))) for row_id, doc in found]
    return [Kept(row_id, replace(item, assignments=tuple(assignments.get(row_id, ())))) for row_id, item in bare]


def find_item(db: Db, item_id: ItemId) -> tuple[Kept, int]:
    """Return an item and the row id of its run; NotFound when there is none."""
    sql = "SELECT i.id, i.doc, i.run FROM labeling_items i WHERE i.item_id = ?"
    row = db.execute(sql, (clean(item_id),)).fetchone()
    if row is None:
        raise NotFound.of("item", item_id)
    return items_of(db, [row[:2]])[0], row[2]


def lose_items(db: Db, trace_ids: Sequence[TraceId], *, now_ms: int) -> None:
    """Mark items about these traces as unavailable, in the open transaction."""
    sql = "SELECT i.id, i.doc, i.run FROM labeling_items i WHERE i.trace = ?1 UNION SELECT i.id, i.doc, i.run "
    sql += "FROM labeling_items i WHERE i.other_trace = ?1"
    for trace_id in trace_ids:
        for row in db.execute(sql, (clean(trace_id),)).fetchall():
            kept = items_of(db, [row[:2]])[0]
            run = runs.by_row(db, row[2])
            lost = settled(session_of(db, row[2], run), replace(kept.item, state="UNAVAILABLE"), now_ms=now_ms)
            put_item(db, row[2], kept, lost)


def remove_items(db: Db, exp: int, most: int) -> int:
    """Remove up to `most` items of an experiment's sessions; return how many there were."""
    sql = "SELECT i.id FROM labeling_items i JOIN runs r ON r.id = i.run WHERE r.exp = ? LIMIT ?"
    ids = [row_id for (row_id,) in db.execute(sql, (exp, most))]
    db.execute("DELETE FROM labeling_assignments WHERE item IN carray(?)", (carray(ids),))
    db.execute("DELETE FROM labeling_items WHERE id IN carray(?)", (carray(ids),))
    return len(ids)


def _put_assignment(db: Db, row_id: int, run_row: int, a: Assignment) -> None:
    db.execute(
        _PUT_ASSIGNMENT,
        (
            row_id, a.slot, run_row, a.round, a.state, None if a.reviewer is None else clean(a.reviewer),
            int(a.verified), a.lease_until_ms, a.requeued_ms, dump_json(a),
        ),
    )  # fmt: skip


def _put_reviewers(db: Db, row_id: int, session: LabelingSession) -> None:
    db.execute("DELETE FROM labeling_reviewers WHERE run = ?", (row_id,))
    names = [(clean(name), row_id) for name in session.reviewers]
    db.executemany("INSERT INTO labeling_reviewers (reviewer, run) VALUES (?, ?)", names)


def _open(item: LabelingItem) -> int:
    return 0 if item.removed_ms is not None else sum(a.state == "OPEN" for a in item.assignments)


def _item_doc(item: LabelingItem) -> str:
    return dump_json(replace(item, assignments=()))


def _doc(session: LabelingSession) -> str:
    return dump_json(SessionDump.of(session))
