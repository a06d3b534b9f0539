"""Masks over what comes in beside spans."""

from collections.abc import Iterator
from io import BytesIO

import orjson
import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.assessment import AssessmentChange, AssessmentError
from lodeline.domain.errors import NotFound
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft, ScoreDraft
from lodeline.domain.experiment import CaptureMode, ExperimentChange, ExperimentSettings
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.run import RunDraft
from lodeline.services.bundle import Services
from tests.contract.build import judgment, span, write
from tests.services.bundled import make, services_over

ONE, TRACE = ExperimentId("1"), TraceId("tr-" + "ab" * 16)
KEY = "sk-" + "a" * 48
TEXT, MASKED = f"the key {KEY} of patient 47110815", "the key [masked] of [masked]"
SPANS = b'{"spans": [{"name": "a", "attributes": {"mlflow.spanInputs": "\\"patient 47110815\\""}}]}'


@pytest.fixture
def services() -> Iterator[Services]:
    with services_over() as opened:
        make(opened, "one", ExperimentSettings(mask_patterns=("patient [0-9]+",)))
        opened.stores.traces.write([write(TRACE, span(), experiment=ONE)])
        yield opened


def test_tags_are_masked(services: Services) -> None:
    assert services.traces.tag(LOCAL, TRACE, {"a": TEXT}).tags["a"] == MASKED
    services.traces.tag_many(LOCAL, [TRACE], {TEXT: "b"})
    assert services.traces.get(LOCAL, TRACE).tags[MASKED] == "b"


def test_judgments_and_their_changes_are_masked(services: Services) -> None:
    draft = judgment(TRACE, "good", {"why": TEXT}, rationale=TEXT, metadata={"m": TEXT}, identifier="once")
    made = services.assessments.log(LOCAL, draft).assessment
    assert (made.value, made.rationale, made.metadata) == ({"why": MASKED}, MASKED, {"m": MASKED})
    assert services.assessments.log(LOCAL, draft).changed is False
    failed = judgment(TRACE, "bad", None, error=AssessmentError("E", TEXT))
    assert services.assessments.log(LOCAL, failed).assessment.error == AssessmentError("E", MASKED)
    change = AssessmentChange(replace_value=True, value=TEXT, rationale=TEXT, reason=TEXT)
    changed = services.assessments.update(LOCAL, made.assessment_id, change)
    assert (changed.value, changed.rationale) == (MASKED, MASKED)
    assert services.assessments.history(LOCAL, made.assessment_id)[-1].reason == MASKED


def test_a_judgment_that_waits_is_masked_before_it_is_kept(services: Services) -> None:
    draft = judgment("tr-" + "cd" * 16, "good", TEXT)
    parked = services.assessments.log(LOCAL, draft, experiment="one", park=True).assessment
    assert parked.value == MASKED
    services.stores.traces.write([write("tr-" + "cd" * 16, span(), experiment=ONE)])
    assert services.parking.attach_all() == 1
    assert services.assessments.get(LOCAL, parked.assessment_id).value == MASKED


def test_rows_of_an_evaluation_are_masked(services: Services) -> None:
    made = services.evaluations.create(LOCAL, ONE, EvaluationDraft(RunDraft("a"), Bindings(), 1)).run.run_id
    services.evaluations.start(LOCAL, made)
    row = RowDraft(
        "r", trace_id=TRACE, error=TEXT, scores=(ScoreDraft("s", TEXT, rationale=TEXT, metadata={"m": TEXT}),),
        expectations={"e": [TEXT]},
    )  # fmt: skip
    services.evaluations.log_rows(LOCAL, made, [row])
    found = {each.name: each for each in services.assessments.of_trace(LOCAL, TRACE)}
    assert (found["s"].value, found["s"].rationale, found["e"].value) == (MASKED, MASKED, [MASKED])


@pytest.mark.parametrize("mode", ["full", "hashed", "structure", "none"])
def test_a_traces_file_of_spans_is_kept_masked_or_not_at_all(services: Services, mode: CaptureMode) -> None:
    services.experiments.update(LOCAL, ONE, ExperimentChange(settings={"capture": mode}))
    path = f"1/traces/{TRACE}/artifacts/traces.json"
    data = BytesIO(SPANS)
    services.artifacts.put(LOCAL, path, data)
    assert data.read() == SPANS
    if mode == "full":
        _, stream = services.artifacts.open(LOCAL, path)
        with stream:
            assert stream.read() == orjson.dumps(orjson.loads(SPANS.replace(b"patient 47110815", b"[masked]")))
        return
    with pytest.raises(NotFound):
        services.artifacts.open(LOCAL, path)


def test_other_files_are_kept_as_they_are(services: Services) -> None:
    path = f"1/traces/{TRACE}/artifacts/notes.txt"
    services.artifacts.put(LOCAL, path, BytesIO(TEXT.encode()))
    _, stream = services.artifacts.open(LOCAL, path)
    with stream:
        assert stream.read() == TEXT.encode()


def test_what_masks_make_too_long_is_cut_and_can_be_imported_again(services: Services) -> None:
    services.experiments.update(LOCAL, ONE, ExperimentChange(settings={"mask_patterns": ("a",)}))
    key, long = "ab" * 125, "ab" * 50_000
    tags = services.traces.tag(LOCAL, TRACE, {key: "ab" * 10_000}).tags
    assert [(len(name), len(value)) for name, value in tags.items()] == [(250, 20_000)]
    draft = judgment(TRACE, "good", rationale=long, metadata={key: "b"}, identifier="once")
    made = services.assessments.log(LOCAL, draft).assessment
    assert (len(made.rationale or ""), [len(name) for name in made.metadata]) == (100_000, [250])
    assert services.assessments.log(LOCAL, draft).changed is False
    file = BytesIO(b"".join(services.transfer.export(LOCAL, ONE)[1]))
    services.traces.delete(LOCAL, [TRACE])
    assert services.transfer.import_file(LOCAL, file, as_name="again").traces == 1


def test_a_judgment_on_a_session_is_on_the_masked_one(services: Services) -> None:
    made = services.assessments.log(LOCAL, judgment(None, session="patient 47110815"), experiment="one").assessment
    assert made.target.session == "[masked]"


def test_what_reviewers_say_is_masked_in_the_review_and_in_its_judgments(services: Services) -> None:
    schema = LabelSchemaDraft("said", "FEEDBACK", LabelInput("text"))
    services.label_schemas.create(LOCAL, "one", schema)
    draft = LabelingDraft(
        RunDraft("labels"), (), "Be fair.", ("ann", "ben"), ReviewPolicy(reviews_required=2), state="OPEN"
    )
    run_id = services.labeling.create(LOCAL, "one", draft, ["said"]).run.run_id
    (item,) = services.labeling_items.add(LOCAL, run_id, [ItemDraft(ReviewTarget("TRACE", trace_id=TRACE))]).item_ids
    form = ReviewForm({"said": TEXT}, comment=TEXT, assertions={"a": TEXT})
    view = services.reviews.submit(LOCAL, item, form, reviewer="ann")
    assert "47110815" not in repr(view)
    services.labeling_items.log_reviews(LOCAL, run_id, [PastReview(item, "ben", form)])
    found = services.assessments.of_trace(LOCAL, TRACE)
    assert {each.name for each in found} >= {"said"}
    assert MASKED in [each.value for each in found]
    assert "47110815" not in repr(found)
    assert "47110815" not in repr(services.labeling_items.get(LOCAL, item))
