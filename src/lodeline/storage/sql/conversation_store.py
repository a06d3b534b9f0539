"""Lists of sessions and users in SQL: by last activity along an index, in any other order by sorting all of them; of
sessions that a filter wants judged only those that an index of assessments names, where these are few.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.session import DEFAULT_SESSION_IDLE_S, Session, User
from lodeline.domain.usage import picousd_to_usd
from lodeline.query import cursor as cursors
from lodeline.query.ast import EntityScope, Node, Order, Search
from lodeline.query.fields import field
from lodeline.query.reference import key_of_values, matches, order_values
from lodeline.query.subjects import SessionSubject, Subject, UserSubject
from lodeline.query.values import Scalar
from lodeline.storage.sql.assessment_rows import assessments_of_session
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.conversations import SESSION, USER
from lodeline.storage.sql.db import Db, Row, carray_of_texts
from lodeline.storage.sql.filter import Sql
from lodeline.storage.sql.plan import judged_sessions, small_set
from lodeline.storage.sql.rows import SUM_TOKENS, summed_tokens
from lodeline.storage.sql.search import active
from lodeline.storage.sql.snapshots import Stint

T = TypeVar("T")
_FIGURES = (
    "SELECT min(start_ns), max(start_ns + ifnull(dur_ns, 0)), count(*), total(state = 2), total(error_count > 0), "
    "iif(count(cost), total(cost), NULL), "  # sum(cost) fails past 64 bits
    "count(DISTINCT session), " + SUM_TOKENS + " FROM traces WHERE exp = ? AND "
)
_FIRST_USER = (
    "SELECT user FROM traces WHERE exp = ? AND session = ? AND user IS NOT NULL ORDER BY start_ns, id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[T]):
    """What the two lists differ in."""

    entity: EntityScope
    code: str
    read: Callable[[Db, int, str], T | None]
    subject: Callable[[Db, T], Subject]
    wanted: Callable[[Db, int, Node], frozenset[str] | None] = lambda _db, _exp, _node: None
    """The names of all that may match, in an experiment; None when they are not known."""


class SqlConversationStore:
    """`storage.base.ConversationStore` over SQL."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def session(self, experiment_id: ExperimentId, session: str, *, now_ms: int) -> Session:
        with self._readers.read() as db:
            known = active(db, Search(experiment_ids=(experiment_id,))).experiment_ids
            found = _session(db, int(experiment_id), clean(session), now_ms) if known else None
        if found is None:
            raise NotFound.of("session", session)
        return found

    def sessions(self, search: Search, *, now_ms: int) -> Page[Session]:
        def read(db: Db, exp: int, key: str) -> Session | None:
            return _session(db, exp, key, now_ms)

        kind = _Kind("session", SESSION, read, _session_subject, _judged)
        return self._readers.page(search, partial(_page, kind))

    def users(self, search: Search) -> Page[User]:
        kind = _Kind("user", USER, _user, lambda _db, user: UserSubject(user))
        return self._readers.page(search, partial(_page, kind))


def _page(kind: _Kind[T], db: Db, search: Search, stint: Stint) -> Page[T]:
    orders = search.order or (Order(field(kind.entity, "last")),)
    fingerprint = cursors.of_search(search, kind.entity, orders)
    after = None if search.cursor is None else tuple(cursors.decode(search.cursor, fingerprint))
    items: list[T] = []
    last: tuple[Scalar | None, ...] | None = None
    seen: tuple[Scalar | None, ...] | None = None
    search = active(db, search)
    in_order = _by_last if orders == (Order(field(kind.entity, "last")),) else _by_sorting
    for key, item, subject in in_order(db, search, kind, orders, after):
        if seen is not None and stint.over():
            return Page(tuple(items), cursors.encode(seen, fingerprint), partial=True)
        seen = key
        if not matches(search.node, subject):
            continue
        if len(items) == search.limit and last is not None:
            return Page(tuple(items), cursors.encode(last, fingerprint))
        items.append(item)
        last = key
    return Page(tuple(items))


Key = tuple[Scalar | None, ...]
"""The sort values, then the session's or user's name, then its experiment."""


