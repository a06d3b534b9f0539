"""Interned names: span names, kinds, models and providers as small integers."""

from collections.abc import Iterable

from lodeline.storage.sql.db import Db
from lodeline.storage.sql.terms import MAX_INDEXED, indexed

_MOST = 100_000


class Names:
    """The writer's cache of the table `names`. Filled inside the transaction, dropped when one is rolled back."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def forget(self) -> None:
        """Drop everything: numbers given in an undone transaction are void."""
        self._known.clear()

    def number_of(self, db: Db, prefix: str, value: str | None) -> int | None:
        """Return the number of the indexed part of a value under a prefix; None for None."""
        if value is None:
            return None
        if len(value) >= MAX_INDEXED:
            value = indexed(value)
        known = self._known.get(prefix + value)
        return self.number(db, prefix + indexed(value)) if known is None else known

    def number(self, db: Db, name: str) -> int:
        """Return the number of a name, giving it one when it is new."""
        known = self._known.get(name)
        if known is not None:
            return known
        if len(self._known) >= _MOST:
            self._known.clear()
        db.execute("INSERT OR IGNORE INTO names (name) VALUES (?)", (name,))
        row = db.execute("SELECT nid FROM names WHERE name = ?", (name,)).fetchone()
        assert row is not None  # noqa: S101  # it was inserted just now
        self._known[name] = row[0]
        return row[0]


def lookup(db: Db, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those names that have one."""
    found: dict[str, int] = {}
    for name in names:
        row = db.execute("SELECT nid FROM names WHERE name = ?", (name,)).fetchone()
        if row is not None:
            found[name] = row[0]
    return found
