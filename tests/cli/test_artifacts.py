"""Files of runs and models on the command line."""

from pathlib import Path

import pytest

import lodeline as sdk
from lodeline.domain.model import ModelDraft
from tests.cli.conftest import Lodeline


@pytest.mark.parametrize("group", ["runs", "models"])
def test_files_are_sent_listed_saved_and_deleted(
    group: str, lodeline: Lodeline, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with sdk.connect(store) as client:
        client.runs.create("one")
        client.models.create(ModelDraft("one"))
    (tmp_path / "out/deep").mkdir(parents=True)
    (tmp_path / "out/a.txt").write_bytes(b"a")
    (tmp_path / "out/deep/b.txt").write_bytes(b"bb")
    sent = lodeline(group, "upload", "one", "out", store=store).out
    assert sent.splitlines() == [
        "Sent out/a.txt (1 bytes) to out/a.txt.",
        "Sent out/deep/b.txt (2 bytes) to out/deep/b.txt.",
    ]
    lodeline(group, "upload", "one", "out/a.txt", store=store)
    lodeline(group, "upload", "one", "out/a.txt", "texts/", store=store)
    document = lodeline(group, "upload", "one", "out/a.txt", "texts/z.txt", "--json", store=store).document()
    assert document == {"path": "texts/z.txt", "size_bytes": 1}
    listed = lodeline(group, "artifacts", "one", "--json", store=store).lines()
    assert [item["name"] for item in listed] == ["a.txt", "out", "texts"]
    listed = lodeline(group, "artifacts", "one", "texts", "--json", store=store).lines()
    assert [item["name"] for item in listed] == ["a.txt", "z.txt"]
    assert lodeline(group, "download", "one", "out/deep/b.txt", store=store).out.endswith("to b.txt.\n")
    assert (tmp_path / "b.txt").read_bytes() == b"bb"
    assert lodeline(group, "delete-artifact", "one", "out", "--yes", store=store).out == "Deleted out.\n"
    lodeline(group, "download", "one", "out/deep/b.txt", "again.txt", store=store, code=1)
    assert not (tmp_path / "again.txt").exists()


def test_what_is_not_there_is_said(lodeline: Lodeline, store: Path) -> None:
    with sdk.connect(store) as client:
        client.runs.create("one")
    assert "there is no such file" in lodeline("runs", "upload", "one", "absent.txt", store=store, code=1).err
    assert "not found" in lodeline("runs", "upload", "none", "absent.txt", store=store, code=1).err
    refused = lodeline("runs", "delete-artifact", "one", "x", "--yes", store=store, code=1).err
    assert "artifact 'x' does not exist; list its folder for what there is." in refused
