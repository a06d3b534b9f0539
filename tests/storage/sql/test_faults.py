"""Faults of the disk, the file and other processes: reads and writes answer with an error that says what to do."""

import errno
import logging
import os
import resource
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from lodeline.domain.errors import Unavailable
from lodeline.storage.base import Stores
from lodeline.storage.open import open_stores
from lodeline.storage.sql import connection
from lodeline.storage.sql.connection import DATABASE_FILE, PAGE_BYTES, Readers, connect
from lodeline.storage.sql.faults import FAULTS, unavailable
from tests.contract.build import search, span, write

READS: dict[str, Callable[[Stores], object]] = {
    "search": lambda stores: stores.traces.search(search("")),
    "search by filter": lambda stores: stores.traces.search(search("text ~ 'word'")),
    "get": lambda stores: stores.traces.get([write("tr-1", span("a")).trace_id]),
    "skeleton": lambda stores: stores.spans.skeleton(write("tr-1", span("a")).trace_id),
    "experiments": lambda stores: stores.experiments.search(search("", entity="experiment")),
    "ping": lambda stores: stores.admin.ping(),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with some traces, closed."""
    made = tmp_path / "store"
    stores = open_stores(str(made))
    stores.traces.write([write(f"tr-{number}", *(span(f"{n}") for n in range(20))) for number in range(40)])
    stores.close()
    return made


def _damage(store: Path) -> None:
    """Overwrite every page but the first, which tells SQLite that this is a database."""
    file = store / DATABASE_FILE
    with file.open("rb+") as out:
        out.seek(PAGE_BYTES)
        out.write(b"\xff" * (file.stat().st_size - PAGE_BYTES))


@pytest.mark.parametrize("read", READS)
def test_damage_while_it_is_open_is_told_to_readers(store: Path, read: str, caplog: pytest.LogCaptureFixture) -> None:
    stores = open_stores(str(store))
    try:
        _damage(store)
        with caplog.at_level(logging.ERROR), pytest.raises(Unavailable, match="'lodeline db check'") as caught:
            READS[read](stores)
        assert caught.value.error_code == "store_damaged"
        assert "damaged" in caplog.text
    finally:
        stores.close()


def test_a_store_damaged_before_it_is_opened_says_so(store: Path) -> None:
    _damage(store)
    with pytest.raises(Unavailable, match="cannot be opened") as caught:
        open_stores(str(store))
    assert caught.value.error_code == "store_damaged"


def test_a_file_that_is_no_database_says_so(store: Path) -> None:
    (store / DATABASE_FILE).write_bytes(b"not a database" * 10_000)
    with pytest.raises(Unavailable, match="damaged") as caught:
        open_stores(str(store))
    assert caught.value.error_code == "store_damaged"


def test_a_store_that_another_program_keeps_to_itself_is_busy(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 20)
    readers = Readers(store)
    with _alone(store), pytest.raises(Unavailable, match="Try again") as caught, readers.read() as db:
        db.execute("SELECT count(*) FROM traces").fetchall()
    assert caught.value.error_code == "store_busy"
    with readers.read() as db:  # and later it is not
        assert db.execute("SELECT count(*) FROM traces").fetchone() == (40,)
    readers.close()


@contextmanager
def _alone(store: Path) -> Generator[None]:
    db = connect(store, readonly=False)
    db.execute("PRAGMA locking_mode=EXCLUSIVE")
    db.execute("BEGIN EXCLUSIVE")
    db.execute("UPDATE meta SET value = value")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


def test_a_mistake_in_a_statement_is_no_fault_of_the_store(store: Path) -> None:
    readers = Readers(store)
    with pytest.raises(apsw.SQLError), readers.read() as db:
        db.execute("SELECT nothing FROM nowhere")
    readers.close()
    assert unavailable(apsw.ConstraintError("x"), "nothing happened") is None


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_says_what_did_not_happen_and_what_to_do(kind: type[apsw.Error]) -> None:
    found = unavailable(kind("its own words"), "nothing was stored")
    assert found is not None
    assert "; nothing was stored. " in found.message
    assert found.message.endswith((" try again.", "Try again.", "backup."))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of a process there")
def test_a_limit_on_the_size_of_files_is_named(store: Path) -> None:
    """The system's reason is read from the connection that met it."""
    size = (store / DATABASE_FILE).stat().st_size
    pid = os.fork()
    if pid == 0:
        os._exit(_write_beyond(store, size))
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == errno.EFBIG


def _write_beyond(store: Path, size: int) -> int:
    """Return 27 (EFBIG) when writing past a limit says what it should; a limit holds for a whole process."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    stores = open_stores(str(store))
    try:
        for number in range(1_000):
            stores.traces.write([write(f"tr-more-{number}", *(span(f"{n}") for n in range(50)))])
    except Unavailable as error:
        named = error.error_code == "file_too_large" and "ulimit -f" in error.message
        return errno.EFBIG if named else 1
    return 2
