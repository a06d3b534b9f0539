"""Rubric: one model judged each answer three times by a written rubric, and people have still to judge.

The labeling session is open: its report shows how far the judge agrees with itself, and whoever reviews, with people.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from lodeline.demo.part import DemoLabeling, DemoPart, hashed_run_id
from lodeline.demo.responses import Response, request_count, requests
from lodeline.demo.sources import JsonObject, items, rows, text
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import RunId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewPolicy, ReviewTarget
from lodeline.domain.run import RunDraft

_FILE = "rubric.jsonl.zst"
_SOURCE = "rubric"
SCORE, JUDGE, VERDICTS = "score", "gpt-4", 3
_DRAFT = ExperimentDraft(
    name="demo: rubric judge (Prometheus)",
    description=(
        "Answers of four models to 80 questions of MT-Bench, judged three times each by GPT-4 with a rubric, from 1 "
        "to 5, with its reasons. The labeling session is open for people. Times are synthetic (the source has none)."
    ),
    tags={"lodeline.demo": _SOURCE},
    client_key="lodeline-demo-rubric-1",
)
_FIRST_NS = 1_696_118_400 * 1_000_000_000
"""2023-10-01, the month of the publication."""
_JUDGED_MS = _FIRST_NS // 1_000_000 + 86_400_000
_SCHEMA = LabelSchemaDraft(
    SCORE, "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5), "How well does it meet the rubric?",
    "The rubric and a reference answer stand with the request.", enable_comment=True,
)  # fmt: skip


def rubric_part() -> DemoPart:
    """Return the part; its file is read here."""
    session = DemoLabeling(
        LabelingDraft(
            RunDraft("score by the rubric", run_id=run_id()), (), "Score the answer by the rubric beside it.",
            policy=ReviewPolicy(reviews_required=2, overlap=0.5, order="random"), state="OPEN",
        ),
        [_SCHEMA], _targets, len(_rows()), closes=False,
    )  # fmt: skip
    return DemoPart(
        _DRAFT, _requests, request_count(len(_rows())), _assessments, VERDICTS * len(_rows()), labeling=[session]
    )


def run_id() -> RunId:
    """Return the run of the labeling session."""
    return hashed_run_id(_SOURCE, "labeling")


def _requests() -> Iterator[bytes]:
    return requests(_responses(), service="mt-bench", operation="answer", first_ns=_FIRST_NS)


def _assessments() -> Iterator[AssessmentDraft]:
    for response, row in zip(_responses(), _rows(), strict=True):
        for number, verdict in enumerate(items(row["verdicts"])):
            score, feedback = items(verdict)
            yield AssessmentDraft(
                target=AssessmentTarget(trace_id=response.trace_id),
                name=SCORE,
                kind="FEEDBACK",
                source=AssessmentSource("LLM_JUDGE", JUDGE),
                value=score,
                rationale=text(feedback),
                identifier=f"lodeline-demo-{number}",
                created_ms=_JUDGED_MS + number,
            )


def _targets() -> Iterator[ReviewTarget]:
    return (ReviewTarget("TRACE", trace_id=response.trace_id) for response in _responses())


def _responses() -> Iterator[Response]:
    for number, row in enumerate(_rows()):
        model = text(row["model"])
        inputs = {"request": row["asked"], "reference": row["reference"], "rubric": row["rubric"]}
        yield Response(_SOURCE, (text(row["idx"]), model), number, model, inputs, text(row["response"]))


@cache
def _rows() -> Sequence[JsonObject]:
    return rows(_FILE)
