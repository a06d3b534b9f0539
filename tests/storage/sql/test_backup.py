import errno
import io
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lodeline.domain.blob import trace_folder
from lodeline.domain.errors import Conflict, Unavailable
from lodeline.domain.ids import DEFAULT_EXPERIMENT, TraceId
from lodeline.storage.base import Stores
from lodeline.storage.sql import backup, open_sqlite
from lodeline.storage.sql.lock import DirectoryLock
from tests.contract.build import T0_MS, audit, found, judgment, span, write


def fill(stores: Stores, count: int = 20) -> None:
    stores.traces.write([write(f"tr-{i}", span(attributes={"text": f"hello {i}"})) for i in range(count)])
    stores.assessments.log(DEFAULT_EXPERIMENT, judgment("tr-1"), by="a", now_ms=T0_MS, audit=audit())
    path = trace_folder(DEFAULT_EXPERIMENT, TraceId("tr-1")) + "/a.txt"
    stores.blobs.put(path, io.BytesIO(b"attached"), max_bytes=100)


def test_a_backup_opens_as_a_store_with_the_same_content(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    fill(stores)
    (tmp_path / "store" / "secret.key").write_bytes(b"pepper")
    copied = stores.admin.backup(str(tmp_path / "deep" / "copy"))
    stores.traces.write([write("tr-later", span())])
    copy = open_sqlite(tmp_path / "deep" / "copy", create=False)
    assert found(copy) == [trace for trace in found(stores) if trace != "tr-later"]
    assert found(copy, "text ~ 'hello 7'") == ["tr-7"]
    assert copy.assessments.of_traces([TraceId("tr-1")]) == stores.assessments.of_traces([TraceId("tr-1")])
    path = trace_folder(DEFAULT_EXPERIMENT, TraceId("tr-1")) + "/a.txt"
    assert [info.path for info in copy.blobs.list("")] == [path]
    with copy.blobs.open(path) as data:
        assert data.read() == b"attached"
    assert (tmp_path / "deep" / "copy" / "secret.key").read_bytes() == b"pepper"
    assert (copied.blobs, copied.blob_bytes) == (1, 8)
    assert copy.admin.check() == []
    copy.close()
    stores.close()


def test_a_backup_is_one_moment_while_others_write(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    stop = threading.Event()
    failed: list[BaseException] = []

    def ingest() -> None:
        number = 0
        try:
            while not stop.is_set():
                stores.traces.write([write(f"tr-{number}-{side}", span()) for side in "ab"])
                number += 1
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=ingest)
    thread.start()
    try:
        for number in range(3):
            stores.admin.backup(str(tmp_path / f"copy{number}"))
    finally:
        stop.set()
        thread.join()
    assert failed == []
    for number in range(3):
        copy = open_sqlite(tmp_path / f"copy{number}")
        traces, _ = copy.traces.size(DEFAULT_EXPERIMENT)
        assert traces % 2 == 0
        assert copy.admin.check() == []
        copy.close()
    stores.close()


def test_an_existing_target_is_a_conflict_and_stays_as_it_is(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    (tmp_path / "copy").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("copy", "link", "store"):
        with pytest.raises(Conflict, match="exists already"):
            stores.admin.backup(str(tmp_path / name))
    assert list((tmp_path / "copy").iterdir()) == []
    stores.close()


def test_a_copy_inside_the_store_is_refused(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    (tmp_path / "link").symlink_to(tmp_path / "store")
    before = set((tmp_path / "store").iterdir())
    for name in ("store/copy", "store/a/copy", "store/../store/copy", "link/copy"):
        with pytest.raises(Conflict, match="is inside the store"):
            stores.admin.backup(str(tmp_path / name))
    assert set((tmp_path / "store").iterdir()) == before
    stores.admin.backup(str(tmp_path / "store-copy"))
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Unavailable, match="backup into"):
        stores.admin.backup(str(tmp_path / "loop" / "copy"))
    stores.close()


def test_a_copy_that_does_not_pass_its_check_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stores = open_sqlite(tmp_path / "store")
    copied = backup.check_database

    def after_damage(directory: Path) -> list[str]:
        with (directory / "lodeline.db").open("rb+") as file:
            file.seek(3 * 8192)
            file.write(b"\xff" * 8192)
        return copied(directory)

    monkeypatch.setattr(backup, "check_database", after_damage)
    with pytest.raises(Unavailable, match="backup"):
        stores.admin.backup(str(tmp_path / "copy"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]
    stores.close()


def test_an_unwritable_place_is_unavailable(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(Unavailable, match="failed"):
        stores.admin.backup(str(tmp_path / "file" / "copy"))
    stores.close()


CHILD = """
import sys
from pathlib import Path
from lodeline.storage.sql import open_sqlite
stores = open_sqlite(Path(sys.argv[1]))
print("begin", flush=True)
stores.admin.backup(sys.argv[2])
print("end", flush=True)
stores.close()
"""


def test_a_killed_backup_is_not_there_or_complete(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    noise = "".join(chr(33 + i * 7919 % 90) for i in range(2_000))
    for start in range(0, 2_000, 500):
        stores.traces.write([write(f"tr-{i}", span(name=f"{i}{noise}")) for i in range(start, start + 500)])
    fill(stores)
    stores.close()
    target = tmp_path / "copy"
    killed = 0
    for attempt in range(16):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "store"), str(target)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "begin\n"
        # Longer and longer, so that few children are started also where each of them takes seconds.
        time.sleep(0.02 * (1.5**attempt - 1))
        child.kill()
        child.wait()
        ended = child.stdout.read() == "end\n"
        child.stdout.close()
        if not target.exists():
            assert not ended
            killed += 1
            continue
        copy = open_sqlite(target)
        assert copy.admin.check() == []
        assert copy.traces.size(DEFAULT_EXPERIMENT)[0] == 2_000
        copy.close()
        shutil.rmtree(target)
        if ended:
            break
    assert killed >= 3
    stores = open_sqlite(tmp_path / "store")
    stores.admin.backup(str(target))
    stores.close()
    assert not list(tmp_path.glob(".copy.partial-*"))  # what the killed ones left


def test_a_backup_under_way_is_left_alone_by_another(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    running, dead = tmp_path / ".copy.partial-1", tmp_path / ".copy.partial-2"
    for folder in (running, dead):
        folder.mkdir()
        (folder / "lodeline.db").write_bytes(b"x")
    lock = DirectoryLock(running, exclusive=True)
    stores.admin.backup(str(tmp_path / "copy"))
    lock.release()
    assert (running.exists(), dead.exists()) == (True, False)
    stores.close()


def test_blobs_are_copied_without_their_bytes_where_the_file_system_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stores = open_sqlite(tmp_path / "store")
    stores.blobs.put("a/b", io.BytesIO(b"first"), max_bytes=10)
    (original,) = (path for path in (tmp_path / "store").rglob("b") if path.is_file())
    stores.admin.backup(str(tmp_path / "linked"))
    assert next((tmp_path / "linked").rglob("b")).samefile(original)
    monkeypatch.setattr(os, "link", _no_links)
    stores.admin.backup(str(tmp_path / "copied"))
    assert not next((tmp_path / "copied").rglob("b")).samefile(original)
    stores.blobs.put("a/b", io.BytesIO(b"second"), max_bytes=10)
    stores.close()
    for name in ("linked", "copied"):
        copy = open_sqlite(tmp_path / name)
        with copy.blobs.open("a/b") as blob:
            assert blob.read() == b"first"
        copy.close()


def _no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, "another file system")