def _by_last(
    db: Db, search: Search, kind: _Kind[T], _orders: Sequence[Order], after: Key | None
) -> Iterator[tuple[Key, T, Subject]]:
    streams = [
        _one_by_last(db, exp, _rows(kind.code, exp, kind.wanted(db, exp, search.node)), after)
        for exp in map(int, search.experiment_ids)
    ]
    for last_ns, key, exp in heapq.merge(*streams, key=lambda row: (-row[0], row[1], row[2])):
        item = kind.read(db, exp, key)
        if item is not None:
            yield (last_ns, key, exp), item, kind.subject(db, item)


def _rows(code: str, exp: int, wanted: frozenset[str] | None) -> Sql:
    """Return the FROM clause of an experiment's entries, of those that are wanted."""
    if wanted is None:
        return Sql("FROM conversations WHERE exp = ? AND kind = ? ", (exp, code))
    some = "FROM carray(?) w CROSS JOIN conversations ON key = w.value WHERE exp = ? AND kind = ? "
    return Sql(some, (carray_of_texts(tuple(wanted)), exp, code))


def _one_by_last(db: Db, exp: int, rows: Sql, after: Key | None) -> Iterator[tuple[int, str, int]]:
    """Yield one experiment's entries after `after`, latest first, ties by name."""
    sql, order = f"SELECT last_ns, key {rows.text}", "ORDER BY last_ns DESC, key"
    if after is None:
        found = db.execute(sql + order, rows.params)
    else:
        last_ns, name, after_exp = after
        same = ">=" if exp > int(after_exp or 0) else ">"
        sql += f"AND last_ns <= ? AND (last_ns < ? OR key {same} ?) "
        found = db.execute(sql + order, (*rows.params, last_ns, last_ns, name))
    return ((last_ns, key, exp) for last_ns, key in found)


def _by_sorting(
    db: Db, search: Search, kind: _Kind[T], orders: Sequence[Order], after: Key | None
) -> Iterator[tuple[Key, T, Subject]]:
    found: list[tuple[Key, T, Subject]] = []
    for exp in map(int, search.experiment_ids):
        rows = _rows(kind.code, exp, kind.wanted(db, exp, search.node))
        for (name,) in db.execute(f"SELECT key {rows.text}", rows.params).fetchall():
            item = kind.read(db, exp, name)
            if item is not None:
                subject = kind.subject(db, item)
                found.append(((*order_values(orders, subject), name, exp), item, subject))

    def place(key: Key) -> tuple[object, ...]:
        return (key_of_values(orders, key[:-2]), key[-2], key[-1])

    found.sort(key=lambda row: place(row[0]))
    for key, item, subject in found:
        if after is None or place(after) < place(key):
            yield key, item, subject


def _judged(db: Db, exp: int, node: Node) -> frozenset[str] | None:
    """Return the sessions that the filter's conditions on assessments let through, if there are few."""
    found = small_set(db, exp, judged_sessions(node))
    return None if found is None else frozenset(found)


def _session_subject(db: Db, session: Session) -> Subject:
    return SessionSubject(session, lambda: assessments_of_session(db, session.experiment_id, session.session))


def _figures(db: Db, exp: int, column: str, key: str) -> Row | None:
    row = db.execute(_FIGURES + f"{column} = ?", (exp, key)).fetchone()
    return None if row is None or not row[2] else row


def _session(db: Db, exp: int, key: str, now_ms: int) -> Session | None:
    row = _figures(db, exp, "session", key)
    if row is None:
        return None
    first_ns, last_ns, traces, errors, faulty, cost, _sessions, *tokens = row
    user = db.execute(_FIRST_USER, (exp, key)).fetchone()
    is_open = last_ns // 1_000_000 + DEFAULT_SESSION_IDLE_S * 1000 > now_ms
    return Session(
        ExperimentId(str(exp)), key, "OPEN" if is_open else "CLOSED", first_ns, last_ns, traces, int(errors),
        summed_tokens(tokens), picousd_to_usd(cost), None if user is None else user[0], int(faulty),
    )  # fmt: skip


def _user(db: Db, exp: int, key: str) -> User | None:
    row = _figures(db, exp, "user", key)
    if row is None:
        return None
    first_ns, last_ns, traces, errors, _faulty, cost, sessions, *tokens = row
    return User(
        ExperimentId(str(exp)), key, first_ns, last_ns, traces, int(errors), sessions, summed_tokens(tokens),
        picousd_to_usd(cost),
    )  # fmt: skip
