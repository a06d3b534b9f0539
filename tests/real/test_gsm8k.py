"""GSM8K: four models' recorded answers to 900 questions, as the demonstration loads them."""

import math

import pytest

from lodeline.cli.demo import load_part
from lodeline.demo.maths import MODELS, OWN, RECORDED, maths_part, model_id, run_id
from lodeline.domain.comparison import ScorerComparison
from lodeline.domain.evaluation import CompareOptions
from lodeline.domain.experiment import Experiment
from lodeline.local import LocalClient
from tests.evals.judgments import gsm8k_rows

PERCENT = {"6b_finetuning": 22.2, "6b_verification": 40.1, "175b_finetuning": 35.0, "175b_verification": 57.3}


@pytest.fixture(scope="module")
def experiment(client: LocalClient) -> Experiment:
    return load_part(client, maths_part(), lambda _: None)


def scorer_named(found: tuple[ScorerComparison, ...], name: str) -> ScorerComparison:
    return next(each for each in found if each.scorer == name)


def test_one_version_of_a_dataset_holds_the_questions(client: LocalClient, experiment: Experiment) -> None:
    dataset = client.datasets.find("gsm8k", experiment=experiment.experiment_id)
    assert (dataset.latest_version, dataset.record_count, dataset.draft_changes) == (1, 900, 0)
    bound = {client.evaluations.get(run_id(model)).bindings.dataset_digest for model in MODELS}
    assert bound == {client.datasets.version(dataset.dataset_id, 1).digest}


@pytest.mark.parametrize("model", MODELS)
def test_accuracies_are_the_published_ones(client: LocalClient, experiment: Experiment, model: str) -> None:
    summary = client.evaluations.summary(run_id(model))
    values = {aggregate.scorer: aggregate.summary for aggregate in summary.scorers}
    assert summary.evaluation.state == "COMPLETED"
    assert set(values) == {RECORDED, OWN}
    for found in values.values():
        assert (found.n, found.errors, found.missing, found.kind) == (900, 0, 0, "rate")
        assert found.value is not None
        assert round(100 * found.value, 1) == PERCENT[model]
        assert found.interval is not None
        assert found.interval.method == "wilson"
        assert found.interval.low < found.value < found.interval.high


@pytest.mark.parametrize("model", MODELS)
def test_each_answer_is_a_trace_with_both_verdicts(client: LocalClient, experiment: Experiment, model: str) -> None:
    traces = f"run = '{run_id(model)}' AND model = '{model_id(model)}'"
    right = sum(row.scores["correct"] is True for row in gsm8k_rows(model))
    assert client.analytics.count(experiment=experiment.experiment_id, filter=traces).count == 900
    for judged in (RECORDED, OWN):
        passed = f"{traces} AND feedback.{judged} = true"
        assert client.analytics.count(experiment=experiment.experiment_id, filter=passed).count == right


def test_the_scorer_agrees_with_every_published_verdict(client: LocalClient, experiment: Experiment) -> None:
    differing = [
        (model, row.row_key)
        for model in MODELS
        for row in client.evaluations.rows(run_id(model)).all()
        if row.scores[0].value != row.scores[1].value
    ]
    assert differing == []


def test_models_are_compared_pair_by_pair(client: LocalClient, experiment: Experiment) -> None:
    weakest, *others = MODELS
    compared = client.evaluations.compare(run_id(weakest), [run_id(model) for model in others])
    before = [row.scores["correct"] is True for row in gsm8k_rows(weakest)]
    for model, candidate in zip(others, compared.candidates, strict=True):
        after = [row.scores["correct"] is True for row in gsm8k_rows(model)]
        wins = sum(b and not a for a, b in zip(before, after, strict=True))
        losses = sum(a and not b for a, b in zip(before, after, strict=True))
        found = scorer_named(candidate.scorers, RECORDED)
        assert (candidate.pairing.paired, candidate.pairing.changed) == (900, 0)
        assert (found.n, found.wins, found.losses, found.ties) == (900, wins, losses, 900 - wins - losses)
        assert (found.test, found.verdict) == ("mcnemar-exact", "better")
        assert found.difference == pytest.approx((wins - losses) / 900)
        assert found.p == pytest.approx(binomial_p(wins, losses))
        assert found.interval is not None
        assert found.interval.low > 0
        assert found.p_adjusted is not None
        assert found.p is not None
        assert found.p <= found.p_adjusted < 1e-6
        assert scorer_named(candidate.scorers, OWN).difference == found.difference


def test_a_larger_model_without_verifier_is_no_better_than_a_small_one_with(
    client: LocalClient, experiment: Experiment
) -> None:
    (candidate,) = client.evaluations.compare(
        run_id("175b_finetuning"), run_id("6b_verification"), CompareOptions(max_rows=900, adjustment="none")
    ).candidates
    found = scorer_named(candidate.scorers, RECORDED)
    assert found.difference == pytest.approx((361 - 315) / 900)
    assert found.verdict == "better"
    assert found.p == pytest.approx(binomial_p(found.wins, found.losses))
    assert [row.difference for row in found.rows] == sorted(row.difference for row in found.rows)


def test_versions_differ_in_their_params_alone(client: LocalClient, experiment: Experiment) -> None:
    found = client.models.diff(model_id("6b_finetuning"), model_id("6b_verification"))
    assert [(each.name, each.left, each.right) for each in found.params] == [("method", "finetuning", "verification")]


def binomial_p(wins: int, losses: int) -> float:
    """The exact two-sided probability of such a split of a fair coin's throws."""
    n, most = wins + losses, max(wins, losses)
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(most, n + 1)) / 2**n)
