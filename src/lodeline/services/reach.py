"""From what an actor may reach to the list of experiments that a search is restricted to."""

from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import Search
from lodeline.storage.base import Stores


def resolve_experiments(
    stores: Stores, actor: Actor, action: ExperimentAction, asked: Sequence[ExperimentId] = ()
) -> tuple[ExperimentId, ...]:
    """Return the experiments a list is to be made of, each once: `asked`, or when empty all that are active and
    allowed.

    Raises as `permit` does for each that is asked for, and as `permit_reach` when none is allowed at all. Deleted
    experiments are left out of an unasked list; an empty result means that the list is empty.
    """
    reach = permit_reach(actor, action)
    for experiment_id in asked:
        permit(actor, action, experiment_id)
    if asked:
        return tuple(dict.fromkeys(asked))
    within = () if reach.all_but else tuple(sorted(reach.experiment_ids))
    found: list[ExperimentId] = []
    cursor: str | None = None
    while True:
        page = stores.experiments.search(Search(experiment_ids=within, limit=MAX_LIMIT, cursor=cursor))
        found += [e.experiment_id for e in page.items if e.lifecycle == "ACTIVE"]
        cursor = page.cursor
        if cursor is None:
            return reach.narrowed(found)
