"""Judges aligned to people over a real store: labels in, a registered version out, and a warning afterwards."""

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import lodeline
from lodeline.domain.errors import Invalid, NotFound
from lodeline.evals.alignment.refine import Refine
from lodeline.evals.judges import Judge, make_judge
from lodeline.sdk.alignment.align import Alignment
from lodeline.sdk.alignment.tuned import TUNED_RECORDS, TunedRecordsWarning
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.evaluation.result import EvaluationResult
from lodeline.sdk.provider import get_settings
from tests.e2e.harness import Server, serving
from tests.evals.judges.provider import Answer, enveloped, providing

_CASE = re.compile(r'name="inputs">\n\{"number":(\d+)\}\n<')
REFINE = Refine(rounds=1, proposals=0, examples=4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("align") / "store") as running:
        yield running


@pytest.fixture
def local(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Generator[LodelineClient]:
    """A client of the server; each test has an experiment of its own."""
    monkeypatch.setenv("LODELINE_SPOOL_DIR", str(tmp_path / "spool"))
    name: str = request.node.name
    lodeline.configure(url=server.url, experiment=name)
    with server.client() as client:
        client.experiments.create(name)
        lodeline.set_default_client(client)
        yield client
        lodeline.set_default_client(None)
    lodeline.shutdown()


def here() -> str:
    """The experiment of the test."""
    return get_settings().experiment or ""


def generous(request: Mapping[str, Any], number: int) -> Answer:
    """A judge that finds everything even, until it is shown what people said."""
    content = request["messages"][1]["content"]
    case = int(_CASE.findall(content)[-1])
    return enveloped({"rationale": "I see.", "value": case % 2 == 0 if "example 1" in content else True})


@contextmanager
def judging(answering: Callable[[Mapping[str, Any], int], Answer] = generous) -> Generator[Judge]:
    with providing(answering) as provider:
        yield make_judge(
            "even", "Does {{ outputs }} call {{ inputs }} rightly?", "openai:/gpt-4o",
            base_url=f"{provider.url}/v1", api_key="k",
        )  # fmt: skip


def evaluated(judge: Judge, numbers: range) -> EvaluationResult:
    rows = [{"inputs": {"number": number}} for number in numbers]
    return lodeline.evaluate(rows, predict_fn=answer, scorers=[judge], progress=False)


def answer(number: int) -> str:
    return f"{number} is fine"


def labelled(result: EvaluationResult, *people: str) -> None:
    for row in result.rows:
        for person in people:
            lodeline.log_feedback(
                trace_id=row.prediction.trace_id,
                name="even",
                value=row.case.inputs["number"] % 2 == 0,
                source=lodeline.AssessmentSource("HUMAN", person),
                rationale="as numbers go",
            )


def test_a_judge_learns_is_registered_and_warns(local: LodelineClient) -> None:
    with judging() as judge:
        judged = evaluated(judge, range(40))
        labelled(judged, "ada", "bob")
        golden = local.datasets.create("golden", experiment=here())
        local.records.add_traces(golden.dataset_id, trace_ids=[row.prediction.trace_id or "" for row in judged.rows])
        made = lodeline.align_judge(judge, optimiser=REFINE)
        assert made.report.verdict == "better"
        assert (made.report.before.value, made.report.after.value) == (0.5, 1.0)
        assert made.report.people is not None
        assert made.report.people.value == pytest.approx(1)
        assert made.registered is not None
        assert made.registered.version == 2, "the first is the judge as it was"
        kept = made.registered.definition["alignment"]
        assert isinstance(kept, Mapping)
        assert kept["parent_digest"] == made.report.parent_digest
        assert kept["data_digest"] == made.report.data_digest
        assert "even by refine: better" in str(made)

        marked = [r for r in local.records.search(golden.dataset_id, limit=None) if "lodeline.tuned.even" in r.tags]
        assert len(marked) == made.report.train_records
        assert local.datasets.get(golden.dataset_id).latest_version == 2
        before, after = (local.datasets.version(golden.dataset_id, number) for number in (1, 2))
        assert before.digest == after.digest
        # Another judge of that name knows no inputs; what is marked is told all the same.
        dataset = lodeline.get_dataset("golden", experiment=here())
        with pytest.warns(TunedRecordsWarning, match="tuned on 20 of the 40 records"):
            again = lodeline.evaluate(dataset, predict_fn=answer, scorers=[judge], progress=False)
        assert all("lodeline.tuned.even" not in row.case.slices for row in again.rows)

        tagged = local.traces.search(experiment=here(), filter="tags.`lodeline.tuned.even` IS NOT NULL")
        assert len(list(tagged)) == made.report.train_records

        with pytest.warns(TunedRecordsWarning, match="tuned on 20 of the 40 records"):
            again = evaluated(made.judge, range(40))
        assert again.warnings
        assert "Warning: Judge 'even' was tuned on 20" in str(again)
        assert "20 of the 40" in local.runs.get(again.run_id).tags[TUNED_RECORDS]
        assert evaluated(made.judge, range(100, 110)).warnings == ()


def test_a_registered_judge_is_loaded_again(local: LodelineClient) -> None:
    with judging() as judge:
        labelled(evaluated(judge, range(40)), "ada")
        made = lodeline.align_judge(judge, optimiser=REFINE)
        again = lodeline.load_judge("even", model=judge.model)
        assert again == made.judge
        assert lodeline.load_judge("even", version=1, model=judge.model) == judge
        assert lodeline.register_judge(again).made is False
    assert any("One person labelled" in warning for warning in made.report.warnings)
    with pytest.raises(NotFound, match="even/9"):
        lodeline.load_judge("even", version=9)


def test_people_who_disagree_and_tie_are_said(local: LodelineClient) -> None:
    with judging() as judge:
        result = evaluated(judge, range(60))
        for row in result.rows:
            number = row.case.inputs["number"]
            for person, value in (("ada", number % 2 == 0), ("bob", number % 3 == 0), ("cy", number % 5 < 2)):
                if number >= 10 or person != "cy":
                    lodeline.log_feedback(
                        trace_id=row.prediction.trace_id, name="even", value=value,
                        source=lodeline.AssessmentSource("HUMAN", person),
                    )  # fmt: skip
        made: Alignment = lodeline.align_judge(judge, optimiser=REFINE, register=False)
    assert made.registered is None
    assert any("agree little" in warning for warning in made.report.warnings)
    tied = sum((number % 2 == 0) != (number % 3 == 0) for number in range(10))
    assert any(f"{tied} labelled traces are left out" in warning for warning in made.report.warnings)


def test_without_labels_nothing_is_aligned(local: LodelineClient) -> None:
    with judging() as judge:
        evaluated(judge, range(3))
        with pytest.raises(Invalid, match="nobody judged 'even'"):
            lodeline.align_judge(judge)


def test_a_judge_whose_calls_all_fail_is_refused(local: LodelineClient) -> None:
    with judging() as judge:
        labelled(evaluated(judge, range(40)), "ada")
    with judging(lambda request, number: Answer(404, b"{}")) as broken, pytest.raises(Invalid, match="every call"):
        lodeline.align_judge(broken, optimiser=REFINE)
