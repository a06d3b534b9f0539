"""Summaries: people mark what a summary of a news article makes up, and say whether it is true all the same.

Three raters a summary; of some summaries nobody said whether they are true. A rater is a number of the source, which
names nobody. The articles are not part of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from lodeline.demo.part import DemoLabeling, DemoPart, hashed_run_id
from lodeline.demo.responses import Response, request_count, requests
from lodeline.demo.sources import JsonObject, items, mapping, rows, text
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import RunId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget, item_id_of
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue

_FILE = "summaries.jsonl.zst"
_SOURCE = "summaries"
FACTUAL, HALLUCINATION, SPANS = "factual", "hallucination", "made_up"
RATERS = ("wid_0", "wid_1", "wid_2")
_DRAFT = ExperimentDraft(
    name="demo: summaries (XSum)",
    description=(
        "Summaries of 350 BBC articles by four systems and by their editors. In the labeling session three raters "
        "marked what each summary makes up, against the article (intrinsic) or beside it (extrinsic), and said "
        "whether it is true. Times are synthetic (the source has none)."
    ),
    tags={"lodeline.demo": _SOURCE},
    client_key="lodeline-demo-summaries-1",
)
_FIRST_NS = 1_588_291_200 * 1_000_000_000
"""2020-05-01, the month of the publication."""
_JUDGED_MS = _FIRST_NS // 1_000_000 + 86_400_000
_SCHEMAS = (
    LabelSchemaDraft(FACTUAL, "FEEDBACK", LabelInput("pass_fail", "True", "Not true"), "Is the summary true?"),
    LabelSchemaDraft(
        HALLUCINATION, "FEEDBACK", LabelInput("categorical", options=("none", "intrinsic", "extrinsic", "both")),
        "What does the summary make up?", "Intrinsic: it contradicts the article. Extrinsic: the article lacks it.",
        direction="none",
    ),
    LabelSchemaDraft(
        SPANS, "FEEDBACK", LabelInput("spans", options=("intrinsic", "extrinsic"), max_count=20), "Which words?",
        "Mark what the article contradicts (intrinsic) or lacks (extrinsic).", direction="none",
    ),
)  # fmt: skip


def summaries_part() -> DemoPart:
    """Return the part; its file is read here."""
    session = DemoLabeling(
        LabelingDraft(
            RunDraft("what summaries make up", run_id=run_id()), (), "Read the article, then the summary.", RATERS,
            ReviewPolicy(reviews_required=3, mode="named", order="oldest", require_all_answers=False), state="OPEN",
        ),
        _SCHEMAS, _targets, len(_rows()), _reviews, sum(1 for _ in _reviews()),
    )  # fmt: skip
    return DemoPart(
        _DRAFT, _requests, request_count(len(_rows())), lambda: iter(()), 0, labeling=[session]
    )  # fmt: skip


def run_id() -> RunId:
    """Return the run of the labeling session."""
    return hashed_run_id(_SOURCE, "labeling")


def _requests() -> Iterator[bytes]:
    responses = (_response(number, row) for number, row in enumerate(_rows()))
    return requests(responses, service="xsum", operation="summarise", first_ns=_FIRST_NS)


def _targets() -> Iterator[ReviewTarget]:
    return (_target(number, row) for number, row in enumerate(_rows()))


def _reviews() -> Iterator[PastReview]:
    for number, row in enumerate(_rows()):
        item_id = item_id_of(run_id(), _target(number, row))
        marked, factual = mapping(row["marked"]), mapping(row["factual"])
        for rater in RATERS:
            answers: dict[str, JsonValue] = {}
            if rater in marked:
                spans = [_span(items(mark)) for mark in items(marked[rater])]
                answers |= {SPANS: spans, HALLUCINATION: _kind(spans)}
            if rater in factual:
                answers[FACTUAL] = factual[rater]
            if answers:
                yield PastReview(item_id, rater, ReviewForm(answers), _JUDGED_MS + number)


def _kind(spans: Sequence[Mapping[str, JsonValue]]) -> str:
    """Return which kind of what is made up there is in a summary."""
    kinds = {text(span["label"]) for span in spans}
    return "both" if len(kinds) > 1 else next(iter(kinds), "none")


def _span(mark: Sequence[JsonValue]) -> Mapping[str, JsonValue]:
    kind, start, end = mark
    return {"field": "response", "start": start, "end": end, "label": kind}


def _target(number: int, row: JsonObject) -> ReviewTarget:
    return ReviewTarget("TRACE", trace_id=_response(number, row).trace_id)


def _response(number: int, row: JsonObject) -> Response:
    document, system = text(row["document"]), text(row["system"])
    return Response(_SOURCE, (document, system), number, system, {"document": document}, text(row["summary"]))


@cache
def _rows() -> Sequence[JsonObject]:
    return rows(_FILE)
