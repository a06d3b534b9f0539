"""Loading what the demonstration evaluates: models, datasets, and evaluations with recorded results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from lodeline.demo.part import DemoDataset, DemoEvaluation, DemoPart
from lodeline.domain.dataset import DatasetVersion
from lodeline.domain.errors import Conflict, Invalid, NotFound
from lodeline.domain.evaluation import ENDED_EVALUATION, Bindings, Evaluation
from lodeline.domain.evaluation_row import RowDraft
from lodeline.domain.run import RunInput

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

_RECORDS_A_CALL = 2_000
_ROWS_A_CALL = 500


def steps(part: DemoPart) -> int:
    """Return how many steps `load_evaluations` will advance by: one a row of an evaluation."""
    return sum(item.draft.rows_total or 0 for item in part.evaluations)


def load_evaluations(
    client: "LodelineClient", part: DemoPart, experiment_id: str, advance: Callable[[int], None]
) -> None:
    """Load the part's models, dataset and evaluations, whose traces must be there. Again changes nothing, and two
    loads at one time do what one does."""
    for draft in part.models:
        client.models.create(draft, experiment=experiment_id)
    if part.dataset is None:
        return
    version = _dataset(client, part.dataset, experiment_id)
    for item in part.evaluations:
        _evaluation(client, item, version, experiment_id, advance)


def _dataset(client: "LodelineClient", dataset: DemoDataset, experiment_id: str) -> DatasetVersion:
    try:
        found = client.datasets.create(
            dataset.name, experiment=experiment_id, identity="by_external_id", description=dataset.description
        )
    except Conflict:
        found = client.datasets.find(dataset.name, experiment=experiment_id)
    if found.latest_version == 0:
        for start in range(0, len(dataset.records), _RECORDS_A_CALL):
            batch = dataset.records[start : start + _RECORDS_A_CALL]
            report = client.records.write(found.dataset_id, batch, draft=True)
            if report.rejected:
                raise Invalid(f"a record of the demonstration was refused: {report.rejected[0].reason}")
        client.datasets.publish(found.dataset_id, message="the published data")
    return client.datasets.version(found.dataset_id, 1)


def _evaluation(
    client: "LodelineClient",
    item: DemoEvaluation,
    version: DatasetVersion,
    experiment_id: str,
    advance: Callable[[int], None],
) -> None:
    """Make an evaluation and log its rows; one that has ended, maybe meanwhile by another load, is left as it is."""
    evaluation = _begun(client, item, version, experiment_id)
    run_id = evaluation.run.run_id
    logged = 0
    try:
        for batch in _batches(item.rows()) if evaluation.state not in ENDED_EVALUATION else ():
            report = client.evaluations.log_rows(run_id, batch)
            if report.missing_traces:
                raise Invalid(f"trace {report.missing_traces[0]} of the demonstration's evaluation is not there.")
            advance(len(batch))
            logged += len(batch)
        if logged:
            client.evaluations.finish(run_id)
    except Conflict:
        if client.evaluations.get(run_id).state not in ENDED_EVALUATION:
            raise
    advance((item.draft.rows_total or 0) - logged)


def _begun(client: "LodelineClient", item: DemoEvaluation, version: DatasetVersion, experiment_id: str) -> Evaluation:
    """Return the evaluation, made when it is missing, and no longer CREATED."""
    data = RunInput(dataset_id=version.dataset_id, version=version.version, digest=version.digest, context="eval")
    draft = replace(
        item.draft,
        run=replace(item.draft.run, inputs=(data,)),
        bindings=_bound(item.draft.bindings, version),
    )
    run_id = str(draft.run.run_id)
    try:
        found = client.evaluations.create(draft, experiment=experiment_id)
    except Conflict as taken:
        try:
            found = client.evaluations.get(run_id)
        except NotFound:
            raise taken from None
    if found.state != "CREATED":
        return found
    try:
        return client.evaluations.start(run_id)
    except Conflict:  # another load has just started it
        return client.evaluations.get(run_id)


def _bound(bindings: Bindings, version: DatasetVersion) -> Bindings:
    return replace(
        bindings,
        dataset_id=version.dataset_id,
        dataset_version=version.version,
        dataset_digest=version.digest,
    )


def _batches(rows: Iterator[RowDraft]) -> Iterator[Sequence[RowDraft]]:
    while batch := list(islice(rows, _ROWS_A_CALL)):
        yield batch
