"""What is known of how far judges agree with people, and where it is said."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.domain.aggregate import Interval
from lodeline.domain.scorer import Validation
from lodeline.evals.judges import correctness
from lodeline.evals.judges.model import JudgeReply, JudgeRequest
from lodeline.evals.judges.stored import judge_document, judge_of
from lodeline.evals.scoring.bound import as_scorer
from lodeline.evals.statistics.intervals import rate_interval
from tests.evals import judgments

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "score-outputs.md").read_text("utf-8")
MEASURED = Validation("people's 'right'", "local:one", 50, 0.84, Interval(0.715, 0.917, 0.95, "wilson"))


class Named:
    """A model that is only named here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.digest_params = {"model": name}

    async def answer(self, request: JudgeRequest) -> JudgeReply:
        raise AssertionError(request)


def test_what_was_measured_is_in_the_definition_and_changes_no_digest() -> None:
    judge = correctness(Named("local:one"))
    plain, measured = as_scorer(judge).definition, as_scorer(replace(judge, validation=MEASURED)).definition
    assert (plain.validated, plain.validation) == (False, None)
    assert (measured.validated, measured.validation) == (True, MEASURED)
    assert measured.digest == plain.digest
    assert str(MEASURED) == "84.0% (71.5% to 91.7%) of 50"


def test_a_registered_judge_keeps_it_for_the_model_that_was_measured() -> None:
    document = judge_document(replace(correctness(Named("local:one")), validation=MEASURED))
    assert judge_of("correctness", document, Named("local:one")).validation == MEASURED
    assert judge_of("correctness", document, Named("local:two")).validation is None


@pytest.mark.parametrize(("judge", "title"), [("gpt35", "GPT-3.5 under"), ("pandalm7b", "PandaLM-7B |")])
def test_the_figures_of_the_page_are_those_of_the_recordings(judge: str, title: str) -> None:
    rows = judgments.labels("pandalm-pairwise")
    hits = 0
    for row in rows:
        said, times = Counter(row[f"annotator{person}"] for person in (1, 2, 3)).most_common(1)[0]
        hits += times > 1 and row[judge] == said
    interval = rate_interval(hits, len(rows), 0.95)
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {title}"))
    assert f"| {hits / len(rows):.1%} | {interval.low:.1%} to {interval.high:.1%} |" in line
