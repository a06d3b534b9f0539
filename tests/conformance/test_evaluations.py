"""What `mlflow.genai.evaluate` logs is an evaluation here, too; MLflow's own server compares nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import mlflow.genai
import pytest
from mlflow import MlflowClient
from mlflow.genai.datasets import create_dataset
from mlflow.genai.scorers import scorer

import lodeline
from tests.conformance.conftest import TARGET

pytestmark = pytest.mark.skipif(TARGET in os.environ, reason="MLflow's server compares no evaluations")

CAPITALS = {"France": "Paris", "Peru": "Lima", "Chad": "N'Djamena", "Fiji": "Suva"}
DATA = [{"inputs": {"country": c}, "expectations": {"expected": e, "chars": len(e)}} for c, e in CAPITALS.items()]


@scorer
def exact(outputs: str, expectations: dict) -> bool:
    return outputs == expectations["expected"]


@scorer
def length(outputs: str) -> int:
    return len(outputs)


def always_paris(country: str) -> str:
    return "Paris"


def right(country: str) -> str:
    return CAPITALS[country]


def fails_for_chad(country: str) -> str:
    if country == "Chad":
        raise ValueError("no such country")
    return CAPITALS[country]


@pytest.fixture
def lode(url: str, experiment: str) -> Iterator[lodeline.LodelineClient]:
    """Give a client of our own API, in the experiment of the case."""
    with lodeline.LodelineClient(url) as client:
        yield client


def evaluate(predict: Callable[[str], str], data: object = DATA) -> str:
    return mlflow.genai.evaluate(data=data, predict_fn=predict, scorers=[exact, length]).run_id


def test_two_evaluations_are_summarised_and_compared(
    client: MlflowClient, experiment: str, lode: lodeline.LodelineClient
) -> None:
    ids = [evaluate(always_paris), evaluate(right)]
    listed = lode.runs.search(experiment=experiment, filter="kind = 'EVALUATION'")
    assert {run.run_id for run in listed} == set(ids)
    for run_id in ids:
        metrics = client.get_run(run_id).data.metrics
        summary = lode.evaluations.summary(run_id)
        assert (summary.evaluation.state, summary.evaluation.rows_done) == ("COMPLETED", len(DATA))
        for one in summary.scorers:
            assert one.summary.n == len(DATA)
            assert one.summary.value == pytest.approx(metrics[f"{one.scorer}/mean"])
        assert {one.scorer for one in summary.scorers} == {"exact", "length"}
    (candidate,) = lode.evaluations.compare(ids[0], [ids[1]]).candidates
    assert (candidate.pairing.paired, candidate.scorers[0].wins) == (len(DATA), 3)
    judged = lode.assessments.search(experiment=experiment, filter="kind = 'FEEDBACK'", limit=100)
    assert len(list(judged)) == 2 * 2 * len(DATA), "nothing was judged again"


NATIVE = """
import json, sys
import lodeline

url, experiment, data = sys.argv[1:]
capitals = {"France": "Paris", "Peru": "Lima", "Chad": "N'Djamena", "Fiji": "Suva"}

def exact(outputs, expectations):
    return outputs == expectations["expected"]

lodeline.configure(url=url, experiment=experiment)
result = lodeline.evaluate(json.loads(data), predict_fn=lambda country: capitals[country], scorers=[exact])
print("run", result.run_id)
"""
"""In a process of its own: there the tracing is ours, here it is MLflow's."""


def test_a_native_evaluation_pairs_with_one_of_mlflows(
    url: str, experiment: str, name: str, lode: lodeline.LodelineClient, tmp_path: Path
) -> None:
    theirs = evaluate(always_paris)
    done = subprocess.run(  # our own interpreter and program
        [sys.executable, "-c", NATIVE, url, name, json.dumps(DATA)],
        env={**os.environ, "LODELINE_SPOOL_DIR": str(tmp_path)}, capture_output=True, text=True, timeout=300,
        check=True,
    )  # fmt: skip
    ours = done.stdout.split()[-1]
    (candidate,) = lode.evaluations.compare(theirs, [ours]).candidates
    assert candidate.pairing.paired == len(DATA)
    (scorer,) = candidate.scorers
    assert (scorer.scorer, scorer.wins, scorer.losses) == ("exact", 3, 0)


def test_at_mlflows_door_the_run_is_what_it_was(client: MlflowClient, experiment: str) -> None:
    with mlflow.start_run(run_name="in a run of its own", tags={"team": "a"}) as active:
        run_id = evaluate(right)
        assert run_id == active.info.run_id
        before = client.get_run(run_id)
    after = client.get_run(run_id)
    assert (after.info.status, after.info.run_name) == ("FINISHED", "in a run of its own")
    assert (after.data.tags, after.data.metrics) == (before.data.tags, before.data.metrics)
    assert after.inputs.dataset_inputs == before.inputs.dataset_inputs
    assert [run.info.run_id for run in client.search_runs([experiment], "attributes.status = 'FINISHED'")] == [run_id]
    client.set_terminated(run_id, "FAILED")
    client.update_run(run_id, status="FINISHED")
    client.delete_run(run_id)
    client.restore_run(run_id)
    assert client.get_run(run_id).info.status == "FINISHED"


def test_a_prediction_that_fails_is_a_row_that_failed(lode: lodeline.LodelineClient) -> None:
    run_id = evaluate(mlflow.trace(fails_for_chad))
    evaluation = lode.evaluations.get(run_id)
    assert (evaluation.state, evaluation.rows_total) == ("COMPLETED_WITH_ERRORS", len(DATA))
    (failed,) = lode.evaluations.rows(run_id, state="PREDICT_ERROR")
    assert failed.error is not None
    assert "no such country" in failed.error


def test_rows_name_records_of_the_dataset(experiment: str, name: str, lode: lodeline.LodelineClient) -> None:
    dataset = create_dataset(name=name, experiment_id=[experiment])
    dataset.merge_records(DATA)
    run_id = evaluate(right, dataset)
    bindings = lode.evaluations.get(run_id).bindings
    assert (bindings.dataset_id, bindings.dataset_version) == (dataset.dataset_id, 1)
    records = {record.record_id: record.content_hash for record in lode.records.search(dataset.dataset_id)}
    assert {row.record_id: row.content_hash for row in lode.evaluations.rows(run_id)} == records
