"""How a SQLite store fares: told without a look through its tables, and also while it is too busy to be read."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from lodeline.domain.ids import TraceId
from lodeline.storage.open import open_stores
from lodeline.storage.sql import admin
from lodeline.storage.sql.admin import SqlAdmin
from lodeline.storage.sql.connection import Readers
from tests.contract.build import span, write


def test_sizes_and_the_backlog_are_told(tmp_path: Path) -> None:
    stores = open_stores(str(tmp_path / "store"))
    try:
        stores.traces.write([write(TraceId("tr-1"), span("root", attributes={"q": "needle"}))])
        vitals = stores.admin.vitals()
        assert set(vitals.file_bytes) == {"database", "database_log", "text_index", "text_index_log"}
        assert vitals.disk_free_bytes is not None
        assert vitals.disk_free_bytes > 0
        assert vitals.text_backlog in {0, 1}
    finally:
        stores.close()


def test_a_store_whose_connections_are_all_in_use_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "_VITALS_WAIT_S", 0.01)
    stores = open_stores(str(tmp_path / "store"))
    try:
        assert isinstance(stores.admin, SqlAdmin)
        readers: Readers = stores.admin._readers  # pyright: ignore[reportPrivateUsage] - there is no other way to use them all
        with ExitStack() as lent:
            for _ in range(8):
                lent.enter_context(readers.read())
            busy = stores.admin.vitals()
        assert (busy.answers, busy.text_backlog) == (False, None)
        assert busy.file_bytes["database"] > 0
        assert stores.admin.vitals().answers
    finally:
        stores.close()
