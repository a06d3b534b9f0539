"""Names of versions and runs in filters of traces, looked up for the one who searches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import reach_of
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.ids import ExperimentId, ModelId, RunId
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Node, Search
from lodeline.query.build import one_of
from lodeline.query.fields import field
from lodeline.query.names import Asked, Named, asked, with_ids
from lodeline.storage.base import Stores

MAX_NAMED = 1_000
MAX_ASKED = 100
"""Of a filter that asks for more, all are taken for ids."""


class Names:
    """Finds what is meant by a name, in the experiments that are searched and as far as the actor may see it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def resolved(self, actor: Actor, node: Node, experiment_ids: Sequence[str]) -> Node:
        """Return a filter of traces with ids where it asks for versions and runs by their names.

        What is the id of one is never taken for a name. A name stays beside the ids where a trace holds it as it is.
        Invalid for a name that more than `MAX_NAMED` have.
        """
        wanted = asked(node)
        if not wanted or len(wanted) > MAX_ASKED:
            return node
        ids: dict[Asked, Sequence[str]] = {}
        for kind in ("model", "run"):
            names = self._names(kind, [value for of, value in wanted if of == kind])
            reach = reach_of(actor, "model.read" if kind == "model" else "run.read")
            within = reach.narrowed(map(ExperimentId, experiment_ids))
            if names and within:
                for name, found in self._named(kind, names, within).items():
                    literal = (name,) if self._held(kind, name, experiment_ids) else ()
                    ids[kind, name] = (*literal, *found)
        return with_ids(node, ids) if ids else node

    def _names(self, kind: Named, values: Sequence[str]) -> Sequence[str]:
        """Return those of the values that are no ids."""
        if not values:
            return ()
        if kind == "model":
            known = {str(model.model_id) for model in self._stores.models.get([ModelId(value) for value in values])}
        else:
            known = {str(run.run_id) for run in self._stores.runs.get([RunId(value) for value in values])}
        return [value for value in values if value not in known]

    def _named(
        self, kind: Named, names: Sequence[str], within: Sequence[ExperimentId]
    ) -> Mapping[str, Sequence[str]]:
        node = And((one_of(field(kind, "name"), names), Compare(field(kind, "lifecycle"), "=", "ACTIVE")))
        search = Search(experiment_ids=tuple(within), node=node, limit=MAX_LIMIT)
        found: dict[str, list[str]] = {}
        while True:
            if kind == "model":
                models = self._stores.models.search(search)
                pairs, cursor = [(item.name, str(item.model_id)) for item in models.items], models.cursor
            else:
                runs = self._stores.runs.search(search)
                pairs, cursor = [(item.name, str(item.run_id)) for item in runs.items], runs.cursor
            for name, ident in pairs:
                found.setdefault(name, []).append(ident)
                if len(found[name]) > MAX_NAMED:
                    raise Invalid(
                        f"{kind} = {shown(name)}: more than {MAX_NAMED} have this name; give ids, or one experiment.",
                        code="ambiguous_name",
                    )
            if cursor is None:
                return found
            search = replace(search, cursor=cursor)

    def _held(self, kind: Named, name: str, experiment_ids: Sequence[str]) -> bool:
        """Tell whether a trace holds a name where ids stand: one that nobody kept a version of when it was sent."""
        node = Compare(field("trace", kind), "=", name)
        return bool(
            self._stores.traces.search(Search(experiment_ids=tuple(experiment_ids), node=node, limit=1)).items
        )
