"""The directory blob store beyond its contract: confinement against every trick, and faults."""

import io
import os
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from lodeline.domain.blob import experiment_folder, trace_folder
from lodeline.domain.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.storage.blobs import DirectoryBlobStore

ESCAPES = [
    "", ".", "..", "/", "//", "/etc/passwd", "//server/share/x", "../x", "a/../x", "a/../../x", "a/..", "./a", "a/.",
    "a//b", "a/", "a/./b", "\\x", "a\\..\\x", "..\\x", "C:/x", "C:\\x", "c:x", "\\\\?\\C:\\x", "a\x00b", "a\nb",
    "a\x7f", "a\ud800", "con", "CON", "a/nul.txt", "aux.tar.gz", "com1", "LPT9.x", "a.", "a ", "a./b", "a /b",
    "file:stream", "a*", "a?", "a|b", "a<b", 'a"b', "x" * 256, "x/" * 500 + "x", "a/..\x00/x",
]  # fmt: skip
HARMLESS = [
    "%2e%2e/x", "%2e%2e%2fx", "...a", "..a", "a..b", "~root", "~", "$HOME", "-rf", ".tmp", "incoming/x",
    "ü/ß/漢", "‥",
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> DirectoryBlobStore:
    (tmp_path / "secret").write_bytes(b"outside")
    return DirectoryBlobStore(tmp_path / "root")


def put(store: DirectoryBlobStore, path: str, data: bytes = b"data") -> None:
    store.put(path, io.BytesIO(data), max_bytes=1_000_000)


def tree(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("path", ESCAPES)
def test_a_path_that_is_not_canonical_and_relative_is_refused(
    store: DirectoryBlobStore, tmp_path: Path, path: str
) -> None:
    before = tree(tmp_path)
    with pytest.raises(Invalid):
        put(store, path)
    with pytest.raises(Invalid):
        store.open(path)
    with pytest.raises(Invalid):
        store.delete(path)
    if path:
        with pytest.raises(Invalid):
            store.list(path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("path", HARMLESS)
def test_a_path_that_only_looks_dangerous_stays_inside(store: DirectoryBlobStore, tmp_path: Path, path: str) -> None:
    put(store, path)
    assert [info.path for info in store.list("")] == [path]
    assert tree(tmp_path) == {"secret", f"root/files/{path}"}


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege on Windows")
@pytest.mark.parametrize("link_to", ["..", "../../secret", "/", "inside"])
def test_a_link_is_never_followed(store: DirectoryBlobStore, tmp_path: Path, link_to: str) -> None:
    files = tmp_path / "root" / "files"
    (files / "inside").mkdir()
    (files / "inside" / "kept").write_bytes(b"kept")
    (files / "link").symlink_to(link_to)
    before = tree(tmp_path)
    for path in ("link", "link/secret", "link/kept", "link/new"):
        with pytest.raises(Invalid, match="link"):
            put(store, path)
        with pytest.raises(Invalid, match="link"):
            store.open(path)
        with pytest.raises(Invalid, match="link"):
            store.delete(path)
        with pytest.raises(Invalid, match="link"):
            store.list(path)
    assert [info.path for info in store.list("")] == ["inside/kept"]
    assert tree(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege on Windows")
def test_deleting_a_folder_removes_links_in_it_but_not_what_they_point_to(
    store: DirectoryBlobStore, tmp_path: Path
) -> None:
    put(store, "a/b")
    (tmp_path / "root" / "files" / "a" / "out").symlink_to(tmp_path)
    assert store.delete("a") == (1, 4)
    assert (tmp_path / "secret").read_bytes() == b"outside"


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege on Windows")
def test_the_root_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    store = DirectoryBlobStore(tmp_path / "alias")
    put(store, "a/b")
    with store.open("a/b") as stream:
        assert stream.read() == b"data"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_not_found_and_does_not_block(store: DirectoryBlobStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "root" / "files" / "pipe")
    (tmp_path / "root" / "files" / "folder").mkdir()
    for path in ("pipe", "folder", "absent", "absent/too"):
        with pytest.raises(NotFound):
            store.open(path)
    assert store.list("") == []


def test_a_blob_and_a_folder_cannot_have_one_name(store: DirectoryBlobStore) -> None:
    put(store, "a")
    put(store, "b/c")
    with pytest.raises(Conflict):
        put(store, "a/x")
    with pytest.raises(Conflict):
        put(store, "b")
    with pytest.raises(NotFound):
        store.open("a/x")
    assert store.delete("a/x") == (0, 0)
    assert [info.path for info in store.list("")] == ["a", "b/c"]


def test_a_segment_over_the_file_systems_bytes_is_invalid(store: DirectoryBlobStore) -> None:
    try:
        put(store, "漢" * 200)
    except Invalid as error:
        refused = error.message
    else:
        pytest.skip("this file system names files by characters, not bytes")
    assert "255 bytes" in refused
    with pytest.raises((Invalid, NotFound)):
        store.open("漢" * 200)
    with pytest.raises(Invalid):
        store.delete("漢" * 200)


class Failing(io.RawIOBase):
    """A stream that breaks after its first block."""

    def __init__(self) -> None:
        self.blocks = [b"first"]

    def read(self, size: int = -1, /) -> bytes:
        if self.blocks:
            return self.blocks.pop()
        raise ConnectionResetError("gone")


class Full(io.BytesIO):
    """Stands for a disk that has no space left: the error that the operating system gives then."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(28, "No space left on device")


def test_a_broken_stream_leaves_nothing_behind(store: DirectoryBlobStore, tmp_path: Path) -> None:
    put(store, "a", b"old")
    broken: BinaryIO = Failing()  # type: ignore[assignment]
    with pytest.raises(Unavailable, match="gone"):
        store.put("a", broken, max_bytes=100)
    with store.open("a") as stream:
        assert stream.read() == b"old"
    assert tree(tmp_path) == {"secret", "root/files/a"}


def test_a_full_disk_is_unavailable_with_its_own_code(store: DirectoryBlobStore, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        store.put("a", Full(), max_bytes=100)
    assert caught.value.error_code == "disk_full"
    assert caught.value.retry_after_s == 30
    assert tree(tmp_path) == {"secret"}


def test_an_endless_stream_is_stopped_at_the_bound(store: DirectoryBlobStore, tmp_path: Path) -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1, /) -> bytes:
            block = b"x" * (65_536 if size is None or size < 0 else min(size, 65_536))
            self.given += len(block)
            return block

    endless = Endless()
    with pytest.raises(TooLarge):
        store.put("a", endless, max_bytes=200_000)
    assert endless.given < 2_000_000
    assert tree(tmp_path) == {"secret"}


def test_half_written_files_of_a_crash_are_forgotten_after_a_day(tmp_path: Path) -> None:
    DirectoryBlobStore(tmp_path)
    old, fresh = tmp_path / "incoming" / "old", tmp_path / "incoming" / "fresh"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (0, 0))
    DirectoryBlobStore(tmp_path)
    assert fresh.exists()
    assert not old.exists()


def test_many_writers_readers_and_deleters_of_one_folder_see_whole_blobs_only(store: DirectoryBlobStore) -> None:
    faults: list[str] = []
    bodies = {bytes([i]) * 50_000 for i in range(4)}

    def work(body: bytes) -> None:
        try:
            for _ in range(30):
                put(store, "a/b/c", body)
                try:
                    with store.open("a/b/c") as stream:
                        if stream.read() not in bodies:
                            faults.append("a torn blob")
                except NotFound:
                    pass
                store.delete("a")
        except Exception as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=work, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_trace_folders_differ_where_ids_differ_also_without_letter_case() -> None:
    ids = ["tr-1", "TR-1", "a:b", "a.b", "a.", "con", "x-61", "a", "A", "t-a"]
    folders = [trace_folder(ExperimentId("5"), TraceId(i)).casefold() for i in ids]
    assert len(set(folders)) == len(ids)
    assert all(folder.startswith(f"{experiment_folder(ExperimentId('5'))}/traces/") for folder in folders)


@pytest.mark.parametrize("trace_id", ["tr-1", "a:b", "a.", "con", "..", "A" * 50, "nul.x", ":" * 50])
def test_every_trace_id_gives_a_usable_folder(store: DirectoryBlobStore, trace_id: str) -> None:
    path = f"{trace_folder(ExperimentId('0'), TraceId(trace_id))}/image.png"
    put(store, path)
    assert [info.path for info in store.list("experiments/0")] == [path]
