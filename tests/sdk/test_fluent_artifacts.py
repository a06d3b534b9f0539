"""Files of runs and models from a program: against the real application."""

import asyncio
import json
import math
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

import lodeline
from lodeline.domain.artifact import Artifact
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.model import ModelDraft
from lodeline.local import LocalClient, connect
from lodeline.sdk import default_client
from lodeline.sdk.client.clients import AsyncLodelineClient, LodelineClient
from tests.e2e.harness import serving


@pytest.fixture
def local() -> Generator[LocalClient]:
    """A store of the test's own, which the fluent functions use."""
    with connect("memory:") as client:
        default_client.set_default_client(client)
        yield client
        default_client.set_default_client(None)


def test_bytes_texts_files_and_documents_are_stored_as_they_are(local: LocalClient, tmp_path: Path) -> None:
    run_id = local.runs.create("files").run_id
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(range(256)) * 5_000)
    stored: dict[str, tuple[lodeline.sdk.fluent_artifacts.Data, bytes]] = {
        "a/b c.bin": (b"\x00\xff", b"\x00\xff"),
        "text ü.txt": ("grün", "grün".encode()),
        "large.bin": (file, file.read_bytes()),
    }
    for path, (data, content) in stored.items():
        made = lodeline.log_artifact(path, data, run_id=run_id)
        assert made == Artifact(path.rpartition("/")[2], len(content))
        assert lodeline.get_artifact(path, run_id=run_id) == content
    lodeline.log_artifact("table.json", [{"q": "grün", "n": 1}], run_id=run_id)
    assert json.loads(lodeline.get_artifact("table.json", run_id=run_id)) == [{"q": "grün", "n": 1}]
    lodeline.log_artifact("table.json", {"other": True}, run_id=run_id)
    assert json.loads(lodeline.get_artifact("table.json", run_id=run_id)) == {"other": True}
    names = [item.name for item in lodeline.list_artifacts(run_id=run_id)]
    assert names == ["a", "large.bin", "table.json", "text ü.txt"]


def test_a_folder_goes_there_and_comes_back(local: LocalClient, tmp_path: Path) -> None:
    model_id = local.models.create(ModelDraft("bot")).model_id
    files = {".a.txt.part": b"p", "a.txt": b"a", "deep/er/b.txt": b"b", "deep/c.txt": b""}
    for path, content in files.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_bytes(content)
    assert lodeline.log_artifacts(tmp_path / "out", model_id=model_id) == sorted(files)
    assert lodeline.log_artifacts(tmp_path / "out" / "deep", "again/", model_id=model_id) == [
        "again/c.txt", "again/er/b.txt",
    ]  # fmt: skip
    saved = lodeline.download_artifacts(tmp_path / "all", model_id=model_id)
    assert {path.relative_to(tmp_path / "all").as_posix(): path.read_bytes() for path in saved} == {
        **files, "again/c.txt": b"", "again/er/b.txt": b"b",
    }  # fmt: skip
    (tmp_path / "one/deep/er").mkdir(parents=True)
    (tmp_path / "one/deep/er/b.txt").write_bytes(b"older")
    for path in ("deep/er/b.txt", "deep/er"):
        assert lodeline.download_artifacts(tmp_path / "one", path, model_id=model_id) == [
            tmp_path / "one/deep/er/b.txt"
        ]
    assert [file.name for file in (tmp_path / "one").rglob("*") if file.is_file()] == ["b.txt"]
    assert (tmp_path / "one/deep/er/b.txt").read_bytes() == b"b"


def test_the_run_is_that_of_the_trace_context(local: LocalClient) -> None:
    run_id = local.runs.create("around").run_id
    with lodeline.trace_context(run_id=run_id):
        lodeline.log_artifact("notes.txt", "here")
        assert lodeline.get_artifact("notes.txt") == b"here"
    for function in (lodeline.list_artifacts, lambda: lodeline.log_artifact("a", "b")):
        with pytest.raises(Invalid, match="give run_id or model_id"):
            function()
    with pytest.raises(Invalid, match="either run_id or model_id"):
        lodeline.list_artifacts(run_id=run_id, model_id="m-1")


