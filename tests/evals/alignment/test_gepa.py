"""GEPA's own search, through the real package, over a local provider."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.evals.alignment.align import align
from lodeline.evals.alignment.gepa_optimiser import Gepa
from lodeline.evals.judges import JudgeFailed, make_judge
from tests.evals.alignment.test_align import asks_to_rewrite, case_of, model_saying, report_of, rows_of, verdict
from tests.evals.judges.provider import Answer

STEPS = ("Mind numbers.", "Mind numbers. Mind that even ones are fine.")


def even(request: Mapping[str, Any]) -> bool:
    return int(case_of(request).split()[1]) % 2 == 0


def test_instructions_evolve_and_the_best_are_kept(capsys: pytest.CaptureFixture[str]):
    """The first rewriting helps with a part of the cases, the next with all: the search must build on the first."""
    labelled = rows_of([number % 2 == 0 for number in range(80)])

    def answer(request: Mapping[str, Any], number: int) -> Answer:
        told = request["messages"][0]["content"]
        if asks_to_rewrite(request):
            before = request["messages"][1]["content"]
            return verdict(f'Judge "inputs" and "outputs". {STEPS["Mind numbers." in before]}')
        if "even ones" in told:
            return verdict(even(request))
        return verdict(even(request) or not ("Mind numbers" in told and int(case_of(request).split()[1]) % 3))

    with model_saying(answer) as (_, model):
        judge = make_judge("fine", "Is {{ outputs }} fine for {{ inputs }}?", model)
        found = asyncio.run(align(judge, labelled, Gepa(max_calls=200)))
    assert "even ones" in found.judge.instructions
    report = report_of(found)
    assert (report.before.value, report.after.value, report.verdict) == (0.5, 1.0, "better")
    assert found.judge.tuned_on == {row.key for row in found.split.train}
    written = capsys.readouterr()
    assert written.out == "", "what GEPA says holds what is judged"


def test_texts_that_cannot_be_used_leave_the_judge():
    labelled = rows_of([number % 2 == 0 for number in range(40)])

    def answer(request: Mapping[str, Any], number: int) -> Answer:
        return verdict("Always say no." if asks_to_rewrite(request) else True)

    with model_saying(answer) as (_, model):
        judge = make_judge("fine", "Is {{ outputs }} fine for {{ inputs }}?", model)
        found = asyncio.run(align(judge, labelled, Gepa(max_calls=60)))
    assert found.judge is judge


def test_a_model_that_cannot_be_asked_is_said():
    labelled = rows_of([number % 2 == 0 for number in range(40)])

    def answer(request: Mapping[str, Any], number: int) -> Answer:
        return Answer(404, b"{}") if asks_to_rewrite(request) else verdict(True)

    with model_saying(answer) as (_, model):
        judge = make_judge("fine", "Is {{ outputs }} fine for {{ inputs }}?", model)
        with pytest.raises(JudgeFailed, match="404"):
            asyncio.run(align(judge, labelled, Gepa(max_calls=60)))


@pytest.mark.parametrize("wrong", [{"max_calls": 0}, {"batch": 0}, {"batch": 1000}])
def test_settings_out_of_bounds_are_refused(wrong: Mapping[str, Any]):
    with pytest.raises(Invalid):
        Gepa(**wrong)
