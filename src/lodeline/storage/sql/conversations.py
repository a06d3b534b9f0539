"""Sessions and users: which there are, by last activity, is kept beside the traces; figures are summed on read.

`Activity` gathers what a transaction changes about them and, since it sees every trace that is written or removed,
about `hours`.
"""

from dataclasses import dataclass, field

from lodeline.domain.trace import TraceSummary
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.hours import Changes
from lodeline.storage.sql.rows import bounded

SESSION, USER = "s", "u"
_COLUMN = {SESSION: "session", USER: "user"}
_RAISE = (
    "INSERT INTO conversations (exp, kind, key, last_ns) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET last_ns = max(last_ns, excluded.last_ns)"
)

Key = tuple[int, str, str]


def last_activity_ns(summary: TraceSummary) -> int:
    """Return when a trace was last active: its end, or its start while it has none."""
    return bounded(summary.start_ns + (summary.duration_ns or 0))


@dataclass(slots=True)
class Activity:
    """What a transaction changes about last activities, and in which hours it changes traces."""

    raised: dict[Key, int] = field(default_factory=dict[Key, int])
    doubtful: set[Key] = field(default_factory=set[Key])
    changes: Changes = field(default_factory=Changes)

    def note(self, exp: int, before: TraceSummary | None, after: TraceSummary | None) -> None:
        """Take in that a trace's summary changed (None: it was not there, or is no more)."""
        for summary in (before, after):
            if summary is not None:
                self.changes.note(exp, bounded(summary.start_ns))
        for kind in (SESSION, USER):
            old = None if before is None else getattr(before, _COLUMN[kind])
            new = None if after is None else getattr(after, _COLUMN[kind])
            if before is not None and old is not None:
                shrank = after is not None and last_activity_ns(after) < last_activity_ns(before)
                if old != new or shrank:
                    self.doubtful.add((exp, kind, clean(old)))
            if after is not None and new is not None:
                key = (exp, kind, clean(new))
                self.raised[key] = max(self.raised.get(key, 0), last_activity_ns(after))

    def write(self, db: Db) -> None:
        """Bring the tables up to date; the traces' own rows must be written already."""
        if self.raised:
            db.executemany(_RAISE, [(*key, last_ns) for key, last_ns in self.raised.items()])
        for exp, kind, key in self.doubtful:
            recompute(db, exp, kind, key)
        self.changes.write(db)


def recompute(db: Db, exp: int, kind: str, key: str) -> None:
    """Set one session's or user's last activity from its traces; forget it when it has none."""
    sql = f"SELECT max(start_ns + ifnull(dur_ns, 0)) FROM traces WHERE exp = ? AND {_COLUMN[kind]} = ?"
    row = db.execute(sql, (exp, key)).fetchone()
    db.execute("DELETE FROM conversations WHERE exp = ? AND kind = ? AND key = ?", (exp, kind, key))
    if row is not None and row[0] is not None:
        db.execute(_RAISE, (exp, kind, key, row[0]))
