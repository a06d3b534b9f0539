"""Interned names: span names, kinds, models and providers as small integers."""

from collections.abc import Iterable

from lodeline.storage.sql.db import Db
from lodeline.storage.sql.terms import indexed

_MOST = 100_000
_MOST_SPANS = 10_000

_SpanNames = tuple[str, str | None, str | None]
_SpanNumbers = tuple[int, int | None, int | None]


class Names:
    """The writer's cache of the table `names`. Filled inside the transaction, dropped when one is rolled back."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._spans: dict[_SpanNames, _SpanNumbers] = {}

    def forget(self) -> None:
        """Drop everything: numbers given in an undone transaction are void."""
        self._known.clear()
        self._spans.clear()

    def of_span(self, db: Db, names: "_SpanNames") -> "_SpanNumbers":
        """Return the numbers of a span's name, model and provider, None for None; those that recur cost one look."""
        known = self._spans.get(names)
        if known is None:
            if len(self._spans) >= _MOST_SPANS:
                self._spans.clear()
            name, model, provider = span_names(*names)
            known = (self.number(db, name), self._number_of(db, model), self._number_of(db, provider))
            self._spans[names] = known
        return known

    def _number_of(self, db: Db, name: str | None) -> int | None:
        return None if name is None else self.number(db, name)

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


def span_names(name: str, model: str | None, provider: str | None) -> tuple[str, str | None, str | None]:
    """Return under which names the table has a span's name, model and provider."""
    return (
        "n:" + indexed(name),
        None if model is None else "m:" + indexed(model),
        None if provider is None else "p:" + indexed(provider),
    )


def lookup(db: Db, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those names that have one."""
    found: dict[str, int] = {}
    for name in names:
        row = db.execute("SELECT nid FROM names WHERE name = ?", (name,)).fetchone()
        if row is not None:
            found[name] = row[0]
    return found


def prune(db: Db) -> int:
    """Forget the names that no span has any more; return how many. Who remembers numbers must forget them, too."""
    db.execute(
        "DELETE FROM names WHERE nid NOT IN (SELECT name FROM spans UNION SELECT model FROM spans WHERE model IS NOT "
        "NULL UNION SELECT provider FROM spans WHERE provider IS NOT NULL UNION SELECT term FROM span_terms)"
    )
    return db.changes()
