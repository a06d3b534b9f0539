"""Answers: which of two retrieval systems' answers is better, on three criteria, said by two people."""

from collections.abc import Iterator, Sequence
from functools import cache

from lodeline.demo.part import DemoLabeling, DemoPart, hashed_run_id
from lodeline.demo.responses import Response, request_count, requests
from lodeline.demo.sources import JsonObject, integer, items, mapping, rows, text
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import RunId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget, item_id_of
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.run import RunDraft

_FILE = "answers.jsonl.zst"
_SOURCE = "answers"
CRITERIA: tuple[str, ...] = ("correctness", "completeness", "overall")
PEOPLE = ("annotator_1", "annotator_2")
"""The source names nobody: who is first is the order within a pair."""
_SIDES = (0, 1)
_DRAFT = ExperimentDraft(
    name="demo: answers of retrieval systems (RAGChecker)",
    description=(
        "Answers of eight retrieval systems to 196 questions of ten fields. In the labeling session two people "
        "compared two answers to each question. Times are synthetic (the source has none)."
    ),
    tags={"lodeline.demo": _SOURCE},
    client_key="lodeline-demo-answers-1",
)
_FIRST_NS = 1_722_470_400 * 1_000_000_000
"""2024-08-01, the month of the publication."""
_JUDGED_MS = _FIRST_NS // 1_000_000 + 86_400_000
_SCHEMAS = [
    LabelSchemaDraft(
        name, "FEEDBACK", LabelInput("numeric", min_value=-2, max_value=2), f"Which answer is better: {name}?",
        "-2: the first, by far. 0: neither. 2: the second, by far.", direction="none",
    )
    for name in CRITERIA
]  # fmt: skip


def answers_part() -> DemoPart:
    """Return the part; its file is read here."""
    session = DemoLabeling(
        LabelingDraft(
            RunDraft("which answer is better", run_id=run_id()), (), "Compare both answers with the expected one.",
            PEOPLE,
            ReviewPolicy(
                reviews_required=2, mode="named", order="oldest", fields=("request", "response", "expectations")
            ),
            state="OPEN",
        ),
        _SCHEMAS, _targets, len(_rows()), _reviews, len(_rows()) * len(PEOPLE),
    )  # fmt: skip
    count = len(_rows()) * len(_SIDES)
    return DemoPart(_DRAFT, _requests, request_count(count), _assessments, count, labeling=[session])


def run_id() -> RunId:
    """Return the run of the labeling session."""
    return hashed_run_id(_SOURCE, "labeling")


def _requests() -> Iterator[bytes]:
    responses = (_response(row, side) for row in _rows() for side in _SIDES)
    return requests(responses, service="ragchecker", operation="answer", first_ns=_FIRST_NS)


def _assessments() -> Iterator[AssessmentDraft]:
    for row in _rows():
        for side in _SIDES:
            yield AssessmentDraft(
                target=AssessmentTarget(trace_id=_response(row, side).trace_id),
                name="expected_response",
                kind="EXPECTATION",
                source=AssessmentSource("HUMAN", text(row["dataset"])),
                value=row["expected"],
                identifier="lodeline-demo",
                created_ms=_JUDGED_MS,
            )


def _targets() -> Iterator[ReviewTarget]:
    return map(_target, _rows())


def _reviews() -> Iterator[PastReview]:
    for row in _rows():
        item_id = item_id_of(run_id(), _target(row))
        for person in PEOPLE:
            said = dict(zip(CRITERIA, items(mapping(row["people"])[person]), strict=True))
            yield PastReview(item_id, person, ReviewForm(said), _JUDGED_MS + integer(row["id"]))


def _target(row: JsonObject) -> ReviewTarget:
    first, second = (_response(row, side).trace_id for side in _SIDES)
    return ReviewTarget("PAIR", trace_id=first, other_trace_id=second)


def _response(row: JsonObject, side: int) -> Response:
    number, model = integer(row["id"]), text(items(row["models"])[side])
    inputs = {"question": row["query"]}
    key = (str(number), str(side))
    return Response(_SOURCE, key, len(_SIDES) * number + side, model, inputs, text(items(row["responses"])[side]))


@cache
def _rows() -> Sequence[JsonObject]:
    return rows(_FILE)
