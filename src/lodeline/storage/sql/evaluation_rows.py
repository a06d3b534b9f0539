"""Rows of evaluations in SQLite: logged in batches, listed, and read column by column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lodeline.domain.assessment import Assessment, AssessmentRevision
from lodeline.domain.evaluated_run import renewed_row
from lodeline.domain.evaluation import Evaluation, check_row_count
from lodeline.domain.evaluation_row import (
    FAILED_ROWS,
    Amount,
    EvaluationRow,
    LoggedRow,
    RowDraft,
    RowFilter,
    RowScore,
    RowsReport,
    Score,
    ScoreTable,
    check_score_names,
    expectations_of,
    judgment_of,
    merged_row,
)
from lodeline.domain.ids import AssessmentId, TraceId
from lodeline.domain.ledger import plan_log
from lodeline.domain.row_amounts import trace_amounts
from lodeline.domain.usage import picousd_to_usd
from lodeline.storage.sql import assessment_rows, traces
from lodeline.storage.sql.codec import clean, dumps, loads
from lodeline.storage.sql.db import Db, Row, SqlValue, carray, carray_of_texts

_COLUMNS = (
    "row_key, rep, state, content_hash, record, cluster, trace, slices, scores, error, duration_ms, "
    "cost_usd, judged_usd"
)
_SELECT = f"SELECT {_COLUMNS} FROM evaluation_rows WHERE run = ? "
_UPSERT = f"INSERT OR REPLACE INTO evaluation_rows (run, {_COLUMNS}) VALUES ({', '.join('?' * 14)})"
_PRESENT = f"SELECT {_COLUMNS} FROM evaluation_rows WHERE run = ? AND row_key IN carray(?)"
_TRACES = "SELECT trace_id, id, exp, start_ns, run FROM traces WHERE trace_id IN carray(?)"
_PEERS = "SELECT trace, doc FROM assessments WHERE trace IN carray(?) AND run = ? AND deleted = 0"
_SCORES = (
    "SELECT w.row_key, w.rep, w.content_hash, w.record, w.cluster, w.slices, w.state, w.scores, w.cost_usd, "
    "w.duration_ms, t.cost, t.tok_total, t.dur_ns FROM evaluation_rows w "
    "LEFT JOIN traces t ON t.trace_id = w.trace AND t.exp = ? WHERE w.run = ? ORDER BY w.row_key, w.rep"
)
_ERROR_OF = (
    "EXISTS (SELECT 1 FROM json_each(scores) j WHERE json_extract(j.value, '$[0]') = ? "
    "AND json_extract(j.value, '$[2]') IS NOT NULL)"
)


@dataclass(slots=True)
class _Batch:
    """One batch while it is logged: what was there before it, and what it adds to the evaluation's counts.

    `peers` are the run's present judgments by the row id of their trace; `pending` are revisions to be written, all
    at once: a row at a time they cost more than all the rest.
    """

    row_id: int
    evaluation: Evaluation
    by: str | None
    now_ms: int
    present: dict[tuple[str, int], EvaluationRow] = field(default_factory=dict["tuple[str, int]", EvaluationRow])
    traces: dict[TraceId, Row] = field(default_factory=dict[TraceId, Row])
    peers: dict[int, list[Assessment]] = field(default_factory=dict[int, "list[Assessment]"])
    pending: list[tuple[AssessmentRevision, tuple[int, int]]] = field(
        default_factory=list["tuple[AssessmentRevision, tuple[int, int]]"]
    )
    changed: list[EvaluationRow] = field(default_factory=list[EvaluationRow])
    known: int = 0
    done: int = 0
    failed: int = 0
    scorers: dict[str, None] = field(default_factory=dict[str, None])
    missing: dict[TraceId, None] = field(default_factory=dict[TraceId, None])

    def write(self, db: Db) -> None:
        """Write the revisions that wait."""
        assessment_rows.append_all(db, self.pending)
        self.pending.clear()

    def last_revision(self, db: Db, assessment_id: AssessmentId) -> AssessmentRevision | None:
        """Return the last revision of any assessment."""
        self.write(db)
        return assessment_rows.last_revision(db, assessment_id)


def log(
    db: Db, row_id: int, evaluation: Evaluation, rows: Sequence[RowDraft], *, by: str | None, now_ms: int
) -> RowsReport:
    """Add or take over rows in the open transaction, as `EvaluationStore.log_rows` says."""
    check_score_names({*evaluation.scorers, *(score.name for row in rows for score in row.scores)})
    batch = _Batch(row_id, evaluation, by, now_ms, scorers=dict.fromkeys(evaluation.scorers))
    _before(db, batch, rows)
    logged = tuple(_log_row(db, batch, row) for row in rows)
    batch.write(db)
    put(db, row_id, batch.changed)
    _count(db, batch)
    return RowsReport(logged, tuple(batch.missing))


def _before(db: Db, batch: _Batch, rows: Sequence[RowDraft]) -> None:
    """Read what is there before a batch, in a few statements."""
    keys = carray_of_texts(list({clean(row.row_key) for row in rows}))
    batch.present = {(row[0], row[1]): _row(row) for row in db.execute(_PRESENT, (batch.row_id, keys))}
    named = {row.trace_id for row in (*rows, *batch.present.values()) if row.trace_id is not None}
    found = db.execute(_TRACES, (carray_of_texts([clean(trace_id) for trace_id in named]),))
    batch.traces = {TraceId(row[0]): row[1:] for row in found}
    ids = carray([row[0] for row in batch.traces.values()])
    for trace, doc in db.execute(_PEERS, (ids, clean(batch.evaluation.run.run_id))):
        batch.peers.setdefault(trace, []).append(assessment_rows.decode(doc))


def put(db: Db, row_id: int, rows: Sequence[EvaluationRow]) -> None:
    """Write rows, in place of those of their keys and repetitions."""
    db.executemany(_UPSERT, [_values(row_id, row) for row in rows])


def _values(row_id: int, row: EvaluationRow) -> tuple[SqlValue, ...]:
    scores = [[s.name, s.value, s.error, s.assessment_id, s.rationale] for s in row.scores]
    return (
        row_id, clean(row.row_key), row.repetition, row.state, row.content_hash, row.record_id, row.cluster,
        row.trace_id, dumps(dict(row.slices)), dumps(scores), None if row.error is None else clean(row.error),
        row.duration_ms, row.cost_usd, row.judged_usd,
    )  # fmt: skip


def find(db: Db, row_id: int, key: str, repetition: int) -> EvaluationRow | None:
    """Return one row; None when there is none."""
    row = db.execute(_SELECT + "AND row_key = ? AND rep = ?", (row_id, clean(key), repetition)).fetchone()
    return None if row is None else _row(row)


def select(db: Db, row_id: int, which: RowFilter, limit: int, after: Sequence[Any]) -> list[EvaluationRow]:
    """Return up to `limit` rows after a key and a repetition (empty: from the first)."""
    sql = _SELECT
    params: list[Any] = [row_id]
    if which.states:
        sql += f"AND state IN ({', '.join('?' * len(which.states))}) "
        params += which.states
    if which.error_of is not None:
        sql += f"AND {_ERROR_OF} "
        params.append(clean(which.error_of))
    if after:
        sql += "AND (row_key, rep) > (?, ?) "
        params += after
    return [_row(row) for row in db.execute(sql + "ORDER BY row_key, rep LIMIT ?", (*params, limit))]


def columns(
    db: Db, row_id: int, evaluation: Evaluation, *, place_ids: bool
) -> tuple[ScoreTable, dict[AssessmentId, tuple[int, str]]]:
    """Return the scores column by column; with `place_ids` also the row and the scorer of each assessment."""
    run, scorers = evaluation.run, evaluation.scorers
    found = db.execute(_SCORES, (int(run.experiment_id), row_id)).fetchall()
    count = len(found)
    values: dict[str, list[Score]] = {name: [None] * count for name in scorers}
    errors: dict[str, list[str | None]] = {name: [None] * count for name in scorers}
    places: dict[AssessmentId, tuple[int, str]] = {}
    for number, row in enumerate(found):
        for name, value, error, assessment_id, _ in loads(row[7]):
            values[name][number] = value
            errors[name][number] = error
            if place_ids and assessment_id is not None:
                places[assessment_id] = number, name
    keys, repetitions, hashes, records, clusters, slices, states, _, *took = (
        zip(*found, strict=True) if found else ((),) * 13
    )
    nothing: Mapping[str, str] = {}
    table = ScoreTable(
        run.run_id, keys, repetitions, hashes, records, clusters,
        tuple(nothing if text == "{}" else loads(text) for text in slices), states, values, errors, _amounts(*took),
    )  # fmt: skip
    return table, places


def _amounts(
    logged_usd: Sequence[float | None], logged_ms: Sequence[float | None], costs: Sequence[float | None],
    tokens: Sequence[int | None], durations_ns: Sequence[int | None],
) -> dict[Amount, Sequence[float | None]]:  # fmt: skip
    """Return what rows took, as `domain.row_amounts.with_amounts` says it of one."""
    traces = [
        trace_amounts(picousd_to_usd(cost), total, ns)
        for cost, total, ns in zip(costs, tokens, durations_ns, strict=True)
    ]
    return {
        "cost_usd": [own if own is not None else of.cost_usd for own, of in zip(logged_usd, traces, strict=True)],
        "tokens_total": [of.tokens_total for of in traces],
        "duration_ms": [
            own if own is not None else of.duration_ms for own, of in zip(logged_ms, traces, strict=True)
        ],
    }


def renew(db: Db, row_id: int, evaluation: Evaluation, rows: Sequence[EvaluationRow]) -> bool:
    """Add or renew rows in the open transaction, as `EvaluationStore.adopt` says; return whether any changed."""
    names = dict.fromkeys([*evaluation.scorers, *(score.name for row in rows for score in row.scores)])
    check_score_names(names)
    keys = carray_of_texts(list({clean(row.row_key) for row in rows}))
    present = {(row[0], row[1]): _row(row) for row in db.execute(_PRESENT, (row_id, keys))}
    changed: list[EvaluationRow] = []
    for row in rows:
        known = present.get((clean(row.row_key), row.repetition))
        renewed = renewed_row(known, row)
        if renewed != known:
            changed.append(renewed)
    put(db, row_id, changed)
    recount(db, row_id, tuple(names))
    return bool(changed)


def recount(db: Db, row_id: int, scorers: Sequence[str]) -> None:
    """Make the counts and the names of scorers what the rows say."""
    failed = ", ".join(f"'{state}'" for state in sorted(FAILED_ROWS))
    db.execute(
        "UPDATE evaluations SET (rows_known, rows_done, rows_failed) = "
        f"(SELECT count(*), total(state = 'DONE'), total(state IN ({failed})) FROM evaluation_rows WHERE run = ?), "
        "doc = json_set(doc, '$.scorers', json(?)) WHERE run = ?",
        (row_id, dumps(list(scorers)), row_id),
    )


def _log_row(db: Db, batch: _Batch, draft: RowDraft) -> LoggedRow:
    present = batch.present.get((clean(draft.row_key), draft.repetition))
    trace_id = draft.trace_id or (None if present is None else present.trace_id)
    ids: list[AssessmentId | None] = [None] * len(draft.scores)
    judged = False
    if trace_id is not None:
        trace = batch.traces.get(TraceId(clean(trace_id)))
        if trace is None or str(trace[1]) != batch.evaluation.run.experiment_id:
            batch.missing[trace_id] = None
        else:
            judged, ids = _judge(db, batch, draft, trace_id, trace)
    row = merged_row(present, draft, ids)
    batch.scorers.update(dict.fromkeys(score.name for score in row.scores))
    changed = row != present
    if changed:
        batch.changed.append(row)
        batch.known += present is None
        for state, sign in ((row.state, 1), (None if present is None else present.state, -1)):
            batch.done += sign * (state == "DONE")
            batch.failed += sign * (state in FAILED_ROWS)
    return LoggedRow(row.row_key, row.repetition, changed or judged, tuple(ids))


def _judge(
    db: Db, batch: _Batch, draft: RowDraft, trace_id: TraceId, trace: Row
) -> tuple[bool, list[AssessmentId | None]]:
    """Link a row's trace to the run and log its scores; return whether that changed anything, and their ids."""
    row_id, exp, start_ns, own_run = trace
    run = batch.evaluation.run
    changed = own_run != run.run_id and bool(traces.link(db, (row_id, exp, start_ns, "ACTIVE"), run.run_id))
    peers = batch.peers.setdefault(row_id, [])
    scores = [judgment_of(run.run_id, draft, score, trace_id) for score in draft.scores]
    ids: list[AssessmentId | None] = []
    for judgment in (*scores, *expectations_of(run.run_id, draft, trace_id, batch.by)):
        if judgment is None:
            ids.append(None)
            continue
        plan = plan_log(
            judgment, peers, partial(batch.last_revision, db), experiment_id=run.experiment_id,
            by=batch.by, now_ms=batch.now_ms,
        )  # fmt: skip
        if plan.changed:
            batch.pending += ((revision, (row_id, start_ns)) for revision in plan.revisions)
            peers[:] = [peer for peer in peers if peer.assessment_id != plan.assessment.assessment_id]
            peers.append(plan.assessment)
        changed = changed or plan.changed
        ids.append(plan.assessment.assessment_id)
    return changed, ids[: len(scores)]


