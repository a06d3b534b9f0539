"""Loading the labeling sessions of the demonstration, with reviews that were made elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from lodeline.demo.part import DemoLabeling, DemoPart
from lodeline.domain.errors import Conflict, NotFound
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
    """Load the part's labeling sessions, whose traces must be there. Again changes nothing, one that is no longer
    open is left as it is, and two loads at one time do what one does."""
    for each in part.labeling:
        session = _begun(client, each, experiment_id)
        loaded = 0
        try:
            for step in _load(client, each, session.run.run_id) if session.state == "OPEN" else ():
                advance(step)
                loaded += step
        except Conflict:
            if client.labeling.get(session.run.run_id).state == "OPEN":
                raise
        advance(each.item_count + each.review_count - loaded)


def _load(client: "LodelineClient", labeling: DemoLabeling, run_id: str) -> Iterator[int]:
    """Fill a session and yield how many items or reviews each call took; Conflict when another load closes it."""
    for targets in _batches(labeling.targets()):
        client.labeling_items.add(run_id, [ItemDraft(target) for target in targets])
        yield len(targets)
    for reviews in _batches(labeling.reviews()):
        client.labeling_items.log_reviews(run_id, reviews)
        yield len(reviews)
    if labeling.closes:
        client.labeling.update(run_id, state="CLOSED")


def _begun(client: "LodelineClient", labeling: DemoLabeling, experiment_id: str) -> LabelingSession:
    run_id = str(labeling.draft.run.run_id)
    try:
        return client.labeling.get(run_id)
    except NotFound:
        for schema in labeling.schemas:
            with suppress(Conflict):  # it is there
                client.label_schemas.create(schema, experiment=experiment_id)
    names = [schema.name for schema in labeling.schemas]
    try:
        return client.labeling.create(labeling.draft, names, experiment=experiment_id)
    except Conflict as taken:  # maybe by another load, which has just made it
        try:
            return client.labeling.get(run_id)
        except NotFound:
            raise taken from None


def _batches(values: Iterator[_Each]) -> Iterator[Sequence[_Each]]:
    while batch := list(islice(values, _A_CALL)):
        yield batch