def test_what_cannot_be_stored_or_saved_is_said(local: LocalClient, tmp_path: Path) -> None:
    run_id = local.runs.create("files").run_id
    for data, said in (({"n": math.nan}, "JSON"), ([object()], "JSON")):
        with pytest.raises(Invalid, match=said):
            lodeline.log_artifact("a.json", data, run_id=run_id)
    for path in ("../up", "a\\b", "", "con"):
        with pytest.raises(Invalid, match="path"):
            lodeline.log_artifact(path, "x", run_id=run_id)
    with pytest.raises(NotFound, match="no such file"):
        lodeline.log_artifact("a", tmp_path / "absent", run_id=run_id)
    with pytest.raises(NotFound, match="log_artifacts takes folders"):
        lodeline.log_artifact("a", tmp_path, run_id=run_id)
    with pytest.raises(NotFound, match="no such folder"):
        lodeline.log_artifacts(tmp_path / "absent", run_id=run_id)
    with pytest.raises(NotFound, match="run"):
        lodeline.log_artifact("a", "x", run_id="none")
    with pytest.raises(NotFound, match="artifact"):
        lodeline.download_artifacts(tmp_path / "to", "absent", run_id=run_id)
    assert list(tmp_path.rglob("*")) == []
    assert lodeline.list_artifacts(run_id=run_id) == []


def test_a_file_over_the_bound_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    with file.open("wb") as stream:
        stream.truncate(3 * 2**20)
    small = {"LODELINE_MAX_ATTACHMENT_BYTES": str(2**20)}
    with serving(tmp_path / "store", env=small) as server, server.client() as client:
        run_id = client.runs.create("files").run_id
        with pytest.raises(TooLarge, match="1048576"):
            client.artifacts.put(run_id, "large.bin", file)
        assert client.artifacts.list(run_id) == ()


@pytest.mark.parametrize("name", ["..", "a/../../b", "/etc", "c:d", ""])
def test_names_that_lead_elsewhere_are_not_saved(name: str, tmp_path: Path) -> None:
    """A server that answers with them is no Lodeline, or an attacker's."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/content"):
            return httpx.Response(200, content=b"bad")
        return httpx.Response(200, json=[{"name": name, "size_bytes": 3}])

    with LodelineClient("http://127.0.0.1:1", transport=httpx.MockTransport(answer)) as client:
        default_client.set_default_client(client)
        try:
            with pytest.raises(Invalid, match="path"):
                lodeline.download_artifacts(tmp_path / "to", run_id="r")
        finally:
            default_client.set_default_client(None)
    assert list(tmp_path.iterdir()) == []


def test_files_cross_a_real_connection_in_parts(tmp_path: Path) -> None:
    """Of both clients, larger than what either holds at a time, and than what other bodies may have."""
    file = tmp_path / "large.bin"
    file.write_bytes(b"0123456789abcdef" * (2**20 + 1))

    async def awaited(url: str, run_id: str) -> bytes:
        async with AsyncLodelineClient(url) as client:
            await client.artifacts.put(run_id, "awaited.bin", file)
            async with client.artifacts.download(run_id, "awaited.bin") as parts:
                return b"".join([part async for part in parts])

    with serving(tmp_path / "store") as server, server.client() as client:
        run_id = client.runs.create("files").run_id
        assert client.artifacts.put(run_id, "sent.bin", file).size_bytes == 2**24 + 16
        with client.artifacts.download(run_id, "sent.bin") as parts:
            assert b"".join(parts) == file.read_bytes()
        assert asyncio.run(awaited(server.url, run_id)) == file.read_bytes()
        client.artifacts.delete(run_id, "sent.bin")
        assert [item.name for item in client.artifacts.list(run_id)] == ["awaited.bin"]
