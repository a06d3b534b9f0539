"""The typed face of a database connection, as the SQL modules use it.

apsw's own annotations need Python 3.12's `Buffer` and read as unknown before; this Protocol is what we call of them.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, TypeAlias, cast

import apsw

SqlValue: TypeAlias = "int | float | str | bytes | None"
Row: TypeAlias = tuple[Any, ...]
"""One result row. Its types are those of the columns selected, which no checker can see."""


_carray = cast("Callable[[array[int] | tuple[str, ...]], SqlValue]", apsw.carray)  # pyright: ignore[reportUnknownMemberType]


def carray(numbers: Sequence[int]) -> SqlValue:
    """Return row ids as one parameter for the table-valued function carray(?); none of them is the row -1."""
    return _carray(array("q", numbers or (-1,)))


def carray_of_texts(texts: Sequence[str]) -> SqlValue:
    """Return texts as one parameter for the table-valued function carray(?); none of them is an empty text."""
    return _carray(tuple(texts) or ("",))


class Cursor(Protocol):
    """Rows of one statement."""

    def __iter__(self) -> Iterator[Row]:
        """Iterate over the rows."""
        ...

    def fetchall(self) -> list[Row]:
        """Return all rows."""
        ...

    def fetchone(self) -> Row | None:
        """Return the next row, None at the end."""
        ...


class Db(Protocol):
    """One connection: used by one thread at a time."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    @property
    def system_errno(self) -> int:
        """The system's own number of the last error of reading or writing; 0 when there was none."""
        ...

    def execute(self, statements: str, bindings: Sequence[SqlValue] | None = None) -> Cursor:
        """Run a statement."""
        ...

    def executemany(self, statements: str, sequenceofbindings: Iterable[Sequence[SqlValue]]) -> Cursor:
        """Run a statement once per binding."""
        ...

    def changes(self) -> int:
        """Return how many rows the last statement changed."""
        ...

    def total_changes(self) -> int:
        """Return how many rows were changed since the connection was opened."""
        ...

    def last_insert_rowid(self) -> int:
        """Return the rowid of the last insert."""
        ...

    def create_scalar_function(
        self, name: str, callable: Callable[..., SqlValue] | None, numargs: int = -1, *, deterministic: bool = False
    ) -> None:
        """Register a SQL function."""
        ...

    def config(self, op: int, *args: int) -> int:
        """Set an option of SQLite's for the connection."""
        ...

    def set_busy_timeout(self, milliseconds: int) -> None:
        """Set how long a statement waits for a lock."""
        ...

    def set_wal_hook(self, callable: Callable[[object, str, int], int] | None) -> None:
        """Call back after every commit with the pages of the write-ahead log, instead of copying it (checkpoint)."""
        ...

    def set_progress_handler(self, callable: Callable[[], bool] | None, nsteps: int = 100) -> None:
        """Call back every `nsteps` steps; True interrupts."""
        ...

    def __enter__(self) -> object:
        """Open a savepoint."""
        ...

    def __exit__(
        self, etype: type[BaseException] | None, evalue: BaseException | None, etraceback: TracebackType | None
    ) -> bool | None:
        """Release the savepoint, or roll back to it after an exception."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
