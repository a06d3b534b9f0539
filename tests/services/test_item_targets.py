"""Items about something of another experiment: refused by an import, and not there for whoever reads them."""

import io

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.dataset import DatasetChange, DatasetDraft
from lodeline.domain.errors import Conflict, NotFound
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId, RunId, TraceId
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import (
    ItemDraft,
    LabelingDraft,
    LabelingItem,
    ReviewForm,
    ReviewTarget,
    item_id_of,
)
from lodeline.domain.record import RecordDraft
from lodeline.domain.run import RunDraft
from lodeline.domain.trace import TraceInfo
from lodeline.services.bundle import Services
from lodeline.services.item_targets import TargetOwners
from lodeline.services.item_titles import titles_of
from tests.contract.build import span, write
from tests.services.bundled import services_over
from tests.services.test_transfer import export

RUN = RunId("labels-1")
SECRET = "the code is 1234"
FORM = ReviewForm({"tone": "kind"})


def labelled(services: Services, *trace_ids: str) -> ExperimentId:
    """Make an experiment with a session that has an item for each of its traces."""
    inside = services.experiments.create(LOCAL, ExperimentDraft("app")).experiment_id
    services.stores.traces.write([write(each, span("a", 1), experiment=inside) for each in trace_ids])
    services.label_schemas.create(LOCAL, "app", LabelSchemaDraft("tone", "EXPECTATION", LabelInput("text")))
    draft = LabelingDraft(RunDraft("labels", run_id=RUN), (), state="OPEN")
    services.labeling.create(LOCAL, "app", draft, ["tone"])
    if trace_ids:
        traces = [ReviewTarget("TRACE", trace_id=TraceId(each)) for each in trace_ids]
        services.labeling_items.add(LOCAL, RUN, [ItemDraft(each) for each in traces])
    return inside


def secret(services: Services) -> tuple[ExperimentId, DatasetId]:
    """Make another experiment with two traces, a run, and a dataset with a record."""
    outside = services.experiments.create(LOCAL, ExperimentDraft("secret")).experiment_id
    info = TraceInfo(request=SECRET, finalised=True)
    traces = [write(each, span("a", 1), info=info, experiment=outside) for each in ("tr-1", "tr-9")]
    services.stores.traces.write(traces)
    services.runs.create(LOCAL, "secret", RunDraft("r", run_id=RunId("foreign")))
    dataset_id = services.datasets.create(LOCAL, DatasetDraft(outside, "d"), experiment="secret").dataset_id
    record = RecordDraft({"q": SECRET}, record_id=RecordId("dr-1"))
    services.records.write(LOCAL, dataset_id, "append", [record])
    return outside, dataset_id


def targets(dataset_id: str) -> list[ReviewTarget]:
    """What an item of `app` may say that it is about, all of it something of `secret`."""
    own, foreign = TraceId("tr-0"), TraceId("tr-1")
    return [
        ReviewTarget("TRACE", trace_id=foreign),
        ReviewTarget("PAIR", trace_id=own, other_trace_id=foreign),
        ReviewTarget("PAIR", trace_id=foreign, other_trace_id=TraceId("tr-9")),
        ReviewTarget("RECORD", dataset_id=dataset_id, record_id="dr-1", dataset_version=1),
        ReviewTarget("ROW", run_id=RUN, row_key="0", repetition=0, trace_id=foreign),
    ]


def planted(services: Services, inside: ExperimentId, target: ReviewTarget) -> LabelingItem:
    """Put an item into the session that no door of today lets in."""
    item = LabelingItem(item_id_of(RUN, target), RUN, target, 7, "PENDING", required=1, added_ms=1)
    assert services.stores.labeling_transfer.restore_items(inside, [item]) == 1
    return item


def test_an_import_refuses_items_about_traces_of_another_experiment(services: Services, other: Services) -> None:
    labelled(services, "tr-0", "tr-1", "tr-2")
    services.traces.delete(LOCAL, [TraceId("tr-2")])
    secret(other)
    report = other.transfer.import_file(LOCAL, io.BytesIO(export(services)), as_name="copy")
    assert (report.traces, report.existing_count, report.labeling_items) == (1, 1, 2)
    (refused,) = report.refused
    assert "trace tr-1" in refused
    # One whose trace was deleted is kept as such.
    kept = {item.target.trace_id: item.state for item in other.stores.reviews.every(RUN)}
    assert kept == {"tr-0": "PENDING", "tr-2": "UNAVAILABLE"}


