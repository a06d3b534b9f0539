"""Loading what the demonstration evaluates: models, datasets, and evaluations with recorded results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from lodeline.demo.part import DemoDataset, DemoEvaluation, DemoPart
from lodeline.domain.dataset import DatasetVersion
from lodeline.domain.errors import Invalid, NotFound
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
    """Load the part's models, dataset and evaluations, whose traces must be there. Again changes nothing."""
    for draft in part.models:
        client.models.create(draft, experiment=experiment_id)
    if part.dataset is None:
        return
    version = _dataset(client, part.dataset, experiment_id)
    for item in part.evaluations:
        _evaluation(client, item, version, experiment_id, advance)


def _dataset(client: "LodelineClient", dataset: DemoDataset, experiment_id: str) -> DatasetVersion:
    try:
        found = client.datasets.find(dataset.name, experiment=experiment_id)
    except NotFound:
        found = client.datasets.create(
            dataset.name, experiment=experiment_id, identity="by_external_id", description=dataset.description
        )
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
    """Make an evaluation and log its rows; one that has ended is left as it is."""
    evaluation = _begun(client, item, version, experiment_id)
    if evaluation.state in ENDED_EVALUATION:
        advance(item.draft.rows_total or 0)
        return
    run_id = evaluation.run.run_id
    client.evaluations.start(run_id)
    for batch in _batches(item.rows()):
        report = client.evaluations.log_rows(run_id, batch)
        if report.missing_traces:
            raise Invalid(f"trace {report.missing_traces[0]} of the demonstration's evaluation is not there.")
        advance(len(batch))
    client.evaluations.finish(run_id)


def _begun(client: "LodelineClient", item: DemoEvaluation, version: DatasetVersion, experiment_id: str) -> Evaluation:
    try:
        return client.evaluations.get(str(item.draft.run.run_id))
    except NotFound:
        data = RunInput(dataset_id=version.dataset_id, version=version.version, digest=version.digest, context="eval")
        draft = replace(
            item.draft,
            run=replace(item.draft.run, inputs=(data,)),
            bindings=_bound(item.draft.bindings, version),
        )
        return client.evaluations.create(draft, experiment=experiment_id)


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
