"""SQLite plans a statement once, whatever its values are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, cast

import apsw
import pytest

from lodeline.storage.sql import open_sqlite
from lodeline.storage.sql.connection import connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.rows import SELECT_TRACE
from lodeline.storage.sql.traces import SILENT
from tests.contract.build import span, write


class _Authorized(Protocol):
    """What apsw's connections have beside `Db`: it is asked while a statement is planned."""

    def set_authorizer(self, callable: Callable[..., int]) -> None: ...


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Db]:
    stores = open_sqlite(tmp_path / "store")
    stores.traces.write([write(f"tr-{number}", span("root", 1)) for number in range(20)])
    stores.close()
    writing = connect(tmp_path / "store", readonly=False)
    writing.execute("ANALYZE")  # plans depend on values only where there are statistics
    writing.close()
    opened = connect(tmp_path / "store", readonly=True)
    yield opened
    opened.close()


def test_a_join_is_planned_once_for_all_rows(db: Db) -> None:
    planned: list[str] = []

    def note(action: int, *_: object) -> int:
        if action == apsw.SQLITE_SELECT:
            planned.append("SELECT")
        return apsw.SQLITE_OK

    cast(_Authorized, db).set_authorizer(note)
    rows = [db.execute(SELECT_TRACE + "WHERE t.id = ?", (number,)).fetchall() for number in range(1, 21)]
    assert [len(found) for found in rows] == [1] * 20
    assert planned == ["SELECT"]


def test_traces_in_progress_are_found_by_their_index(db: Db) -> None:
    plan = " ".join(str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {SILENT}", (10**15, 100)))
    assert "traces_open" in plan
    assert "B-TREE" not in plan