def test_an_import_again_refuses_them_again_and_keeps_the_rest(services: Services, other: Services) -> None:
    labelled(services, "tr-0", "tr-1")
    secret(other)
    file = export(services)
    reports = [other.transfer.import_file(LOCAL, io.BytesIO(file), as_name="copy") for _ in range(2)]
    assert [report.labeling_items for report in reports] == [1, 0]
    assert reports[0].refused == reports[1].refused


def test_what_belongs_to_another_experiment(other: Services) -> None:
    inside = labelled(other, "tr-0")
    outside, dataset_id = secret(other)
    owners = TargetOwners(other.stores, inside)
    assert all(owners.foreign(targets(dataset_id)))
    foreign_row = ReviewTarget("ROW", run_id=RunId("foreign"), row_key="0")
    assert owners.foreign([foreign_row]) == ["evaluation foreign"]
    gone = [
        ReviewTarget("TRACE", trace_id=TraceId("tr-gone")),
        ReviewTarget("PAIR", trace_id=TraceId("tr-0"), other_trace_id=TraceId("tr-gone")),
        ReviewTarget("RECORD", dataset_id="d-gone", record_id="dr-1"),
        ReviewTarget("ROW", run_id=RunId("gone"), row_key="0"),
        ReviewTarget("SESSION", session="chat"),
    ]
    assert owners.foreign(gone) == [None] * len(gone)
    assert TargetOwners(other.stores, outside).foreign(targets(dataset_id)[2:4]) == [None, None]


def test_a_dataset_that_is_linked_is_none_of_another_experiment(other: Services) -> None:
    inside = labelled(other, "tr-0")
    _, dataset_id = secret(other)
    other.datasets.update(LOCAL, dataset_id, DatasetChange(link=(inside,)))
    target = targets(dataset_id)[3]
    assert TargetOwners(other.stores, inside).foreign([target]) == [None]
    item = planted(other, inside, target)
    assert other.reviews.view(LOCAL, item.item_id, reviewer="ann").contents[0].request == {"q": SECRET}


@pytest.mark.parametrize("at", range(5))
def test_an_item_of_another_experiment_shows_nothing(other: Services, at: int) -> None:
    inside = labelled(other)
    other.stores.traces.write([write("tr-0", span("a", 1), experiment=inside)])
    _, dataset_id = secret(other)
    item = planted(other, inside, targets(dataset_id)[at])
    assert SECRET not in repr(titles_of(other.stores, inside, [item]))
    with pytest.raises((Conflict, NotFound)):
        other.reviews.submit(LOCAL, item.item_id, FORM, reviewer="ann")
    with pytest.raises(Conflict) as caught:
        other.reviews.view(LOCAL, item.item_id, reviewer="ann")
    assert caught.value.details == {"state": "UNAVAILABLE"}
    assert other.reviews.next(LOCAL, RUN, reviewer="ann").item is None
    assert list(other.reviews.held(LOCAL, RUN, reviewer="ann").items) == []
    foreign = [TraceId("tr-1"), TraceId("tr-9")]
    assert not any(other.stores.assessments.of_traces(foreign).values())


@pytest.mark.parametrize("at", [0, 2, 3])
def test_no_record_is_made_of_an_item_of_another_experiment(services: Services, at: int) -> None:
    inside = labelled(services)
    _, dataset_id = secret(services)
    into = services.datasets.create(LOCAL, DatasetDraft(inside, "mine"), experiment="app").dataset_id
    # Reviewed while what it is about was in the experiment, as far as the file tells.
    with services_over() as elsewhere:
        there = labelled(elsewhere)
        elsewhere.stores.traces.write([write("tr-1", span("a", 1), experiment=there)])
        elsewhere.stores.traces.write([write("tr-9", span("a", 1), experiment=there)])
        mine = elsewhere.datasets.create(
            LOCAL, DatasetDraft(there, "d", dataset_id=dataset_id), experiment="app"
        ).dataset_id
        elsewhere.records.write(LOCAL, mine, "append", [RecordDraft({"q": 1}, record_id=RecordId("dr-1"))])
        item = planted(elsewhere, there, targets(mine)[at])
        elsewhere.reviews.submit(LOCAL, item.item_id, FORM, reviewer="ann")
        (reviewed,) = elsewhere.stores.reviews.every(RUN)
    assert services.stores.labeling_transfer.restore_items(inside, [reviewed]) == 1
    report = services.labeling_items.sync(LOCAL, RUN, into)
    assert (report.items, report.skipped, report.inserted) == (1, 1, 0)