def _count(db: Db, batch: _Batch) -> None:
    row = db.execute("SELECT rows_known FROM evaluations WHERE run = ?", (batch.row_id,)).fetchone()
    assert row is not None  # noqa: S101  # it was read in this transaction
    check_row_count(row[0] + batch.known)
    db.execute(
        "UPDATE evaluations SET rows_known = rows_known + ?, rows_done = rows_done + ?, "
        "rows_failed = rows_failed + ? WHERE run = ?",
        (batch.known, batch.done, batch.failed, batch.row_id),
    )
    if tuple(batch.scorers) != batch.evaluation.scorers:
        db.execute(
            "UPDATE evaluations SET doc = json_set(doc, '$.scorers', json(?)) WHERE run = ?",
            (dumps(list(batch.scorers)), batch.row_id),
        )


def _row(row: Row) -> EvaluationRow:
    (
        key,
        rep,
        state,
        content_hash,
        record,
        cluster,
        trace,
        slices,
        scores,
        error,
        duration_ms,
        cost_usd,
        judged_usd,
    ) = row
    return EvaluationRow(
        row_key=key,
        repetition=rep,
        record_id=record,
        content_hash=content_hash,
        cluster=cluster,
        slices={} if slices == "{}" else loads(slices),
        state=state,
        trace_id=None if trace is None else TraceId(trace),
        error=error,
        duration_ms=duration_ms,
        cost_usd=cost_usd,
        scores=tuple(RowScore(*score) for score in loads(scores)),
        judged_usd=judged_usd,
    )
