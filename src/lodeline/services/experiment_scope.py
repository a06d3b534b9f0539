"""Which experiments a request is about: from ids or names to experiments that the actor may see."""

from collections.abc import Sequence

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, Reach, permit, permit_reach
from lodeline.domain.errors import NotFound, TooLarge
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import ExperimentId, is_experiment_id
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Field, In, Node, Search
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.storage.base import ExperimentStore

MAX_WANTED = 1_000
_ID = Field("experiment", "id", "string")
_LIFECYCLE = Field("experiment", "lifecycle", "string")
ACTIVE = Compare(_LIFECYCLE, "=", "ACTIVE")


class ExperimentScope:
    """Resolves experiments; unknown and out of reach give the same answer, so nothing leaks."""

    def __init__(self, store: ExperimentStore, cache: ExperimentCache) -> None:
        self._store = store
        self._cache = cache

    def ids(self, actor: Actor, action: ExperimentAction, wanted: Sequence[str] = ()) -> tuple[ExperimentId, ...]:
        """Return the ids of `wanted` (ids or names), each once; when that is empty, of all active ones in reach.

        Raises as `permit_reach` when the actor may do this nowhere, else as `one` for each that is wanted.
        """
        reach = permit_reach(actor, action)
        if len(wanted) > MAX_WANTED:
            raise TooLarge(f"experiment: {len(wanted)} are over the limit of {MAX_WANTED} in one call.")
        if wanted:
            found = [self.one(actor, action, item).experiment_id for item in wanted]
            return tuple(dict.fromkeys(found))
        return self._all(reach)

    def one(self, actor: Actor, action: ExperimentAction, id_or_name: str) -> Experiment:
        """Return an active experiment by id or name; NotFound (code "experiment_deleted") for a deleted one."""
        return active(self.lookup(actor, action, id_or_name))

    def lookup(self, actor: Actor, action: ExperimentAction, id_or_name: str) -> Experiment:
        """Return an experiment by id or else by name, deleted or not, after asking the permission."""
        reach = permit_reach(actor, action)
        missing = NotFound.of("experiment", id_or_name)
        found = self._cache.resolve(id_or_name)
        if found is None:
            if is_experiment_id(id_or_name) and ExperimentId(id_or_name) not in reach:
                permit(actor, action, ExperimentId(id_or_name), missing=missing)
            raise missing
        permit(actor, action, found.experiment_id, missing=missing)
        return found

    def holder(self, experiment_id: ExperimentId) -> Experiment:
        """Return the active experiment that something found belongs to; NotFound when it is deleted."""
        return active(self._cache.get(experiment_id))

    def _all(self, reach: Reach) -> tuple[ExperimentId, ...]:
        node = And((ACTIVE, restriction(reach))) if reach.experiment_ids and not reach.all_but else ACTIVE
        ids: list[ExperimentId] = []
        cursor: str | None = None
        while True:
            page = self._store.search(Search(node=node, limit=MAX_LIMIT, cursor=cursor))
            ids += reach.narrowed(item.experiment_id for item in page.items)
            cursor = page.cursor
            if cursor is None:
                return tuple(ids)


def active(experiment: Experiment) -> Experiment:
    """Return `experiment`; NotFound (code "experiment_deleted") when it is deleted: that hides what is in it."""
    if experiment.lifecycle == "DELETED":
        ident = experiment.experiment_id
        raise NotFound(
            f"experiment {ident!r} is deleted, which hides everything in it; restore it first.",
            code="experiment_deleted",
            details={"noun": "experiment", "id": ident},
        )
    return experiment


def restriction(reach: Reach) -> Node:
    """Return a reach as a filter on experiments; the reach must not be everything."""
    return In(_ID, tuple(sorted(reach.experiment_ids)), negated=reach.all_but)


def lifecycle_is(lifecycle: str) -> Node:
    """Return the filter on one lifecycle of experiments."""
    return Compare(_LIFECYCLE, "=", lifecycle)
