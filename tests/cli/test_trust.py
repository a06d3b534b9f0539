"""Commands about agreement and judges, against a store in process."""

from pathlib import Path
from typing import Any

import pytest

import lodeline as sdk
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.ids import TraceId
from lodeline.domain.trace import TraceInfo
from tests.cli.conftest import Lodeline

ADA, BOB, JUDGE = "+++++-----++--+-+-+-", "++++------++--+-+-++", "+++++++---++--+-+-+-"


@pytest.fixture
def judged(store: Path) -> Path:
    """Twenty traces that two people and a judge judged."""
    with sdk.connect(store) as client:
        drafts: list[AssessmentDraft] = []
        for number, values in enumerate(zip(ADA, BOB, JUDGE, strict=True)):
            trace_id = TraceId(f"tr-{number}")
            client.traces.log_info(trace_id, TraceInfo(), experiment="0")
            sources = (
                AssessmentSource("HUMAN", "ada"),
                AssessmentSource("HUMAN", "bob"),
                AssessmentSource("LLM_JUDGE", "openai:gpt-4o", "d1"),
            )
            drafts += [
                AssessmentDraft(AssessmentTarget(trace_id), "right", "FEEDBACK", source, value == "+")
                for source, value in zip(sources, values, strict=True)
            ]
        assert [item.message for item in client.assessments.log_many(drafts) if item.code is not None] == []
    return store


def test_agreement_of_people_is_shown(judged: Path, lodeline: Lodeline) -> None:
    shown = lodeline("assessments", "agreement", "right", store=judged)
    assert "40 ratings of 20 items by 2 people (nominal)" in shown.out
    assert "krippendorff-alpha" in shown.out
    assert "bob" in shown.out
    assert "2 items are disputed" in shown.out
    found: Any = lodeline("assessments", "agreement", "right", "--json", store=judged).document()
    assert found["panel"]["disputed_items"] == 2


def test_a_judge_is_shown_beside_people(judged: Path, lodeline: Lodeline) -> None:
    shown = lodeline("assessments", "judge", "right", store=judged)
    assert "openai:gpt-4o: 20 items judged, 18 compared with people, on 2 people are tied" in shown.out
    assert "pairs of people agree 90.0%" in shown.out
    assert "judge: false  judge: true" in shown.out
    found: Any = lodeline("assessments", "judge", "right", "--by", "name", "--json", store=judged).document()
    assert found["judges"][0]["confusion"]["accuracy"] == pytest.approx(16 / 18)
    assert found["judges"][0]["versions"][0]["version"] == "openai:gpt-4o d1"


def test_a_name_that_no_judge_judged_is_refused(judged: Path, lodeline: Lodeline) -> None:
    told = lodeline("assessments", "judge", "wrong", store=judged, code=2)
    assert "see --judge-name" in told.err
    assert "Agreement needs two people" in lodeline("assessments", "agreement", "wrong", store=judged).out
