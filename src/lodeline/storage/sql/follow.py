"""Follow traces by arrival: pages that never end, and miss nothing that is committed while they are read."""

from dataclasses import replace

from lodeline.domain.page import Page
from lodeline.domain.trace import Trace
from lodeline.query import cursor as cursors
from lodeline.query.ast import Search
from lodeline.query.order import ARRIVED, LATEST
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.search import Key, Position, active, matching


def follow_traces(readers: Readers, search: Search) -> Page[Trace]:
    """Return the latest `limit` traces, or those that arrived after the cursor; the earliest first, always a cursor.

    Rows are numbered by the one transaction that writes at a time, so what a snapshot does not show has a greater
    number than all that it shows.
    """
    fingerprint = cursors.of_search(search, "trace", (), "follow")
    after = None if search.cursor is None else tuple(cursors.decode(search.cursor, fingerprint))
    stint = next(readers.stints(search.deadline_s))  # when it is cut short, the next page goes on from there
    with readers.read() as db:
        end: Key = (_last_arrival(db),)
        visible = active(db, search)
        if after is None:
            position = Position(stint)
            found = _taken(db, replace(visible, order=(LATEST,)), position)[0][::-1]
        else:
            position = Position(stint, after)
            found, full = _taken(db, replace(visible, order=(ARRIVED,)), position)
            if full or position.stopped:
                end = position.key or after
    return Page(tuple(found), cursors.encode(end, fingerprint), partial=position.stopped)


def _taken(db: Db, search: Search, position: Position) -> tuple[list[Trace], bool]:
    """Return the first `limit` matches after the position, which is at the last of them then, and whether there are
    so many."""
    found: list[Trace] = []
    for key, trace in matching(db, search, search.order, position):
        found.append(trace)
        position.key = key
        if len(found) == search.limit:
            return found, True
    return found, False


def _last_arrival(db: Db) -> int:
    """Return the number of the trace that arrived last, also if it is gone."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'traces'").fetchone()
    return 0 if row is None else int(row[0])
