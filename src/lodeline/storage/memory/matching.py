"""Lists in memory: every candidate is sorted, then asked by the reference interpreter, until the page is full."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from lodeline.domain.assessment import Assessment
from lodeline.domain.audit import AuditEntry
from lodeline.domain.experiment import Experiment
from lodeline.domain.model import Model, without_diff
from lodeline.domain.page import Page
from lodeline.domain.run import Run
from lodeline.domain.session import Session, User
from lodeline.domain.span import Span
from lodeline.domain.trace import Trace
from lodeline.query import cursor as cursors
from lodeline.query.ast import EntityScope, Order, Search
from lodeline.query.fields import field
from lodeline.query.order import by_arrival
from lodeline.query.reference import OrderKey, key_of_values, matches, order_key, order_values
from lodeline.query.subjects import (
    AssessmentSubject,
    AuditSubject,
    ExperimentSubject,
    SessionSubject,
    Subject,
    TraceSubject,
    UserSubject,
)
from lodeline.query.subjects_runs import ModelSubject, RunSubject
from lodeline.query.values import Scalar
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.spans import load_spans
from lodeline.storage.memory.state import State

T = TypeVar("T")
Place = tuple[OrderKey, tuple[int | str, ...]]
"""Where a row stands in a list: its sort key, then its tie."""


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One candidate of a list. Of rows with equal sort keys the lesser `tie` is first; no two have the same."""

    item: T
    subject: Subject
    tie: tuple[int | str, ...]


def trace_page(state: State, search: Search) -> Page[Trace]:
    """List traces."""
    keys, later_first = by_arrival(search.order)
    rows = trace_rows(state, search, later_first=later_first)
    if search.order and not keys:  # by arrival alone
        return _page(rows, search, "trace", keys=())
    return _page(rows, search, "trace", Order(field("trace", "start")), keys=keys)


def follow_page(state: State, search: Search) -> Page[Trace]:
    """List traces as they arrive."""
    fingerprint = cursors.of_search(search, "trace", (), "follow")
    rows = in_order(trace_rows(state, search, later_first=False), ())
    if search.cursor is not None:
        rows = _after(cursors.decode(search.cursor, fingerprint), rows, ())
        scan = Scan(rows, search)
        found = list(islice(scan, search.limit))
        ended = not scan.stopped and len(found) < search.limit
        end = (state.arrivals,) if ended or scan.last is None else scan.last.tie
        return Page(tuple(row.item for row in found), cursors.encode(end, fingerprint), partial=scan.stopped)
    scan = Scan(rows[::-1], search)
    found = list(islice(scan, search.limit))[::-1]
    end = cursors.encode((state.arrivals,), fingerprint)
    return Page(tuple(row.item for row in found), end, partial=scan.stopped)


def experiment_page(state: State, search: Search) -> Page[Experiment]:
    """List experiments, all of them unless the search names some."""
    rows = [
        Row(experiment, ExperimentSubject(experiment), (-int(experiment.experiment_id),))
        for experiment in state.experiments.values()
        if not search.experiment_ids or experiment.experiment_id in search.experiment_ids
    ]
    return _page(rows, search, "experiment", Order(field("experiment", "created")))


def assessment_page(state: State, search: Search) -> Page[Assessment]:
    """List assessments."""
    active = _active(state, search)
    rows = [
        Row(assessment, AssessmentSubject(assessment), (-number,))
        for number, assessment in enumerate(state.present_assessments())
        if assessment.experiment_id in active
    ]
    return _page(rows, search, "assessment", Order(field("assessment", "created")))


def session_page(state: State, sessions: Iterable[Session], search: Search) -> Page[Session]:
    """List sessions."""
    judged: dict[tuple[str, str], list[Assessment]] = {}
    for each in state.present_assessments():
        if each.target.session is not None:
            judged.setdefault((each.experiment_id, each.target.session), []).append(each)

    def subject(of: Session) -> Subject:
        return SessionSubject(of, lambda: judged.get((of.experiment_id, of.session), ()))

    rows = [Row(s, subject(s), (s.session, int(s.experiment_id))) for s in sessions]
    return _page(rows, search, "session", Order(field("session", "last")))


def user_page(users: Iterable[User], search: Search) -> Page[User]:
    """List users."""
    rows = [Row(u, UserSubject(u), (u.user, int(u.experiment_id))) for u in users]
    return _page(rows, search, "user", Order(field("user", "last")))


def audit_page(state: State, search: Search) -> Page[AuditEntry]:
    """List audit entries, of all experiments and of none unless the search names some."""
    rows = [
        Row(entry, AuditSubject(entry), (-entry.entry_id,))
        for entry in state.audit
        if not search.experiment_ids or entry.experiment_id in search.experiment_ids
    ]
    return _page(rows, search, "audit")


