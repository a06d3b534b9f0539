"""Pairs: which of two models' responses is better, said by three people and by two models: a labeling session.

The answers are those of the source: 1 and 2 name the better response, 0 neither. One of the judges also wrote "Tie",
and "garbage" where it answered something else; that is kept as it was said.
"""

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
from lodeline.domain.review_outputs import PAIR
from lodeline.domain.run import RunDraft

_FILE = "pairs.jsonl.zst"
_SOURCE = "pairs"
BETTER = "better"
PEOPLE = ("annotator 1", "annotator 2", "annotator 3")
JUDGES = ("gpt-3.5-turbo", "pandalm-7b")
_DRAFT = ExperimentDraft(
    name="demo: pairs of responses (PandaLM)",
    description=(
        "Responses of five language models of 7 billion parameters to 118 instructions. In the labeling session "
        "three people said of 672 pairs which response is better; two models judged the same pairs. Times are "
        "synthetic (the source has none)."
    ),
    tags={"lodeline.demo": _SOURCE},
    client_key="lodeline-demo-pairs-1",
)
_FIRST_NS = 1_682_899_200 * 1_000_000_000
"""2023-05-01, after the publication of the models."""
_JUDGED_MS = _FIRST_NS // 1_000_000 + 86_400_000
_SCHEMA = LabelSchemaDraft(
    BETTER, "FEEDBACK", LabelInput("categorical", options=("0", "1", "2")), "Which response is better?",
    "1 is the first, 2 the second, 0 neither.", enable_comment=True, direction="none",
)  # fmt: skip


def pairs_part() -> DemoPart:
    """Return the part; its file is read here."""
    session = DemoLabeling(
        LabelingDraft(
            RunDraft("which response is better", run_id=run_id()), (),
            "Read the instruction and its input, then both responses.", PEOPLE,
            ReviewPolicy(reviews_required=3, mode="named", min_agreement=1.0, order="oldest"), state="OPEN",
        ),
        [_SCHEMA], _targets, len(_pairs()), _reviews, len(_pairs()) * len(PEOPLE),
    )  # fmt: skip
    return DemoPart(
        _DRAFT, _requests, request_count(len(_responses())), _assessments, len(_pairs()) * len(JUDGES),
        labeling=[session],
    )  # fmt: skip


def run_id() -> RunId:
    """Return the run of the labeling session."""
    return hashed_run_id(_SOURCE, "labeling")


def _requests() -> Iterator[bytes]:
    return requests(_responses().values(), service="pandalm", operation="respond", first_ns=_FIRST_NS)


def _assessments() -> Iterator[AssessmentDraft]:
    for row in _pairs():
        target = _target(row)
        for judge, (said, reason) in ((name, items(mapping(row["judges"])[name])) for name in JUDGES):
            yield AssessmentDraft(
                target=AssessmentTarget(trace_id=target.trace_id),
                name=BETTER,
                kind="FEEDBACK",
                source=AssessmentSource("LLM_JUDGE", judge),
                value=said,
                rationale=text(reason) or None,
                metadata={PAIR: target.other_trace_id or ""},
                identifier=f"lodeline-demo-{row['idx']}-{judge}",
                created_ms=_JUDGED_MS + integer(row["idx"]),
            )


def _targets() -> Iterator[ReviewTarget]:
    return map(_target, _pairs())


def _reviews() -> Iterator[PastReview]:
    for row in _pairs():
        item_id = item_id_of(run_id(), _target(row))
        for reviewer, said in zip(PEOPLE, items(row["people"]), strict=True):
            yield PastReview(item_id, reviewer, ReviewForm({BETTER: text(said)}), _JUDGED_MS + integer(row["idx"]))


def _target(row: JsonObject) -> ReviewTarget:
    first, second = (_responses()[_key(row, side)].trace_id for side in (0, 1))
    return ReviewTarget("PAIR", trace_id=first, other_trace_id=second)


def _key(row: JsonObject, side: int) -> tuple[str, ...]:
    """Return what tells a response: what was asked, by which model it was answered, and what with."""
    model, response = text(items(row["models"])[side]), text(items(row["responses"])[side])
    return text(row["instruction"]), text(row["input"]), model, response


@cache
def _responses() -> dict[tuple[str, ...], Response]:
    """Return the responses by their keys, in the order in which the pairs name them."""
    found: dict[tuple[str, ...], Response] = {}
    for row in _pairs():
        for side in (0, 1):
            key = _key(row, side)
            if key not in found:
                instruction, given, model, output = key
                inputs = {"instruction": instruction} | ({"input": given} if given else {})
                found[key] = Response(_SOURCE, key, len(found), model, inputs, output)
    return found


@cache
def _pairs() -> Sequence[JsonObject]:
    return rows(_FILE)
