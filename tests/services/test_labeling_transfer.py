"""Label schemas and labeling sessions in an experiment's file."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.errors import Invalid
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.issue import IssueDraft
from lodeline.domain.label_schema import LabelInput, LabelSchemaChange, LabelSchemaDraft, default_id
from lodeline.domain.labeling import ItemDraft, LabelingDraft, LabelingItem, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.review_queue import ReviewQueueDraft
from lodeline.domain.run import RunDraft
from lodeline.services.bundle import Services
from lodeline.services.reviewers import without_tokens
from tests.contract.build import span, write
from tests.services.bundled import services_over
from tests.services.test_transfer import export, rewrite

RUN = RunId("labels-1")
Spoil = Callable[[dict[str, Any]], None]


def fill(services: Services) -> ExperimentId:
    """Make an experiment with a session in which something of everything was done."""
    inside = services.experiments.create(LOCAL, ExperimentDraft("app")).experiment_id
    services.stores.traces.write(
        [write(f"tr-{n}", span("a", 1, session="chat"), experiment=inside) for n in range(3)]
    )
    tone = services.label_schemas.create(LOCAL, "app", LabelSchemaDraft("tone", "FEEDBACK", LabelInput("text")))
    services.label_schemas.update(LOCAL, tone.schema_id, LabelSchemaChange(title="Which tone?"))
    services.label_schemas.update(LOCAL, default_id(inside), LabelSchemaChange(title="Right?"))
    policy = ReviewPolicy(reviews_required=2, min_agreement=1.0, require_all_answers=False)
    draft = LabelingDraft(RunDraft("labels", run_id=RUN), (), "Read.", ("ann", "ben"), policy, state="OPEN")
    services.labeling.create(LOCAL, "app", draft, ["Feedback", "tone"])
    targets = [ReviewTarget("TRACE", trace_id=TraceId(f"tr-{n}")) for n in range(3)]
    drafts = [ItemDraft(each, n, {"Feedback": True}) for n, each in enumerate(targets)]
    ids = services.labeling_items.add(LOCAL, RUN, drafts).item_ids
    for name in ("ann", "ben"):
        form = ReviewForm({"Feedback": name == "ann", "tone": "ü"}, assertions={"k": "v"}, flags=("odd",))
        services.reviews.submit(LOCAL, ids[0], form, reviewer=name, key=f"key-{name}")
    services.labeling_items.adjudicate(LOCAL, ids[0], ReviewForm({"Feedback": True}), reviewer="dan")
    services.labeling_items.reopen(LOCAL, ids[0])
    services.reviews.decline(LOCAL, ids[1], "tired", reviewer="ann")
    services.labeling_items.remove(LOCAL, ids[2])
    services.issues.create(LOCAL, "app", IssueDraft("slow", "It takes minutes.", severity="high", root_causes=("a",)))
    services.issues.create(LOCAL, "app", IssueDraft("short", "Answers are short."))
    return inside


def put(services: Services, file: bytes, as_name: str | None = None) -> ExperimentId:
    services.transfer.import_file(LOCAL, io.BytesIO(file), as_name=as_name)
    return services.experiments.find(LOCAL, as_name or "app").experiment_id


def kept(services: Services) -> list[LabelingItem]:
    """The items of the session as an export keeps them."""
    return [without_tokens(item) for item in services.stores.reviews.every(RUN)]


def test_sessions_come_back_as_they_were(services: Services, other: Services) -> None:
    inside = fill(services)
    file = export(services)
    assert put(other, file) == inside
    assert other.labeling.get(LOCAL, RUN) == services.labeling.get(LOCAL, RUN)
    assert [*other.stores.reviews.every(RUN)] == kept(services)
    assert other.label_schemas.list(LOCAL, "app") == services.label_schemas.list(LOCAL, "app")
    for schema in services.label_schemas.list(LOCAL, "app"):
        versions = services.label_schemas.versions(LOCAL, schema.schema_id)
        assert other.label_schemas.versions(LOCAL, schema.schema_id) == versions
    assert other.stores.admin.check() == []
    put(other, file)
    assert [*other.stores.reviews.every(RUN)] == kept(services)


def test_reviewing_goes_on_after_an_import(services: Services, other: Services) -> None:
    fill(services)
    put(other, export(services))
    view = other.reviews.next(LOCAL, RUN, reviewer="ben").item
    assert view is not None
    assert view.mine is not None
    form = ReviewForm({"Feedback": True})
    done = other.reviews.submit(LOCAL, view.item_id, form, token=view.mine.token, reviewer="ben")
    assert done.mine is not None
    assert done.mine.submission is not None


def test_a_claim_leaves_its_token_behind(services: Services) -> None:
    fill(services)
    view = services.reviews.next(LOCAL, RUN, reviewer="ben").item
    assert view is not None
    assert view.mine is not None
    token = view.mine.token or ""
    assert token
    with zipfile.ZipFile(io.BytesIO(export(services))) as archive:
        assert token.encode() not in b"".join(archive.read(name) for name in archive.namelist())


def test_the_default_schema_is_the_other_experiments_own_there(services: Services, other: Services) -> None:
    fill(services)
    other.experiments.create(LOCAL, ExperimentDraft("first"))
    copy = put(other, export(services), as_name="copy")
    (default,) = [schema for schema in other.label_schemas.list(LOCAL, "copy") if schema.name == "Feedback"]
    assert (default.schema_id, default.title, default.is_default) == (default_id(copy), "Right?", True)


def test_a_session_asks_with_the_default_schema_of_its_experiment(services: Services, other: Services) -> None:
    fill(services)
    other.experiments.create(LOCAL, ExperimentDraft("first"))
    copy = put(other, export(services), as_name="copy")
    asked = {schema.name: schema for schema in other.labeling.get(LOCAL, RUN).schemas}
    assert (asked["Feedback"].schema_id, asked["Feedback"].experiment_id) == (default_id(copy), copy)


def test_issues_come_back_once(services: Services, other: Services) -> None:
    fill(services)
    file = export(services)
    report = other.transfer.import_file(LOCAL, io.BytesIO(file))
    assert (report.issues, report.labeling_sessions, report.labeling_items, report.label_schemas) == (2, 1, 3, 2)
    assert other.issues.search(LOCAL, ["app"]) == services.issues.search(LOCAL, ["app"])
    again = other.transfer.import_file(LOCAL, io.BytesIO(file))
    assert (again.issues, again.labeling_sessions, again.labeling_items, again.label_schemas) == (0, 0, 0, 0)


def test_a_review_queue_whose_name_is_taken_stays_out(services: Services, other: Services) -> None:
    services.experiments.create(LOCAL, ExperimentDraft("app"))
    services.review_queues.create(LOCAL, "app", ReviewQueueDraft("Mine", "CUSTOM"))
    file = export(services)
    own = other.review_queues.create(LOCAL, "0", ReviewQueueDraft("mine", "CUSTOM"))
    report = other.transfer.import_file(LOCAL, io.BytesIO(file), into="0")
    assert (report.runs, report.labeling_sessions) == (0, 0)
    assert other.review_queues.list(LOCAL, "0") == [own]


SPOILT: list[tuple[str, Spoil]] = [
    ("items", lambda row: row["item"].update(item_id="ri-other")),
    ("items", lambda row: row["item"]["assignments"][0].update(slot=7)),
    ("items", lambda row: row["item"]["assignments"][0].update(state="DECLINED")),
    ("items", lambda row: row["item"]["target"].update(session="chat")),
    ("labeling", lambda row: row["session"].update(state="SHUT")),
    ("labeling", lambda row: row["session"].update(schemas=[])),
    ("labeling", lambda row: row["session"]["policy"].update(overlap=2)),
    ("labels", lambda row: row.update(version=9)),
    ("issues", lambda row: row.update(status="odd")),
    ("issues", lambda row: row.update(severity="odd")),
    ("issues", lambda row: row.update(name="")),
    ("issues", lambda row: row.update(issue_id=" ")),
    ("labels", lambda row: row["input"].update(kind="colour")),
]


@pytest.mark.parametrize(("member", "spoil"), SPOILT)
def test_a_spoilt_file_is_refused_whole(
    services: Services, member: str, spoil: Callable[[dict[str, object]], None]
) -> None:
    fill(services)
    file = spoilt(export(services), member, spoil)
    with services_over() as fresh:
        with pytest.raises(Invalid):
            put(fresh, file)
        assert list(fresh.stores.labeling_transfer.sessions(ExperimentId("1"))) == []


def spoilt(file: bytes, member: str, spoil: Spoil) -> bytes:
    """Return the file with the first row of a folder changed, and its digests made right again."""

    def change(members: dict[str, bytes]) -> None:
        first, *rest = members[f"{member}/00001.jsonl"].splitlines(keepends=True)
        row = json.loads(first)
        spoil(row)
        members[f"{member}/00001.jsonl"] = json.dumps(row).encode() + b"\n" + b"".join(rest)

    return rewrite(file, change)
