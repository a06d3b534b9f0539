"""tau-bench: four trials of each of 35 tasks as one evaluation, on the conversations of the demonstration."""

import math

import pytest

from lodeline.cli.demo import load_part
from lodeline.demo.airline import airline_part, run_id
from lodeline.domain.aggregate import ValueSummary
from lodeline.domain.experiment import Experiment
from lodeline.local import LocalClient
from tests.evals.judgments import airline_rows


@pytest.fixture(scope="module")
def experiment(client: LocalClient) -> Experiment:
    return load_part(client, airline_part(), lambda _: None)


def summary(client: LocalClient, reducer: str) -> ValueSummary:
    (reward,) = client.evaluations.summary(run_id(), reducer=reducer).scorers
    assert (reward.scorer, reward.reducer) == ("reward", reducer)
    return reward.summary


def test_the_mean_reward_is_the_published_one(client: LocalClient, experiment: Experiment) -> None:
    found = summary(client, "mean")
    assert (found.n, found.records, found.clusters, found.errors) == (140, 35, 35, 0)
    assert found.value == pytest.approx(43 / 140)
    assert found.value is not None
    assert round(found.value, 3) == 0.307


def test_trials_of_a_task_are_no_independent_rows(client: LocalClient, experiment: Experiment) -> None:
    found = summary(client, "mean")
    assert found.standard_error is not None
    assert found.standard_error > math.sqrt(43 / 140 * 97 / 140 / 140)


def test_all_four_trials_pass_on_four_tasks(client: LocalClient, experiment: Experiment) -> None:
    found = summary(client, "pass^4")
    assert (found.records, found.unreduced) == (35, 0)
    assert found.value == pytest.approx(4 / 35)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_pass_hat_k_is_the_chance_that_k_trials_drawn_all_pass(
    client: LocalClient, experiment: Experiment, k: int
) -> None:
    passed: dict[str, int] = {}
    for row in airline_rows():
        passed[row.record_id] = passed.get(row.record_id, 0) + (row.scores["reward"] == 1.0)
    expected = sum(math.comb(count, k) / math.comb(4, k) for count in passed.values()) / 35
    assert summary(client, f"pass^{k}").value == pytest.approx(expected)


def test_rows_are_on_the_last_traces_of_their_conversations(client: LocalClient, experiment: Experiment) -> None:
    rows = client.evaluations.rows(run_id()).all()
    of_run = client.traces.search(experiment=experiment.experiment_id, filter=f"run = '{run_id()}'").all()
    assert {(row.row_key, row.repetition) for row in rows} == {
        (key, trial) for key in {row.row_key for row in rows} for trial in range(4)
    }
    assert {row.trace_id for row in rows} == {trace.trace_id for trace in of_run}
    assert len({trace.session for trace in of_run}) == 140
    for trace in of_run[:5]:
        session = client.traces.search(
            experiment=experiment.experiment_id, filter=f"session = '{trace.session}'"
        ).all()
        assert max(each.start_ns for each in session) == trace.start_ns
