"""Which experiments a request is about: from ids or names to experiments that the actor may see."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, Reach, may, permit, permit_reach
from lodeline.domain.errors import Deleted, LodelineError, NotFound, TooLarge, shown
from lodeline.domain.experiment import MAX_NAME, Experiment
from lodeline.domain.ids import ExperimentId, is_experiment_id
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Field, In, Node, Search
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.storage.base import ExperimentStore

MAX_WANTED = 1_000
_NAMES_COMPARED = 200
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
        """Return an active experiment by id or name. A deleted one is refused with the code "experiment_deleted": by
        NotFound to who wants to read, by Deleted to who wants to change something."""
        found = self.lookup(actor, action, id_or_name)
        if found.lifecycle == "DELETED" and not action.endswith(".read"):
            raise Deleted.of("experiment", found.experiment_id)
        return active(found)

    def lookup(self, actor: Actor, action: ExperimentAction, id_or_name: str) -> Experiment:
        """Return an experiment by id or else by name, deleted or not, after asking the permission."""
        reach = permit_reach(actor, action)
        found = self._cache.resolve(id_or_name)
        if found is not None and found.experiment_id in reach:
            return found
        missing = self._missing(reach, id_or_name)
        if found is not None:
            permit(actor, action, found.experiment_id, missing=missing)
        elif is_experiment_id(id_or_name) and ExperimentId(id_or_name) not in reach:
            permit(actor, action, ExperimentId(id_or_name), missing=missing)
        raise missing

    def _missing(self, reach: Reach, id_or_name: str) -> NotFound:
        """Return the error for what is not there, with the name in reach that may have been meant."""
        missing = NotFound.of("experiment", id_or_name)
        page = self._store.search(Search(node=within(reach), limit=_NAMES_COMPARED))
        names = {item.name for item in page.items if item.experiment_id in reach}
        near = get_close_matches(id_or_name[:MAX_NAME], names, n=1)
        if near:
            missing.message = f"{missing.message} Did you mean {shown(near[0])}?"
        return missing

    def explained(self, actor: Actor, missing: NotFound) -> LodelineError:
        """Return why something is missing that a change is meant for: Deleted, if it is in a deleted experiment that
        the actor may read or feed, else `missing` itself."""
        noun, ident = str(missing.details.get("noun", "")), str(missing.details.get("id", ""))
        home = self._store.home_of(noun, ident)
        if home is None or not (may(actor, "experiment.read", home) or may(actor, "trace.ingest", home)):
            return missing
        deleted = self._store.get(home).lifecycle == "DELETED"
        return Deleted.of("experiment", home) if deleted else missing

    def holder(self, experiment_id: ExperimentId) -> Experiment:
        """Return the active experiment that something found belongs to; NotFound when it is deleted."""
        return active(self._cache.get(experiment_id))

    def _all(self, reach: Reach) -> tuple[ExperimentId, ...]:
        node = within(reach)
        ids: list[ExperimentId] = []
        cursor: str | None = None
        while True:
            page = self._store.search(Search(node=node, limit=MAX_LIMIT, cursor=cursor))
            ids += reach.narrowed(item.experiment_id for item in page.items)
            cursor = page.cursor
            if cursor is None:
                return tuple(ids)


def within(reach: Reach) -> Node:
    """Return what holds for active experiments in reach, as far as a filter says it: those of `all_but` stay."""
    return And((ACTIVE, restriction(reach))) if reach.experiment_ids and not reach.all_but else ACTIVE


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


def every_active(store: ExperimentStore) -> Iterator[Experiment]:
    """Give all experiments that are active, for jobs that look after each; in no order to rely on."""
    search = Search(limit=MAX_LIMIT)
    while True:
        page = store.search(search)
        yield from (found for found in page.items if found.lifecycle == "ACTIVE")
        if page.cursor is None:
            return
        search = replace(search, cursor=page.cursor)
