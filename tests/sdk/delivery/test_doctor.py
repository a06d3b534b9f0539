"""`lodeline doctor` against a real server: well, refused, damaged, unreachable."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from lodeline.sdk.delivery.dead_letters import DeadLetters, new_letter
from lodeline.sdk.delivery.spool import segment_files
from tests.e2e.harness import PROTOBUF, export, free_port, lodeline, serving, span
from tests.sdk.delivery.receiver import delivering, numbered, settings


def _doctor(
    url: str, spool_dir: Path, *options: str, code: int, env: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    done = lodeline("doctor", "--server", url, "--spool-dir", str(spool_dir), "--json", *options, env=env)
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, list[str]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(f"{finding['check']}: {finding['verdict']}", []).append(finding["text"])
    return found


def test_doctor(tmp_path: Path) -> None:
    spool_dir = tmp_path / "spool"
    with serving(tmp_path / "store") as server:
        found = _doctor(server.url, spool_dir, code=0, env={"LODELINE_EXPERIMENT": "new"})
        assert {"server: ok", "clock: ok", "permission: ok", "gaps: ok", "dead letters: ok"} <= set(found)
        assert "does not exist" in found["experiment: warn"][0]
        assert "LODELINE_URL" in found["endpoint: ok"][0]
        with server.http() as http:
            assert http.get("/api/v1/experiments/find", params={"name": "new"}).status_code == 404
        # A living program, and one that left something for another endpoint.
        with delivering(settings(server.url, spool_dir)) as (processor, end):
            end(numbered("span", 20))
            assert processor.force_flush(60_000)
            gone = settings(f"http://127.0.0.1:{free_port()}", spool_dir, exit_timeout_s=0.5)
            with delivering(gone) as (_, end_gone):
                end_gone(numbered("left", 7))
            found = _doctor(server.url, spool_dir, code=0)
            assert "1 running" in found["programs: ok"][0]
            assert "7 spans" in found["left behind: warn"][0]
        # A deleted experiment refuses for good.
        with server.http() as http:
            made = http.post("/api/v1/experiments", json={"name": "doomed"}).json()["experiment_id"]
            http.delete(f"/api/v1/experiments/{made}").raise_for_status()
        with delivering(settings(server.url, spool_dir, experiment=made)) as (processor, end):
            end(numbered("refused", 3))
            assert processor.force_flush(60_000)
            assert processor.stats().refused == 3
        found = _doctor(server.url, spool_dir, code=1, env={"LODELINE_EXPERIMENT": "99"})
        assert "3 refused spans" in found["dead letters: fail"][0]
        assert "is deleted" in found["dead letters: fail"][0]
        assert "does not exist" in found["experiment: fail"][0]
        # Sent again in vain it stays; sent again when the reason is gone it leaves.
        found = _doctor(server.url, spool_dir, "--resend", code=1)
        assert "0 requests with 0 spans taken by the server, 1 kept" in found["sent again: warn"][0]
        assert "is deleted" in found["sent again: warn"][0]
        with server.http() as http:
            http.post(f"/api/v1/experiments/{made}/restore").raise_for_status()
            found = _doctor(server.url, spool_dir, "--resend", code=0)
            assert "1 requests with 3 spans taken by the server, 0 kept" in found["sent again: ok"][0]
            assert found["dead letters: ok"] == ["none"]
            counted = http.get("/api/v1/traces/count", params={"experiment": made}).json()
            assert counted["count"] == 3
        assert list((spool_dir / "dead-letters").iterdir()) == []
    [file] = [path for folder in spool_dir.iterdir() if folder.is_dir() for path in segment_files(folder)]
    file.write_bytes(file.read_bytes()[:-3])
    found = _doctor(server.url, spool_dir, code=1)
    assert {"server: unreachable", "damaged: fail"} <= set(found)


@pytest.mark.parametrize(("server", "code"), [("nonsense", 2), ("http://127.0.0.1:9", 4)])
def test_doctor_without_a_server(tmp_path: Path, server: str, code: int) -> None:
    done = lodeline("doctor", "--server", server, "--spool-dir", str(tmp_path))
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr


def test_a_gap_is_found(tmp_path: Path) -> None:
    """Batches that the server never had and that nobody has any more."""
    with (
        serving(tmp_path / "store") as server,
        delivering(settings(server.url, tmp_path / "spool")) as (processor, end),
    ):
        end(["one"])
        assert processor.force_flush(60_000)
        assert "gaps: ok" in _doctor(server.url, tmp_path / "spool", code=0)
        ahead = {
            "content-type": PROTOBUF,
            "x-lodeline-instance": processor.stats().instance,
            "x-lodeline-sequence": "4",
        }
        with server.http() as http:
            assert http.post("/v1/traces", content=export([span("ahead", 0)]), headers=ahead).status_code == 200
        found = _doctor(server.url, tmp_path / "spool", code=1)
        assert "2 batches did not arrive: 2-3" in found["gaps: fail"][0]


def test_dead_letters_of_another_server_stay_and_go_to_no_other(tmp_path: Path) -> None:
    spool_dir = tmp_path / "spool"
    letter = new_letter(
        instance="a" * 32, sequence="1", endpoint="http://elsewhere.invalid/v1/traces", experiment=None, spans=1,
        refused=1, status=401, reason="401: who are you",
    )  # fmt: skip
    file = DeadLetters(spool_dir, max_bytes=10_000).keep(letter, export([span("secret", 0)]))
    assert file is not None
    with serving(tmp_path / "store") as server:
        found = _doctor(server.url, spool_dir, "--resend", code=1)
        assert "1 of them are for other servers" in found["sent again: warn"][0]
        assert file.exists()
        with server.http() as http:
            assert http.get("/api/v1/traces/count").json()["count"] == 0
        # Whoever ended with everything delivered has left no spool to compare with.
        assert "no process here" in found["gaps: ok"][0]
