"""Eight models' tool calls as versions of one application: upstream's counts, our scorer's, and who is better.

Loaded once: a dataset of 1,040 records, 8,320 traces, eight evaluations with 16,640 judgments.
"""

from collections import Counter

import pytest

from lodeline.cli.demo import load_part
from lodeline.domain.comparison import ScorerComparison
from lodeline.domain.evaluation import CompareOptions
from lodeline.domain.experiment import Experiment
from lodeline.local import LocalClient
from tests.evals.bfcl import DIFFERING, MODELS, needs_data, results
from tests.real.bfcl_part import OWN, RECORDED, bfcl_part, run_id

pytestmark = [needs_data, pytest.mark.timeout(300)]
CATEGORIES = {"multiple": 200, "parallel_multiple": 200, "relevance": 240, "simple": 400}
UPSTREAM = {
    "claude-3-5-sonnet-20240620-FC": (185, 106, 192, 375),
    "claude-3-haiku-20240307-FC": (185, 0, 52, 384),
    "firefunction-v2-FC": (175, 143, 163, 356),
    "gpt-3.5-turbo-0125-FC": (187, 163, 7, 359),
    "gpt-4o-2024-05-13-FC": (182, 166, 185, 353),
    "gpt-4o-2024-08-06-FC": (181, 169, 211, 366),
    "gpt-4o-mini-2024-07-18-FC": (184, 166, 187, 366),
    "mistral-large-2407-FC-Auto": (182, 176, 97, 373),
}
"""The `correct_count` of each model's score files, by category in the order of `CATEGORIES`."""
HAIKU, SONNET = "claude-3-haiku-20240307-FC", "claude-3-5-sonnet-20240620-FC"
NEWEST = "gpt-4o-2024-08-06-FC"


@pytest.fixture(scope="module")
def experiment(client: LocalClient) -> Experiment:
    return load_part(client, bfcl_part(), lambda _: None)


def passed_by_category(client: LocalClient, model: str, scorer: str) -> dict[str | None, tuple[int, int]]:
    """Return how many of the rows of each category passed, and how many there are."""
    found = client.evaluations.summary(run_id(model), slices=["category"])
    (aggregate,) = [each for each in found.scorers if each.scorer == scorer]
    assert aggregate.summary.errors == aggregate.summary.missing == 0
    return {
        part.value: (round((part.summary.value or 0) * part.summary.n), part.summary.n) for part in aggregate.slices
    }


def compared(client: LocalClient, baseline: str, candidate: str, *, max_rows: int = 0) -> ScorerComparison:
    (found,) = client.evaluations.compare(
        run_id(baseline), run_id(candidate), CompareOptions(max_rows=max_rows)
    ).candidates
    assert (found.pairing.paired, found.pairing.changed, found.pairing.only_baseline) == (1_040, 0, 0)
    return next(each for each in found.scorers if each.scorer == RECORDED)


def test_cases_are_one_version_and_models_are_versions(client: LocalClient, experiment: Experiment) -> None:
    dataset = client.datasets.find("bfcl", experiment=experiment.experiment_id)
    assert (dataset.latest_version, dataset.record_count) == (1, 1_040)
    digest = client.datasets.version(dataset.dataset_id).digest
    bindings = [client.evaluations.get(run_id(model)).bindings for model in MODELS]
    assert {each.dataset_digest for each in bindings} == {digest}
    assert [each.model_id for each in bindings] == list(MODELS)
    models = client.models.search(experiment=experiment.experiment_id).all()
    assert {model.name for model in models} == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_pass_counts_are_upstream_s(client: LocalClient, experiment: Experiment, model: str) -> None:
    counts = zip(CATEGORIES.items(), UPSTREAM[model], strict=True)
    assert passed_by_category(client, model, RECORDED) == {
        category: (passed, total) for (category, total), passed in counts
    }


@pytest.mark.parametrize("model", [HAIKU, NEWEST])
def test_traces_have_the_recorded_latency_tokens_and_calls(
    client: LocalClient, experiment: Experiment, model: str
) -> None:
    traces = client.traces.search(experiment=experiment.experiment_id, filter=f"model = '{model}'").all()
    assert len(traces) == 1_040
    expected = Counter((round(r["latency_s"] * 1e9), r["input_tokens"], r["output_tokens"]) for r in results(model))
    assert Counter((trace.duration_ns, trace.tokens.input, trace.tokens.output) for trace in traces) == expected


def test_our_scorer_differs_from_upstream_in_known_cases_alone(client: LocalClient, experiment: Experiment) -> None:
    differing: Counter[tuple[str, bool]] = Counter()
    listed: list[str] = []
    for model in MODELS:
        for row in client.evaluations.rows(run_id(model)).all():
            scores = {score.name: score for score in row.scores}
            if scores[RECORDED].value != scores[OWN].value:
                valid = scores[RECORDED].value is True
                differing[row.row_key, valid] += 1
                listed.append(f"{row.row_key} of {model}: recorded {valid}; ours says: {scores[OWN].rationale}")
    assert differing == DIFFERING, "\n".join(listed)


def test_disagreements_are_found_by_a_search(client: LocalClient, experiment: Experiment) -> None:
    for ours, theirs in ((False, True), (True, False)):
        found = client.analytics.count(
            experiment=experiment.experiment_id,
            filter=f"feedback.{RECORDED} = {str(theirs).lower()} AND feedback.{OWN} = {str(ours).lower()}",
        )
        assert found.count == sum(count for (_, valid), count in DIFFERING.items() if valid is theirs)


def test_haiku_makes_no_parallel_calls_and_that_is_where_it_loses(
    client: LocalClient, experiment: Experiment
) -> None:
    for scorer in (RECORDED, OWN):
        assert passed_by_category(client, HAIKU, scorer)["parallel_multiple"] == (0, 200)
    found = compared(client, NEWEST, HAIKU, max_rows=1_000)
    assert found.verdict == "worse"
    before = {row["id"]: row for row in results(NEWEST)}
    after = {row["id"]: row for row in results(HAIKU)}
    lost = Counter(row["category"] for name, row in before.items() if row["valid"] and not after[name]["valid"])
    won = sum(row["valid"] and not before[name]["valid"] for name, row in after.items())
    assert lost["parallel_multiple"] == 169
    assert (found.wins, found.losses) == (won, lost.total())
    assert found.difference == pytest.approx((sum(UPSTREAM[HAIKU]) - sum(UPSTREAM[NEWEST])) / 1_040)
    assert sum(row.difference < 0 for row in found.rows) == lost.total()


def test_models_that_are_alike_are_not_told_apart(client: LocalClient, experiment: Experiment) -> None:
    found = compared(client, "gpt-4o-2024-05-13-FC", "gpt-4o-mini-2024-07-18-FC")
    assert found.difference == pytest.approx((903 - 886) / 1_040)
    assert found.verdict == "inconclusive"
    assert found.rows_needed is not None
    assert found.rows_needed > 0
