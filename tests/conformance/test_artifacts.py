"""Artifacts through the proxy."""

import os
from pathlib import Path

import mlflow
import mlflow.artifacts
import pytest
import requests
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository


@pytest.fixture
def run(experiment: str, tmp_path: Path) -> mlflow.ActiveRun:
    """Give a run with artifacts."""
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "x.bin").write_bytes(bytes(range(256)) * 8_000)
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/a b.txt")
        mlflow.log_dict({"a": 1}, "d.json")
        mlflow.log_artifacts(str(tmp_path / "dir"), "deep/er")
    return run


def test_list_tells_files_and_folders(client: MlflowClient, run: mlflow.ActiveRun) -> None:
    top = [(item.path, item.is_dir) for item in client.list_artifacts(run.info.run_id)]
    assert sorted(top) == [("d.json", False), ("deep", True), ("notes", True)]
    [note] = client.list_artifacts(run.info.run_id, "notes")
    assert (note.path, note.is_dir, note.file_size) == ("notes/a b.txt", False, 5)
    assert client.list_artifacts(run.info.run_id, "d.json") == []
    assert client.list_artifacts(run.info.run_id, "missing") == []


def test_bytes_come_back(run: mlflow.ActiveRun) -> None:
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/a b.txt") == "hello"
    folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="deep")
    assert (Path(folder) / "er" / "x.bin").read_bytes() == bytes(range(256)) * 8_000


def test_writing_again_replaces(run: mlflow.ActiveRun) -> None:
    mlflow.MlflowClient().log_text(run.info.run_id, "changed", "notes/a b.txt")
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/a b.txt") == "changed"


def test_delete(client: MlflowClient, run: mlflow.ActiveRun) -> None:
    get_artifact_repository(run.info.artifact_uri).delete_artifacts("deep")
    assert sorted(item.path for item in client.list_artifacts(run.info.run_id)) == ["d.json", "notes"]


def test_a_table_grows(experiment: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_table({"question": ["a"]}, "table.json")
        mlflow.log_table({"question": ["b"]}, "table.json")
    assert list(mlflow.load_table("table.json", run_ids=[run.info.run_id])["question"]) == ["a", "b"]


def test_a_file_in_parts(experiment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes no parts gets the file whole, by the client's own choice."""
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "300000")
    large = tmp_path / "a b%.bin"
    large.write_bytes(os.urandom(1_000_001))
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(large), "deep/er")
        mlflow.log_artifact(str(large))
    for place in ("deep/er/", ""):
        found = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=f"{place}{large.name}")
        assert Path(found).read_bytes() == large.read_bytes()
    assert sorted(item.path for item in MlflowClient().list_artifacts(run.info.run_id)) == [large.name, "deep"]


def test_a_missing_file(url: str, experiment: str) -> None:
    answer = requests.get(f"{url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/none.txt", timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize("path", ["..%2f..%2fetc", "0/%2e%2e/%2e%2e/x", "%252e%252e/x"])
def test_nothing_leads_out(url: str, path: str) -> None:
    asked = requests.Request("PUT", url, data=os.urandom(8)).prepare()
    asked.url = f"{url}/api/2.0/mlflow-artifacts/artifacts/{path}"
    assert requests.Session().send(asked, timeout=30).status_code == 400
