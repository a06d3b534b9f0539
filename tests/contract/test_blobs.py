"""Contract of `BlobStore`."""

import io

import pytest

from lodeline.domain.blob import BlobInfo
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.storage.base import Stores


def put(stores: Stores, path: str, data: bytes = b"data", *, max_bytes: int = 1_000) -> BlobInfo:
    return stores.blobs.put(path, io.BytesIO(data), max_bytes=max_bytes)


def read(stores: Stores, path: str) -> bytes:
    with stores.blobs.open(path) as stream:
        return stream.read()


def paths(stores: Stores, prefix: str = "") -> list[str]:
    return [info.path for info in stores.blobs.list(prefix)]


@pytest.mark.parametrize("data", [b"", b"\x00\xff\n", b"x" * 3_000_000])
def test_what_is_put_is_read_back(stores: Stores, data: bytes) -> None:
    info = put(stores, "traces/tr-1/image.png", data, max_bytes=3_000_000)
    assert (info.path, info.size_bytes) == ("traces/tr-1/image.png", len(data))
    assert read(stores, "traces/tr-1/image.png") == data
    assert stores.blobs.list("") == [info]


def test_put_replaces(stores: Stores) -> None:
    put(stores, "a", b"old")
    put(stores, "a", b"newer")
    assert read(stores, "a") == b"newer"
    assert paths(stores) == ["a"]


def test_over_the_limit_is_too_large_and_leaves_what_was_there(stores: Stores) -> None:
    assert put(stores, "a", b"12345", max_bytes=5).size_bytes == 5
    with pytest.raises(TooLarge):
        put(stores, "a", b"123456", max_bytes=5)
    with pytest.raises(TooLarge):
        put(stores, "b", b"1", max_bytes=0)
    assert read(stores, "a") == b"12345"
    assert paths(stores) == ["a"]


def test_an_open_stream_reads_what_was_there_when_it_was_opened(stores: Stores) -> None:
    put(stores, "a", b"first")
    with stores.blobs.open("a") as stream:
        put(stores, "a", b"second")
        assert stream.read() == b"first"


def test_what_is_not_there_is_not_found(stores: Stores) -> None:
    put(stores, "folder/a")
    for path in ("b", "folder", "folder/a/b", "folder/A2"):
        with pytest.raises(NotFound):
            stores.blobs.open(path)


def test_a_list_is_of_one_folder_by_path(stores: Stores) -> None:
    for path in ("b/2", "a", "b/1/x", "b/10", "bb/1", "c"):
        put(stores, path)
    assert paths(stores) == ["a", "b/1/x", "b/10", "b/2", "bb/1", "c"]
    assert paths(stores, "b") == ["b/1/x", "b/10", "b/2"]
    assert paths(stores, "b/1") == ["b/1/x"]
    assert paths(stores, "a") == []
    assert paths(stores, "none") == []


def test_delete_removes_a_blob_or_a_folder_and_counts(stores: Stores) -> None:
    for path in ("a", "b/1", "b/2/x", "bb"):
        put(stores, path, b"12345")
    assert stores.blobs.delete("a") == (1, 5)
    assert stores.blobs.delete("b") == (2, 10)
    assert stores.blobs.delete("b") == (0, 0)
    assert stores.blobs.delete("none/of/this") == (0, 0)
    assert paths(stores) == ["bb"]


def test_a_name_is_free_again_after_deletion(stores: Stores) -> None:
    put(stores, "a/b")
    stores.blobs.delete("a/b")
    put(stores, "a")
    assert paths(stores) == ["a"]


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "C:\\x", "a\\b", "a\x00", "nul", "a."]
)
def test_a_path_outside_the_root_is_invalid(stores: Stores, path: str) -> None:
    with pytest.raises(Invalid):
        put(stores, path)
    with pytest.raises(Invalid):
        stores.blobs.open(path)
    with pytest.raises(Invalid):
        stores.blobs.delete(path)
