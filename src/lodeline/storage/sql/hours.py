"""In which hours traces change: the table that tells whether what was computed of some hours still holds.

Every change of a trace, or of an assessment on it, makes the number of the hour in which the trace starts grow, in
the same transaction; a change of its start those of both hours. Triggers see to assessments, `Changes` to traces: a
trigger makes SQLite keep a journal for each statement, which costs more than all indexes of `traces` together.
"""

from dataclasses import dataclass, field

from lodeline.storage.sql.db import Db

HOUR_NS = 3_600_000_000_000
_RAISE = (
    "INSERT INTO hours (exp, hour, changes) VALUES (?, ?, ?) "
    "ON CONFLICT DO UPDATE SET changes = changes + excluded.changes"
)


@dataclass(slots=True)
class Changes:
    """What a transaction changes, counted by experiment and hour."""

    counts: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    def note(self, exp: int, start_ns: int) -> None:
        """Count a change of a trace with this start, which its row holds or is to hold."""
        key = exp, hour_of(start_ns)
        self.counts[key] = self.counts.get(key, 0) + 1

    def write(self, db: Db) -> None:
        """Add the counts to the table within the open transaction."""
        db.executemany(_RAISE, [(exp, hour, count) for (exp, hour), count in self.counts.items()])


def hour_of(start_ns: int) -> int:
    """Return the number of the hour since the epoch, rounded towards zero as SQL divides."""
    return start_ns // HOUR_NS if start_ns >= 0 else -(-start_ns // HOUR_NS)


def times_of(hour: int) -> tuple[int, int]:
    """Return the first and the last nanosecond of an hour; hour 0 reaches back before 1970."""
    return (
        hour * HOUR_NS if hour > 0 else (hour - 1) * HOUR_NS + 1,
        (hour + 1) * HOUR_NS - 1 if hour >= 0 else hour * HOUR_NS,
    )
