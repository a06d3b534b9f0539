"""Names of versions and runs in filters of traces, looked up for the one who searches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import reach_of
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.ids import ExperimentId, ModelId, RunId
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Node, Search
from lodeline.query.build import one_of
from lodeline.query.fields import field
from lodeline.query.names import KINDS, Asked, Named, asked, with_ids
from lodeline.storage.base import Stores

MAX_NAMED = 1_000


class Names:
    """Finds what is meant by a name, in the experiments that are searched and as far as the actor may see it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def resolved(self, actor: Actor, node: Node, experiment_ids: Sequence[str]) -> Node:
        """Return a filter of traces with ids where it asks for versions and runs by their names.

        What is the id of one there is never taken for a name; what is one elsewhere tells nothing. A name stays
        beside the ids where traces hold it as it is. Invalid when all names of the filter stand for more than
        `MAX_NAMED` ids, counted as often as the filter says them.
        """
        wanted = asked(node)
        ids: dict[Asked, Sequence[str]] = {}
        room = MAX_NAMED
        for kind in KINDS:
            within = self.within(actor, kind, experiment_ids)
            values = [value for of, value in wanted if of == kind]
            if not values or not within:
                continue
            times = {value: wanted[kind, value] for value in self._not_ids(kind, values, within)}
            found = self._named(kind, times, within, room)
            room -= sum(times[name] * len(named) for name, named in found.items())
            kept = bool(found) and self._held(kind, tuple(found), experiment_ids)
            for name, named in found.items():
                ids[kind, name] = (name, *named) if kept else named
        return with_ids(node, ids) if ids else node

    def known(self, kind: Named, value: str, within: Sequence[ExperimentId], experiment_ids: Sequence[str]) -> bool:
        """Tell whether there is a version or run of this id or name, or a trace that holds it."""
        if not self._not_ids(kind, [value], within):
            return True
        store = self._stores.models if kind == "model" else self._stores.runs
        named = Search(tuple(within), _active(kind, [value]), limit=1)
        return bool(store.search(named).items) or self._held(kind, [value], experiment_ids)

    def within(self, actor: Actor, kind: Named, experiment_ids: Sequence[str]) -> Sequence[ExperimentId]:
        """Return those of the experiments in which the actor may see versions or runs."""
        reach = reach_of(actor, "model.read" if kind == "model" else "run.read")
        return reach.narrowed(map(ExperimentId, experiment_ids))

    def _not_ids(self, kind: Named, values: Sequence[str], within: Sequence[ExperimentId]) -> Sequence[str]:
        """Return those of the values that are no ids within the experiments."""
        holders = frozenset(within)
        if kind == "model":
            models = self._stores.models.get([ModelId(value) for value in values])
            known = {str(model.model_id) for model in models if model.experiment_id in holders}
        else:
            runs = self._stores.runs.get([RunId(value) for value in values])
            known = {str(run.run_id) for run in runs if run.experiment_id in holders}
        return [value for value in values if value not in known]

    def _named(
        self, kind: Named, times: Mapping[str, int], within: Sequence[ExperimentId], room: int
    ) -> Mapping[str, Sequence[str]]:
        """Return the ids of those that have the names; Invalid when they need more than `room`."""
        found: dict[str, list[str]] = {}
        if not times:
            return found
        search = Search(tuple(within), _active(kind, times), limit=MAX_LIMIT)
        while True:
            if kind == "model":
                models = self._stores.models.search(search)
                pairs, cursor = [(item.name, str(item.model_id)) for item in models.items], models.cursor
            else:
                runs = self._stores.runs.search(search)
                pairs, cursor = [(item.name, str(item.run_id)) for item in runs.items], runs.cursor
            for name, ident in pairs:
                found.setdefault(name, []).append(ident)
                room -= times[name]
                if room < 0:
                    raise _too_many(kind, name)
            if cursor is None:
                return found
            search = replace(search, cursor=cursor)

    def _held(self, kind: Named, names: Sequence[str], experiment_ids: Sequence[str]) -> bool:
        """Tell whether a trace holds a name where ids stand: one that nobody kept a version of when it was sent."""
        node = one_of(field("trace", kind), names)
        page = self._stores.traces.search(Search(experiment_ids=tuple(experiment_ids), node=node, limit=1))
        return bool(page.items) or page.partial


def _active(kind: Named, names: Iterable[str]) -> Node:
    return And((one_of(field(kind, "name"), names), Compare(field(kind, "lifecycle"), "=", "ACTIVE")))


def _too_many(kind: Named, name: str) -> Invalid:
    return Invalid(
        f"filter: with {kind} = {shown(name)}, its names of versions and runs stand for more than {MAX_NAMED:,} ids, "
        "each counted as often as the filter says it; give ids, fewer names or one experiment.",
        code="ambiguous_name",
        details={"field": kind, "value": name},
    )
