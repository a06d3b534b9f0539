"""Loading the labeling sessions of the demonstration, with reviews that were made elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from lodeline.demo.part import DemoLabeling, DemoPart
from lodeline.domain.errors import NotFound
from lodeline.domain.labeling import ItemDraft, LabelingSession

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

_A_CALL = 1_000
_Each = TypeVar("_Each")


def labeling_steps(part: DemoPart) -> int:
    """Return how many steps `load_labeling` will advance by: one an item, and one a review."""
    return sum(each.item_count + each.review_count for each in part.labeling)


def load_labeling(
    client: "LodelineClient", part: DemoPart, experiment_id: str, advance: Callable[[int], None]
) -> None:
    """Load the part's labeling sessions, whose traces must be there. Again changes nothing, and one that is no longer
    open is left as it is."""
    for each in part.labeling:
        session = _begun(client, each, experiment_id)
        if session.state != "OPEN":
            advance(each.item_count + each.review_count)
            continue
        run_id = session.run.run_id
        for targets in _batches(each.targets()):
            client.labeling_items.add(run_id, [ItemDraft(target) for target in targets])
            advance(len(targets))
        for reviews in _batches(each.reviews()):
            client.labeling_items.log_reviews(run_id, reviews)
            advance(len(reviews))
        if each.closes:
            client.labeling.update(run_id, state="CLOSED")


def _begun(client: "LodelineClient", labeling: DemoLabeling, experiment_id: str) -> LabelingSession:
    try:
        return client.labeling.get(str(labeling.draft.run.run_id))
    except NotFound:
        known = {schema.name for schema in client.label_schemas.list(experiment=experiment_id)}
        for schema in labeling.schemas:
            if schema.name not in known:
                client.label_schemas.create(schema, experiment=experiment_id)
        names = [schema.name for schema in labeling.schemas]
        return client.labeling.create(labeling.draft, names, experiment=experiment_id)


def _batches(values: Iterator[_Each]) -> Iterator[Sequence[_Each]]:
    while batch := list(islice(values, _A_CALL)):
        yield batch
