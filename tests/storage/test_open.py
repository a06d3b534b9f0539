"""URL → stores."""

from pathlib import Path

import pytest

from lodeline.domain.errors import Conflict, Invalid, LodelineError, NotFound
from lodeline.storage.open import open_stores


def test_memory_is_a_fresh_store_each_time() -> None:
    first, second = open_stores("memory:"), open_stores("MEMORY:")
    assert first.capabilities.backend == "memory"
    assert first.blobs is not second.blobs
    first.close()
    second.close()


@pytest.mark.parametrize("prefix", ["", "sqlite:", "SQLite:"])
def test_a_directory_is_a_sqlite_store_and_is_made(tmp_path: Path, prefix: str) -> None:
    stores = open_stores(f"{prefix}{tmp_path / 'new' / 'store'}")
    assert stores.capabilities.backend == "sqlite"
    stores.close()
    again = open_stores(str(tmp_path / "new" / "store"), create=False)
    again.close()


@pytest.mark.parametrize(
    "url",
    ["postgres://host/db", "clickhouse:x", "http://x", "memory:x", "sqlite:", "", "  ", "sqlite:a\x00b", "a\x00b"],
)
def test_an_unknown_url_is_invalid_and_names_the_known_ones(url: str) -> None:
    with pytest.raises(Invalid, match="memory:"):
        open_stores(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "HTTPS://traces.example"])
def test_the_address_of_a_server_is_no_store_and_says_what_takes_it(url: str) -> None:
    with pytest.raises(
        Invalid, match=r"the address of a server; .* lodeline\.LodelineClient\(URL\); .* --server URL"
    ):
        open_stores(url)


def test_a_missing_store_is_not_found_when_it_may_not_be_made(tmp_path: Path) -> None:
    for url in (tmp_path / "absent", tmp_path):
        with pytest.raises(NotFound):
            open_stores(str(url), create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_or_a_foreign_directory_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.tex").write_text("x")
    for name in ("file", "foreign"):
        with pytest.raises((Invalid, Conflict)):
            open_stores(str(tmp_path / name))
    assert [p.name for p in (tmp_path / "foreign").iterdir()] == ["thesis.tex"]


def test_a_windows_drive_is_a_path_and_no_scheme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LodelineError) as caught:
        open_stores("C:\\absent\\store", create=False)
    assert isinstance(caught.value, NotFound)
