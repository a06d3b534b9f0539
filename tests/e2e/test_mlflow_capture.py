"""What MLflow's client sends to an experiment that keeps less: nothing of it may be found on the disk."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from lodeline.domain.experiment import CaptureMode
from tests.e2e.harness import serving

PROGRAM = """
import sys
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment(experiment_id=sys.argv[2])

@mlflow.trace
def inner(question):
    return {"answer": "patient Wunderlich out"}

@mlflow.trace
def ask(question):
    mlflow.update_current_trace(tags={"team": "blue"}, metadata={"ward": "north"})
    return inner(question)

ask("patient Wunderlich in")
mlflow.flush_trace_async_logging()
trace = mlflow.search_traces(locations=[sys.argv[2]], return_type="list")[0]
print(trace.info.trace_id, trace.info.tags["team"], trace.info.trace_metadata["ward"], len(trace.data.spans))
"""
SPANS = {"spans": [{"name": "ask", "span_id": "1" * 16, "attributes": {"mlflow.spanInputs": '"patient Wunderlich"'}}]}


@pytest.mark.parametrize("mode", ["hashed", "structure", "none"])
def test_nothing_of_the_content_reaches_the_disk(tmp_path: Path, mode: CaptureMode) -> None:
    store = tmp_path / "store"
    with serving(store) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        body = {"name": "ward", "settings": {"capture": mode}}
        experiment = http.post("/api/v1/experiments", json=body).json()["experiment_id"]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.url, experiment], env=dict(os.environ), capture_output=True,
            encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4_000:]
        trace_id, *rest = done.stdout.split()
        assert rest == ["blue", "north", "2"]
        place = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{trace_id}/artifacts/traces.json"
        assert http.put(place, json=SPANS).status_code == 200
        assert http.get(place).status_code == 404
        kept = http.get(f"/api/v1/traces/{trace_id}").text + http.get(f"/api/v1/traces/{trace_id}/spans").text
        assert "Wunderlich" not in kept
    for path in (each for each in store.rglob("*") if each.is_file()):
        assert b"Wunderlich" not in path.read_bytes(), path