def run_page(state: State, search: Search) -> Page[Run]:
    """List runs."""
    active = _active(state, search)
    found = [record.current() for record in state.runs.values()]
    rows = [Row(r, RunSubject(r), (-i,)) for i, r in enumerate(found) if r.experiment_id in active]
    return _page(rows, search, "run", Order(field("run", "start")))


def model_page(state: State, search: Search) -> Page[Model]:
    """List models, without the diffs of their source."""
    active = _active(state, search)
    found = [state.aliased(without_diff(model)) for model in state.models.values()]
    rows = [Row(m, ModelSubject(m), (-i,)) for i, m in enumerate(found) if m.experiment_id in active]
    return _page(rows, search, "model", Order(field("model", "created")))


def trace_rows(state: State, search: Search, *, later_first: bool = True) -> list[Row[Trace]]:
    """Return all traces of the search's experiments, whether they match or not; arrival completes their order."""
    active = _active(state, search)
    by_trace: dict[str, list[Assessment]] = {}
    for assessment in state.present_assessments():
        if assessment.target.trace_id is not None:
            by_trace.setdefault(assessment.target.trace_id, []).append(assessment)
    return [
        _trace_row(record, by_trace.get(record.trace_id, []), -1 if later_first else 1)
        for record in state.traces.values()
        if record.experiment_id in active
    ]


def matching(rows: Iterable[Row[T]], search: Search) -> "Scan[T]":
    """Return the scan that yields those rows that match, in the order given, until the deadline."""
    return Scan(rows, search)


class Scan(Generic[T]):
    """Iterates over the matching rows; afterwards tells how far it came."""

    def __init__(self, rows: Iterable[Row[T]], search: Search) -> None:
        self._rows = iter(rows)
        self._search = search
        self._until = time.monotonic() + search.deadline_s
        self.last: Row[T] | None = None
        self.examined = 0
        self.stopped = False

    def __iter__(self) -> Iterator[Row[T]]:
        for row in self._rows:
            if self.last is not None and time.monotonic() > self._until:
                self.stopped = True
                return
            self.last = row
            self.examined += 1
            if matches(self._search.node, row.subject):
                yield row


def in_order(rows: Iterable[Row[T]], orders: Sequence[Order]) -> list[Row[T]]:
    """Return the rows sorted."""

    def place(row: Row[T]) -> Place:
        return order_key(orders, row.subject), row.tie

    return sorted(rows, key=place)


def list_page(
    rows: Iterable[Row[T]],
    search: Search,
    entity: EntityScope,
    default: Order | None = None,
    *,
    more: Sequence[str] = (),
) -> Page[T]:
    """Return one page of the rows that match; `more` is what else makes it another list."""
    return _page(rows, search, entity, default, more=more)


def _page(
    rows: Iterable[Row[T]],
    search: Search,
    entity: EntityScope,
    default: Order | None = None,
    *,
    keys: tuple[Order, ...] | None = None,
    more: Sequence[str] = (),
) -> Page[T]:
    orders = (search.order if keys is None else keys) or (() if default is None else (default,))
    fingerprint = cursors.of_search(search, entity, search.order or orders, *more)
    ordered = in_order(rows, orders)
    if search.cursor is not None:
        values = cursors.decode(search.cursor, fingerprint)
        ordered = _after(values, ordered, orders)
    scan = Scan(ordered, search)
    found: list[Row[T]] = []
    for row in scan:
        if len(found) == search.limit:
            return Page(tuple(row.item for row in found), _cursor(found[-1], orders, fingerprint))
        found.append(row)
    items = tuple(row.item for row in found)
    if scan.stopped and scan.last is not None:
        return Page(items, _cursor(scan.last, orders, fingerprint), partial=True)
    return Page(items)


def _cursor(row: Row[T], orders: Sequence[Order], fingerprint: str) -> str:
    return cursors.encode((*order_values(orders, row.subject), *row.tie), fingerprint)


def _after(values: Sequence[Scalar | None], rows: Sequence[Row[T]], orders: Sequence[Order]) -> list[Row[T]]:
    width = len(orders)
    place = (key_of_values(orders, values[:width]), tuple(values[width:]))
    return [row for row in rows if place < (order_key(orders, row.subject), row.tie)]


def _active(state: State, search: Search) -> set[str]:
    return {i for i, e in state.experiments.items() if i in search.experiment_ids and e.lifecycle == "ACTIVE"}


def _trace_row(record: TraceRecord, assessments: Sequence[Assessment], sign: int) -> Row[Trace]:
    trace = record.trace()

    def spans() -> Sequence[Span]:
        return load_spans(record, want_view=False)

    return Row(trace, TraceSubject(trace, spans, lambda: assessments), (sign * record.arrival,))
