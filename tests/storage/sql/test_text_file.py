"""The full-text index in its own file: it may be lost, lag and be copied, and a search is right all the same."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.domain.errors import Unavailable
from lodeline.domain.ids import TraceId
from lodeline.ingest.payload import unpack_texts
from lodeline.storage.base import Stores
from lodeline.storage.sql import connection, fresh_texts, migrate_sqlite, open_sqlite, spans, text
from lodeline.storage.sql.check import check_database
from lodeline.storage.sql.schema import known_migrations
from lodeline.storage.sql.text_file import TEXT_FILE, TEXT_FILES, connect_text
from tests.contract.build import audit, found, settle, span, write

TEXT_MIGRATION = "text_file"


def _write(stores: Stores, *numbers: int) -> None:
    stores.traces.write([write(f"tr-{i}", span(attributes={"said": f"word{i}"})) for i in numbers])


def _receive(stores: Stores, *numbers: int) -> None:
    """Write traces as requests bring them: with the text that is to be indexed."""
    traces = [(i, write(f"tr-{i}", span(attributes={"said": f"word{i}"}))) for i in numbers]
    stores.traces.write([replace(trace, text=f"LLM.call\nWord{i}") for i, trace in traces])


def _delete(stores: Stores, *numbers: int) -> None:
    assert stores.traces.delete([TraceId(f"tr-{i}") for i in numbers], audit=audit()) == len(numbers)


def _indexed(directory: Path) -> list[int]:
    db = connection.connect(directory, readonly=True)
    try:
        return [cid for (cid,) in db.execute("SELECT id FROM text.texts_docsize ORDER BY id")]
    finally:
        db.close()


def _gone(directory: Path) -> list[int]:
    db = connection.connect(directory, readonly=True)
    try:
        return [cid for (cid,) in db.execute("SELECT cid FROM texts_gone ORDER BY cid")]
    finally:
        db.close()


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_index_forgets_what_is_deleted(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path)
    _write(stores, 1, 2, 3)
    settle(stores)
    assert _indexed(tmp_path) == [1, 2, 3]
    _delete(stores, 2)
    assert found(stores, 'text = "word2"') == []
    _wait_until(lambda: not _gone(tmp_path))
    assert _indexed(tmp_path) == [1, 3]
    assert stores.admin.check() == []
    stores.close()


def test_the_number_of_a_deleted_chunk_is_not_given_again(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path)
    _write(stores, 1, 2)
    settle(stores)
    _delete(stores, 1, 2)
    _write(stores, 3)
    assert found(stores, 'text = "word3"') == ["tr-3"]
    assert found(stores, 'text = "word1"') == []
    settle(stores)
    _wait_until(lambda: not _gone(tmp_path))
    assert _indexed(tmp_path) == [3]
    stores.close()


def test_the_index_gives_way_to_requests_and_a_search_is_right_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "_BEHIND_S", 3_600.0)
    monkeypatch.setattr(text, "_PROCESSORS", 2)
    read: list[int] = []

    def noted(chunk: bytes) -> list[tuple[int, list[str]]]:
        read.append(len(chunk))
        return unpack_texts(chunk)

    monkeypatch.setattr(spans, "unpack_texts", noted)
    stores = open_sqlite(tmp_path)
    _receive(stores, 1)
    settle(stores)
    with stores.traces.expecting(), stores.traces.expecting():
        _receive(stores, *range(2, 30))
        assert found(stores, 'text = "word7"') == ["tr-7"]
        assert len(read) == 1, "of the chunks that wait only the one with the word is read"
        assert found(stores, 'text = "xanthippecore"') == []
        assert found(stores, 'text = "word7" AND text = "word8"') == []
        assert found(stores, 'text = "Word1"') == ["tr-1"]
        assert _indexed(tmp_path) == [1]
    settle(stores)
    assert _indexed(tmp_path) == list(range(1, 30))
    stores.close()


def test_the_index_catches_up_in_spite_of_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_BEHIND_S", 0.1)
    monkeypatch.setattr(text, "_PROCESSORS", 1)
    stores = open_sqlite(tmp_path)
    with stores.traces.expecting():
        _receive(stores, 1, 2, 3)
        settle(stores)
        assert _indexed(tmp_path) == [1, 2, 3]
    stores.close()


def test_a_crowd_of_texts_is_indexed_in_spite_of_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_BEHIND_S", 3_600.0)
    monkeypatch.setattr(text, "_PROCESSORS", 1)
    monkeypatch.setattr(fresh_texts, "MANY", 5)
    stores = open_sqlite(tmp_path)
    _receive(stores, 1)
    settle(stores)
    with stores.traces.expecting():
        _receive(stores, *range(2, 9))
        _wait_until(lambda: len(_indexed(tmp_path)) == 8)
    stores.close()


def test_a_lost_index_is_made_again_and_missed_by_no_search(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path)
    _write(stores, 1, 2)
    settle(stores)
    stores.close()
    for name in TEXT_FILES:
        (tmp_path / name).unlink(missing_ok=True)
    stores = open_sqlite(tmp_path)
    assert found(stores, 'text = "word1"') == ["tr-1"]
    settle(stores)
    assert found(stores, 'text = "word2"') == ["tr-2"]
    stores.close()
    assert _indexed(tmp_path) == [1, 2]


def test_a_damaged_index_is_told_with_what_to_do(tmp_path: Path) -> None:
    open_sqlite(tmp_path).close()
    (tmp_path / TEXT_FILE).write_bytes(b"not a database" * 1_000)
    with pytest.raises(Unavailable, match="delete the file") as caught:
        open_sqlite(tmp_path)
    assert caught.value.error_code == "text_index_damaged"
    (tmp_path / TEXT_FILE).unlink()
    open_sqlite(tmp_path).close()


def test_a_check_tells_a_torn_index_from_a_damaged_database(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path)
    _write(stores, *range(1, 30))
    settle(stores)
    stores.close()
    index = connect_text(tmp_path)
    index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index.close()
    file = tmp_path / TEXT_FILE
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 3] + b"\xa5" * (len(content) - len(content) // 3))
    faults = check_database(tmp_path)
    assert faults
    assert all("the full-text index is damaged" in fault and TEXT_FILE in fault for fault in faults)
    for name in TEXT_FILES:
        (tmp_path / name).unlink(missing_ok=True)
    stores = open_sqlite(tmp_path)
    settle(stores)
    assert found(stores, 'text = "word7"') == ["tr-7"]
    stores.close()
    assert check_database(tmp_path) == []


def test_an_index_that_is_behind_is_missed_by_no_search(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path)
    _write(stores, 1, 2)
    settle(stores)
    stores.close()
    index = connect_text(tmp_path)  # as after a crash before its last group was on the disk
    index.execute("DELETE FROM texts WHERE rowid = 2")
    index.execute("UPDATE progress SET indexed = 1")
    index.close()
    stores = open_sqlite(tmp_path)
    assert found(stores, 'text = "word2"') == ["tr-2"]
    settle(stores)
    stores.close()
    assert check_database(tmp_path) == []


def test_text_is_wanted_by_the_process_that_fills_the_index_alone(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path)
    _wait_until(lambda: stores.traces.wants_text)
    others = open_sqlite(tmp_path)
    assert not others.traces.wants_text
    _receive(stores, 1)
    _write(others, 2)
    assert found(others, 'text = "word1"') == found(stores, 'text = "word1"') == ["tr-1"]
    assert found(others, 'text = "word2"') == found(stores, 'text = "word2"') == ["tr-2"]
    stores.close()
    _wait_until(lambda: others.traces.wants_text)
    others.close()


def test_a_backup_has_the_index_without_what_was_deleted(tmp_path: Path) -> None:
    stores = open_sqlite(tmp_path / "store")
    _write(stores, 1, 2, 3)
    settle(stores)
    _delete(stores, 2)
    stores.admin.backup(str(tmp_path / "copy"))
    stores.close()
    assert _indexed(tmp_path / "copy") == [1, 3]
    copy = open_sqlite(tmp_path / "copy")
    assert found(copy, 'text = "word3"') == ["tr-3"]
    assert copy.admin.check() == []
    copy.close()


def test_a_store_from_before_keeps_its_chunks_and_fills_the_index_anew(tmp_path: Path) -> None:
    known = known_migrations()
    before = tmp_path / "before"
    before.mkdir()
    for step in known[: next(index for index, step in enumerate(known) if step.name == TEXT_MIGRATION)]:
        (before / f"{step.number:04}_{step.name}.sql").write_text(step.sql, encoding="utf-8")
    directory = tmp_path / "store"
    stores = open_sqlite(directory, migrations=before)
    _write(stores, 1, 2)
    stores.close()
    db = connection.connect(directory, readonly=False)
    db.execute("INSERT INTO texts (rowid, x) VALUES (1, 'word1'), (2, 'word2')")
    db.execute("INSERT INTO meta VALUES ('text_indexed', 7)")
    db.close()
    for name in TEXT_FILES:
        (directory / name).unlink(missing_ok=True)
    migrate_sqlite(directory)
    stores = open_sqlite(directory)
    assert found(stores, 'text = "word1"') == ["tr-1"]
    _write(stores, 3)
    settle(stores)
    assert found(stores, 'text = "word3"') == ["tr-3"]
    stores.close()
    assert _indexed(directory) == [1, 2, 8]
    assert check_database(directory) == []
