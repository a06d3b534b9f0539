"""Answers in an experiment's file: held to the label schemas of their session, and otherwise as they were."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.dataset import DatasetDraft
from lodeline.domain.document import to_document
from lodeline.domain.errors import Invalid, NotFound, TooLarge
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import AssessmentId, ExperimentId, RunId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaChange, LabelSchemaDraft
from lodeline.domain.labeling import (
    ItemDraft,
    LabelingChange,
    LabelingDraft,
    LabelingItem,
    ReviewForm,
    ReviewPolicy,
    ReviewTarget,
)
from lodeline.domain.labeling_changes import with_former
from lodeline.domain.labeling_checks import MAX_FORMER_SCHEMAS
from lodeline.domain.record import RecordDraft
from lodeline.domain.run import RunDraft
from lodeline.domain.span import JsonValue
from lodeline.services.bundle import Services
from lodeline.services.reviewers import without_tokens
from tests.contract.build import judgment, span, write
from tests.services.bundled import services_over
from tests.services.test_transfer import export, rewrite

APP = ExperimentId("1")
RUN = RunId("labels-1")
SCHEMAS: dict[str, LabelInput] = {
    "good": LabelInput("pass_fail"),
    "tone": LabelInput("categorical", options=("kind", "rude")),
    "flaws": LabelInput("categorical", options=("long", "wrong"), multi_select=True),
    "score": LabelInput("numeric", min_value=1, max_value=5),
    "note": LabelInput("text", max_length=20),
    "facts": LabelInput("text_list", max_count=2),
    "marks": LabelInput("spans", options=("wrong",)),
}
TRACE = ReviewTarget("TRACE", trace_id=TraceId("tr-0"))
PAIR = ReviewTarget("PAIR", trace_id=TraceId("tr-0"), other_trace_id=TraceId("tr-1"))
CHAT = ReviewTarget("SESSION", session="chat")
Row = dict[str, Any]
Spoil = Callable[[Row], object]


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        fill(opened)
        yield opened


def fill(services: Services) -> None:
    """Have two people answer schemas of every kind about a trace, a pair, a conversation and a record; they differ
    about the trace, which is decided."""
    services.experiments.create(LOCAL, ExperimentDraft("app"))
    for n in range(2):
        said = {"input.value": f"ask {n}", "output.value": f"say {n}"}
        root = span("a", 1, session="chat", start_ms=n, attributes=said)
        services.stores.traces.write([write(f"tr-{n}", root, experiment=APP)])
    for name, given in SCHEMAS.items():
        kind = "EXPECTATION" if name == "facts" else "FEEDBACK"
        comment = name == "good"
        services.label_schemas.create(LOCAL, "app", LabelSchemaDraft(name, kind, given, enable_comment=comment))
    policy = ReviewPolicy(reviews_required=2, min_agreement=1.0, require_all_answers=False)
    draft = LabelingDraft(RunDraft("labels", run_id=RUN), (), "", ("ann", "ben"), policy, state="OPEN")
    services.labeling.create(LOCAL, "app", draft, [*SCHEMAS])
    items = [
        ItemDraft(TRACE, gold={"score": 5, "marks": [mark("response")]}),
        *map(ItemDraft, (PAIR, CHAT, record(services))),
    ]
    ids = services.labeling_items.add(LOCAL, RUN, items).item_ids
    for item_id, field in zip(ids, ("response", "2/response", "trace/tr-1/response", "response"), strict=True):
        for name in ("ann", "ben"):
            good = name == "ann" or item_id != ids[0]
            services.reviews.submit(LOCAL, item_id, form(field, good=good), reviewer=name)
    decision = ReviewForm({"good": True, "marks": [mark("response")]})
    services.labeling_items.adjudicate(LOCAL, ids[0], decision, reviewer="dan")


def mark(field: str) -> dict[str, JsonValue]:
    return {"field": field, "start": 0, "end": 3, "label": "wrong"}


def form(field: str, *, good: bool) -> ReviewForm:
    answers: dict[str, JsonValue] = {
        "good": good, "tone": "kind", "flaws": ["long"], "score": 4.5, "note": "ü", "facts": ["a", "b"],
        "marks": [mark(field)],
    }  # fmt: skip
    return ReviewForm(answers, comments={"good": "so"}, assertions={"cites": "a source"})


def record(services: Services) -> ReviewTarget:
    made = services.datasets.create(LOCAL, DatasetDraft(APP, "set"), experiment="app").dataset_id
    written = services.records.write(LOCAL, made, "merge", [RecordDraft({"q": "1"}, outputs="say so")])
    return ReviewTarget("RECORD", dataset_id=made, record_id=written.record_ids[0])


def foreign_judgment(services: Services) -> AssessmentId:
    """Log what somebody judged in another experiment."""
    services.stores.traces.write([write("tr-9", span("a", 1))])
    return services.assessments.log(LOCAL, judgment("tr-9", source="HUMAN")).assessment.assessment_id


def put(services: Services, file: bytes, into: str | None = None) -> None:
    services.transfer.import_file(LOCAL, io.BytesIO(file), into=into)


def kept(services: Services) -> list[LabelingItem]:
    return [without_tokens(item) for item in services.stores.reviews.every(RUN)]


def spoilt(file: bytes, spoil: Spoil, number: int = 0) -> bytes:
    """Return the file with one of its items changed, and its digests made right again."""

    def change(members: dict[str, bytes]) -> None:
        rows = [json.loads(line) for line in members["items/00001.jsonl"].splitlines()]
        spoil(rows[number]["item"])
        members["items/00001.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return rewrite(file, change)


def review(item: Row, slot: int = 1) -> Row:
    """Return a submission in the row of an item, to be changed."""
    return item["assignments"][slot]["submission"]


def decided(item: Row) -> Row:
    """Return the form of a decision in the row of an item, to be changed."""
    return item["adjudications"][0]["form"]


def answers(item: Row, slot: int = 1) -> Row:
    """Return the answers of a review in the row of an item, to be changed."""
    return review(item, slot)["form"]["answers"]


def test_answers_to_schemas_of_every_kind_come_back_as_they_were(services: Services, other: Services) -> None:
    file = export(services)
    put(other, file)
    assert kept(other) == kept(services)
    assert {item.state for item in kept(other)} == {"ADJUDICATED", "COMPLETE"}
    assert kept(other)[0].gold == kept(services)[0].gold != {}
    put(other, file)
    assert kept(other) == kept(services)


@pytest.mark.parametrize("noun", ["place", "required", "priority", "round", "reviews_required"])
def test_numbers_that_no_session_gives_are_refused(services: Services, noun: str) -> None:
    for value in (-(2**62), 2**62):
        with services_over() as fresh, pytest.raises(Invalid, match=noun):
            put(fresh, spoilt(export(services), lambda item, value=value: item.update({noun: value})))
    with services_over() as fresh, pytest.raises(Invalid, match="round is 9"):
        put(fresh, spoilt(export(services), lambda item: item["assignments"][0].update(round=9)))


def replace_mark(**fields: object) -> Spoil:
    return lambda item: answers(item)["marks"][0].update(fields)


WRONG: list[tuple[str, Spoil, tuple[str, ...]]] = [
    ("pass_fail", lambda i: answers(i).update(good="maybe"), ("'ben'", "good: 'maybe'", "true (Pass)")),
    ("number for a flag", lambda i: answers(i).update(good=1), ("'ben'", "good: 1")),
    ("option", lambda i: answers(i).update(tone="loud"), ("tone: 'loud'", "one of kind, rude")),
    ("options", lambda i: answers(i).update(flaws=["long", "odd"]), ("flaws:", "a list of long, wrong")),
    ("one for several", lambda i: answers(i).update(flaws="long"), ("flaws: 'long'",)),
    ("bound", lambda i: answers(i).update(score=7), ("score: 7", "from 1 to 5")),
    ("no number", lambda i: answers(i).update(score=float("nan")), ("score: nan",)),
    ("text", lambda i: answers(i).update(note="x" * 21), ("note:", "1 to 20 characters")),
    ("texts", lambda i: answers(i).update(facts=["a", "b", "c"]), ("facts:", "1 to 2 texts")),
    ("empty", lambda i: answers(i).update(facts=[" "]), ("facts: ' '",)),
    ("missing", lambda i: answers(i).update(good=None), ("good: None",)),
    ("no schema", lambda i: answers(i).update(other=1), ("answers: 'other' is no label schema",)),
    ("label", replace_mark(label="odd"), ("marks:", "'odd'", "one of wrong")),
    ("position", replace_mark(start=-1), ("marks:", "-1 to 3")),
    ("past the end", replace_mark(start=3, end=6), ("marks: 3 to 6 of 'response' goes past the end", "5 characters")),
    ("other part", replace_mark(field="request"), ("'request' is not in the response",)),
    ("words", replace_mark(text="to"), ("marks: span 0: text: 'to'",)),
    ("no words", lambda i: answers(i)["marks"][0].pop("text"), ("has no words",)),
    ("length", lambda i: review(i).update(text_lengths={}), ("text_lengths.marks is missing",)),
    ("odd length", lambda i: review(i)["text_lengths"].update(odd=3), ("text_lengths.odd",)),
    ("comment", lambda i: review(i)["form"]["comments"].update(tone="so"), ("takes no comm",)),
    ("no one's judgment", lambda i: review(i)["assessments"].update(x="a-1"), ("'x'",)),
    ("time", lambda i: review(i).update(duration_ms=-5), ("duration_ms: -5",)),
    ("decision", lambda i: decided(i)["answers"].update(score=0), ("decision of 'dan'", "score: 0")),
    ("no decision", lambda i: decided(i).update(answers={}), ("decision of 'dan'", "at least one")),
    ("gold", lambda i: i["gold"].update(score=6), ("gold", "score: 6")),
    ("gold of none", lambda i: i["gold"].update(other=6), ("gold: 'other'",)),
    ("deep", lambda i: answers(i).update(note=json.loads("[" * 900 + "]" * 900)), ()),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_an_answer_that_no_schema_lets_in_is_refused_before_anything_is_stored(
    services: Services, spoil: Spoil, said: tuple[str, ...]
) -> None:
    file = spoilt(export(services), spoil)
    item_id = kept(services)[0].item_id
    with services_over() as fresh:
        with pytest.raises((Invalid, TooLarge)) as caught:
            put(fresh, file)
        for words in (*said, f"session '{RUN}'", repr(item_id), "orrect it in the file") if said else ():
            assert words in str(caught.value)
        with pytest.raises(NotFound):
            fresh.experiments.find(LOCAL, "app")


@pytest.mark.parametrize("number", [1, 2, 3], ids=["pair", "conversation", "record"])
def test_answers_about_whatever_is_reviewed_are_held(services: Services, number: int) -> None:
    file = spoilt(export(services), lambda item: answers(item).update(tone="loud"), number)
    with services_over() as fresh, pytest.raises(Invalid, match="tone: 'loud'"):
        put(fresh, file)


def test_an_item_of_a_session_that_the_file_lacks_is_refused(services: Services) -> None:
    def change(members: dict[str, bytes]) -> None:
        del members["labeling/00001.jsonl"]

    with services_over() as fresh, pytest.raises(Invalid, match="session 'labels-1' of the item is not in the file"):
        put(fresh, rewrite(export(services), change))


def test_an_answer_in_other_words_is_kept_in_canonical_form(services: Services, other: Services) -> None:
    put(other, spoilt(export(services), lambda item: answers(item).update(good="Fail", facts="one", flaws=["long"])))
    submission = kept(other)[0].assignments[1].submission
    assert submission is not None
    assert (submission.form.answers["good"], submission.form.answers["facts"]) == (False, ["one"])


def ask_otherwise(services: Services) -> None:
    """Have the session ask with other options, without a schema that is deleted then, and under another name."""
    schemas = {each.name: each.schema_id for each in services.label_schemas.list(LOCAL, "app")}
    options = LabelSchemaChange(input=LabelInput("categorical", options=("warm", "cold")))
    services.label_schemas.update(LOCAL, schemas["tone"], options)
    services.label_schemas.update(LOCAL, schemas["good"], LabelSchemaChange(name="fine", enable_comment=False))
    asked = ["fine", *(name for name in SCHEMAS if name not in {"good", "note"})]
    services.labeling.update(LOCAL, RUN, LabelingChange(), schemas=asked)
    services.label_schemas.delete(LOCAL, schemas["note"])


def test_answers_to_what_a_session_asked_before_come_back(services: Services, other: Services) -> None:
    ask_otherwise(services)
    former = services.labeling.get(LOCAL, RUN).former_schemas
    assert [(each.name, each.version) for each in former] == [("good", 1), ("tone", 1), ("note", 1)]
    put(other, export(services))
    assert kept(other) == kept(services)
    assert other.labeling.get(LOCAL, RUN) == services.labeling.get(LOCAL, RUN)
    with services_over() as third:
        put(third, export(other))
        assert kept(third) == kept(services)


def test_a_schema_that_is_asked_again_is_not_a_former_one(services: Services) -> None:
    services.labeling.update(LOCAL, RUN, LabelingChange(), schemas=["good"])
    assert len(services.labeling.get(LOCAL, RUN).former_schemas) == len(SCHEMAS) - 1
    services.labeling.update(LOCAL, RUN, LabelingChange(), schemas=[*SCHEMAS])
    assert services.labeling.get(LOCAL, RUN).former_schemas == ()


def test_a_session_that_kept_no_former_schemas_has_those_of_its_file(services: Services, other: Services) -> None:
    schema_id = services.label_schemas.find(LOCAL, "app", "tone").schema_id
    options = LabelSchemaChange(input=LabelInput("categorical", options=("warm", "cold")))
    services.label_schemas.update(LOCAL, schema_id, options)
    services.labeling.update(LOCAL, RUN, LabelingChange(), schemas=[*SCHEMAS])

    def change(members: dict[str, bytes]) -> None:
        row = json.loads(members["labeling/00001.jsonl"])
        del row["session"]["former_schemas"]
        members["labeling/00001.jsonl"] = json.dumps(row).encode() + b"\n"

    put(other, rewrite(export(services), change))
    assert kept(other) == kept(services)


def test_former_schemas_are_bounded(services: Services) -> None:
    session = services.labeling.get(LOCAL, RUN)
    schema = replace(session.schemas[0], schema_id="former")

    def change(members: dict[str, bytes]) -> None:
        row = json.loads(members["labeling/00001.jsonl"].splitlines()[0])
        former = [to_document(replace(schema, version=number)) for number in range(1, MAX_FORMER_SCHEMAS + 2)]
        row["session"]["former_schemas"] = former
        members["labeling/00001.jsonl"] = json.dumps(row).encode() + b"\n"

    with services_over() as fresh, pytest.raises(TooLarge, match="former_schemas"):
        put(fresh, rewrite(export(services), change))
    many = [replace(schema, version=number) for number in range(1, MAX_FORMER_SCHEMAS + 6)]
    kept_versions = [each.version for each in with_former(session, many).former_schemas]
    assert kept_versions == list(range(6, MAX_FORMER_SCHEMAS + 6))
    known = with_former(session, [schema])
    assert with_former(known, [replace(schema, title="another")]).former_schemas == known.former_schemas


def test_a_session_that_is_there_learns_what_later_items_answer(services: Services, other: Services) -> None:
    put(other, export(services))
    ask_otherwise(services)
    added = services.labeling_items.add(
        LOCAL, RUN, [ItemDraft(ReviewTarget("TRACE", trace_id=TraceId("tr-1")))]
    ).item_ids  # fmt: skip
    services.reviews.submit(LOCAL, added[0], ReviewForm({"tone": "warm"}), reviewer="ann")
    before = other.labeling.get(LOCAL, RUN)
    put(other, export(services), into="app")
    after = other.labeling.get(LOCAL, RUN)
    assert after.schemas == before.schemas
    assert ("tone", 2) in {(each.name, each.version) for each in after.former_schemas}
    with services_over() as third:
        put(third, export(other))
        assert kept(third) == kept(other)


def test_undoing_an_imported_review_withdraws_nothing_of_another_experiment(
    services: Services, other: Services
) -> None:
    theirs = foreign_judgment(other)
    file = spoilt(
        export(services),
        lambda item: review(item, 0).update(assessments={"good": theirs}), 1,
    )  # fmt: skip
    put(other, file)
    item_id = kept(services)[1].item_id
    view = other.reviews.undo(LOCAL, item_id, reviewer="ann")
    assert view.mine is not None
    assert view.mine.state == "CLAIMED"
    assert other.assessments.get(LOCAL, theirs).valid
    other.reviews.submit(LOCAL, item_id, form("2/response", good=True), token=view.mine.token, reviewer="ann")
    assert other.assessments.get(LOCAL, theirs).valid
