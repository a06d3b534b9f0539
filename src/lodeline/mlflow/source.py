"""The source: an MLflow database, read and never written.

SQLite is read by the library that stores use themselves, PostgreSQL by psycopg (extra ``postgres``). Everything is
read in one transaction, so that what is written meanwhile is not seen. Tables and columns that an older MLflow did
not have are as if they were empty.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import unquote

import apsw
import orjson

from lodeline.domain.errors import Invalid, Unavailable, Unsupported, shown
from lodeline.domain.run import MAX_MS
from lodeline.domain.span import JsonValue

T = TypeVar("T")
IDS_TOGETHER = 200
_NAMED = 100
_WHOLE = range(-(2**63), 2**63)
_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg2://", "postgresql+psycopg://")


class Row:
    """One row, by the names of its columns; a column that is not there is null."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Return a text; null is empty."""
        return self.text_or_none(name) or ""

    def text_or_none(self, name: str) -> str | None:
        """Return a text, None for null."""
        value = self._values.get(name)
        return value if value is None or isinstance(value, str) else str(value)

    def whole(self, name: str) -> int:
        """Return a whole number; null is 0."""
        return self.whole_or_none(name) or 0

    def whole_or_none(self, name: str) -> int | None:
        """Return a whole number of 64 bits, None for null and for a number that is none."""
        value = self._values.get(name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        number = int(value)
        return number if number in _WHOLE else None

    def moment(self, name: str) -> int:
        """Return epoch milliseconds as a time that can be kept: the nearest to one that cannot, 0 for null."""
        return min(max(0, self.whole(name)), MAX_MS)

    def number_or_none(self, name: str) -> float | None:
        """Return a number, None for null."""
        value = self._values.get(name)
        return float(value) if isinstance(value, int | float) else None

    def json(self, name: str) -> JsonValue:
        """Return what a column of JSON holds; null, and text that is no JSON, is None."""
        value = self._values.get(name)
        return json_of(value) if isinstance(value, str) else cast(JsonValue, value)


class Source(Protocol):
    """A database that is open."""

    def rows(self, table: str, rest: str = "", values: Sequence[object] = ()) -> Iterator[Row]:
        """Yield the rows of a table; `rest` follows ``FROM table``, with ``?`` for each value. None for a table that
        is not there."""
        ...

    def count(self, table: str, rest: str = "", values: Sequence[object] = ()) -> int:
        """Return how many rows there are."""
        ...


def json_of(text: str) -> JsonValue:
    """Return the value of a JSON text; None when it is none."""
    try:
        return cast(JsonValue, orjson.loads(text))
    except orjson.JSONDecodeError:
        return None


def named(text: str) -> str:
    """Return a name or an id as messages show it: as it is, but quoted and cut where it is long or not printable."""
    return text if text.isprintable() and len(text) <= _NAMED else shown(text)


def together(items: Iterable[T], size: int = IDS_TOGETHER) -> Iterator[list[T]]:
    """Yield items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def rows_of(source: Source, table: str, column: str, ids: Sequence[str], order: str = "") -> Iterator[Row]:
    """Yield the rows whose `column` is one of few `ids`."""
    if ids:
        marks = ", ".join("?" * len(ids))
        yield from source.rows(table, f"WHERE {column} IN ({marks}) {order}", ids)


@contextmanager
def open_source(uri: str) -> Generator[Source]:
    """Open ``sqlite:///FILE``, a path to such a file, or ``postgresql://...``, and close it afterwards.

    Unsupported for other databases, Invalid for a file that is not there, that is no database, or not MLflow's,
    Unavailable when it cannot be opened. A password in `uri` is in no error.
    """
    if uri.startswith(_POSTGRES):
        with _postgres(uri) as source:
            yield _checked(source, "the database")
    elif "://" in uri and not uri.startswith("sqlite:///"):
        raise Unsupported(
            f"database {shown(uri.partition('://')[0] + '://')} cannot be read; give sqlite:///FILE or "
            "postgresql://USER@HOST/NAME (move others there first, for instance with pgloader)."
        )
    else:
        file = Path(unquote(uri.removeprefix("sqlite:///")).partition("?")[0])
        if not file.is_file():
            raise Invalid(f"there is no database file {shown(str(file))}; give the one that MLflow's server uses.")
        with _sqlite(file) as source:
            yield _checked(source, str(file))


def _checked(source: Source, what: str) -> Source:
    if source.count("alembic_version") != 1 or not source.count("experiments"):
        raise Invalid(f"{what} is no MLflow database: it has no experiments and no version of their tables.")
    return source


class _Db(Protocol):
    """The part of apsw's connection that is used; its own types are partly unknown."""

    def execute(self, statements: str, bindings: Sequence[object] = ()) -> "_Cursor": ...

    def set_busy_timeout(self, milliseconds: int) -> None: ...

    def close(self) -> None: ...


class _Cursor(Protocol):
    def __iter__(self) -> Iterator[tuple[object, ...]]: ...

    def fetchone(self) -> tuple[object, ...] | None: ...


class _Sqlite:
    def __init__(self, db: _Db, columns: dict[str, list[str]]) -> None:
        self._db = db
        self._columns = columns

    def rows(self, table: str, rest: str = "", values: Sequence[object] = ()) -> Iterator[Row]:
        columns = self._columns.get(table)
        if columns is None:
            return
        names = ", ".join(_quoted(name) for name in columns)
        for found in self._db.execute(f'SELECT {names} FROM "{table}" {rest}', values):  # noqa: S608 - own names
            yield Row(dict(zip(columns, found, strict=True)))

    def count(self, table: str, rest: str = "", values: Sequence[object] = ()) -> int:
        if table not in self._columns:
            return 0
        found = self._db.execute(f'SELECT count(*) FROM "{table}" {rest}', values).fetchone()  # noqa: S608
        return cast("tuple[int]", found)[0]


def _quoted(name: str) -> str:
    """Return a name as SQL has it, whatever is in it: a database may come from a stranger."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _sqlite(file: Path) -> Generator[Source]:
    try:
        db = cast(_Db, apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY))
    except apsw.Error as error:
        raise Unavailable(f"{shown(str(file))} cannot be opened ({error}).") from error
    try:
        db.set_busy_timeout(10_000)
        db.execute("PRAGMA query_only=ON")
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("BEGIN")
        tables = [str(row[0]) for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {
            table: [str(row[0]) for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,))]
            for table in tables
        }
        yield _Sqlite(db, columns)
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise Invalid(f"{shown(str(file))} is no SQLite database, or is damaged ({error}).") from error
    except apsw.Error as error:
        raise Unavailable(f"{shown(str(file))} cannot be read ({error}).") from error
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{shown(str(file))} has text that is not UTF-8 ({error}); mend it with SQLite first."
        ) from error
    finally:
        db.close()


class _Postgres:
    def __init__(self, connection: Any, tables: frozenset[str]) -> None:
        self._connection = connection
        self._tables = tables

    def rows(self, table: str, rest: str = "", values: Sequence[object] = ()) -> Iterator[Row]:
        if table not in self._tables:
            return
        cursor = self._connection.execute(f'SELECT * FROM "{table}" {_marked(rest)}', tuple(values))  # noqa: S608
        names = [column.name for column in cursor.description]
        for found in cursor:
            yield Row(dict(zip(names, found, strict=True)))

    def count(self, table: str, rest: str = "", values: Sequence[object] = ()) -> int:
        if table not in self._tables:
            return 0
        found = self._connection.execute(f'SELECT count(*) FROM "{table}" {_marked(rest)}', tuple(values))  # noqa: S608
        return int(found.fetchone()[0])


def _marked(rest: str) -> str:
    return rest.replace("%", "%%").replace("?", "%s")


@contextmanager
def _postgres(uri: str) -> Generator[Source]:
    try:
        import psycopg  # noqa: PLC0415 - an optional part of the installation
    except ImportError as error:
        raise Unsupported(
            "a PostgreSQL database is read by psycopg, which is not installed; run pip install 'lodeline[postgres]'.",
            code="postgres_not_installed",
        ) from error
    try:
        connection = psycopg.connect("postgresql://" + uri.partition("://")[2])
    except psycopg.Error as error:
        text = " ".join(str(error).split())
        raise Unavailable(f"the PostgreSQL database cannot be opened ({text[:300]}).") from error
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY(current_schemas(false))"
        )
        yield _Postgres(connection, frozenset(str(row[0]) for row in found))
    except psycopg.Error as error:
        raise Unavailable(
            f"the PostgreSQL database cannot be read ({' '.join(str(error).split())[:300]})."
        ) from error
    finally:
        connection.close()
