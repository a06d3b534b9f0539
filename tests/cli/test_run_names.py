"""Runs by name and experiment, and the files that one left behind."""

from pathlib import Path

import httpx
import pytest

import lodeline as sdk
from lodeline.domain.evaluation import EvaluationDraft
from lodeline.domain.run import RunDraft
from tests.cli.conftest import Lodeline
from tests.e2e.harness import serving


def test_a_name_that_several_runs_have_is_told_apart_by_the_experiment(lodeline: Lodeline, store: Path) -> None:
    with sdk.connect(store) as client:
        client.experiments.create("shop")
        made = {
            home: client.evaluations.create(EvaluationDraft(RunDraft("nightly")), experiment=home).run.run_id
            for home in ("0", "shop")
        }
    for command in (("runs", "get"), ("runs", "artifacts"), ("evaluations", "get"), ("evaluations", "summary")):
        refused = lodeline(*command, "nightly", store=store, code=2).err
        assert all(run_id in refused for run_id in made.values())
        assert "Give the id of one, or its experiment with -e." in refused
        lodeline(*command, "nightly", "-e", "shop", store=store)
    for command in (("runs", "get"), ("evaluations", "get")):
        assert made["shop"] in lodeline(*command, "nightly", "-e", "shop", store=store).out
    cancelled = lodeline("evaluations", "cancel", "nightly", "-e", "shop", store=store).out
    assert cancelled == f"Evaluation {made['shop']} is CANCELLED.\n"
    tagged = lodeline("runs", "tag", "nightly", "a=b", "-e", "0", "--json", store=store).document()
    assert tagged["run_id"] == made["0"]


def test_a_file_of_a_run_is_saved_under_its_own_name(
    lodeline: Lodeline, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(store) as server, server.client() as client:
        run_id = client.runs.create("files", experiment="0").run_id
        address = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/notes/readme.md"
        assert httpx.put(address, content=b"# Hello", timeout=60).status_code == 200
        there = ("--server", server.url)
        assert "notes/" in lodeline("runs", "artifacts", "files", "-e", "0", *there).out
        saved = lodeline("runs", "download", "files", "notes/readme.md", "-e", "0", *there).out
        assert saved == "Saved notes/readme.md (7 bytes) to readme.md.\n"
        assert (tmp_path / "readme.md").read_bytes() == b"# Hello"
        lodeline("runs", "download", "files", "notes/readme.md", *there, code=5)
        lodeline("runs", "download", "files", "notes/readme.md", "other.md", *there)
        assert (tmp_path / "other.md").read_bytes() == b"# Hello"
