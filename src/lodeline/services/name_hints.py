"""Hints about names in filters that nothing has: which name may have been meant."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from lodeline.auth.actor import Actor
from lodeline.auth.policy import reach_of
from lodeline.domain.errors import shown
from lodeline.domain.ids import ExperimentId, is_experiment_id
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Exists, In, Node, Search
from lodeline.query.fields import field
from lodeline.query.hints import MAX_HINTS
from lodeline.query.literals import quote
from lodeline.query.names import Judgment, Named, sought, sought_experiments, sought_judgments
from lodeline.query.problem import nearest
from lodeline.services.names import Names
from lodeline.storage.base import Stores

_MOST = 20
"""So many names of a filter are looked at."""
_DEADLINE_S = 1.0
PAGE = MAX_LIMIT
"""So many assessments are looked at, and then so many of other names, and so on."""
_ROUNDS = 50
_STANDING = Compare(field("assessment", "valid"), "=", True)
_NOUNS = {"model": "version", "run": "run", "FEEDBACK": "feedback", "EXPECTATION": "expectation"}


class NameHints:
    """Looks for versions, runs and assessments that a filter asks for, as far as the actor may see them."""

    def __init__(self, stores: Stores, names: Names) -> None:
        self._stores = stores
        self._names = names

    def of(self, actor: Actor, node: Node, experiment_ids: Sequence[str]) -> Sequence[str]:
        """Return a sentence for each name of a filter as written that nothing has; at most `MAX_HINTS`."""
        all_of_them = chain(
            self._of_experiments(actor, node),
            self._of_ids(actor, node, experiment_ids),
            self._of_judgments(actor, node, experiment_ids),
        )
        return list(islice(all_of_them, MAX_HINTS))

    def _of_experiments(self, actor: Actor, node: Node) -> Iterator[str]:
        """Yield the ids of experiments that are asked for by their names: traces hold the ids alone."""
        reach = reach_of(actor, "experiment.read")
        for name in sought_experiments(node)[:_MOST]:
            if is_experiment_id(name):
                continue
            named = self._stores.experiments.find(name)
            if named is not None and named.experiment_id in reach and named.lifecycle == "ACTIVE":
                meant = f"experiment = {quote(named.experiment_id)}"
                yield f"experiment = {quote(name)} asks for an id; the experiment of this name is {meant}"

    def _of_ids(self, actor: Actor, node: Node, experiment_ids: Sequence[str]) -> Iterator[str]:
        for kind, value in sought(node)[:_MOST]:
            within = self._names.within(actor, kind, experiment_ids)
            if not within or self._names.known(kind, value, within, experiment_ids):
                continue
            if kind == "model" and self._answers(value, experiment_ids):
                meant = f"the language model of this name is span.model = {quote(value)}"
                yield f"model = {quote(value)} asks for a version of the application; {meant}"
            else:
                yield _sentence(_NOUNS[kind], value, self._named(kind, within))

    def _answers(self, model: str, experiment_ids: Sequence[str]) -> bool:
        """Tell whether there is a trace with a span that a language model of this name answered, without looking
        for long."""
        node = Exists("span", Compare(field("span", "model"), "=", model))
        search = Search(tuple(experiment_ids), node, limit=1, deadline_s=_DEADLINE_S)
        return bool(self._stores.traces.search(search).items)

    def _named(self, kind: Named, within: Sequence[ExperimentId]) -> Sequence[str]:
        """Return names of active versions or runs, the latest first."""
        active = Compare(field(kind, "lifecycle"), "=", "ACTIVE")
        search = Search(tuple(within), active, limit=MAX_LIMIT, deadline_s=_DEADLINE_S)
        if kind == "model":
            return [model.name for model in self._stores.models.search(search).items]
        return [run.name for run in self._stores.runs.search(search).items]

    def _of_judgments(self, actor: Actor, node: Node, experiment_ids: Sequence[str]) -> Iterator[str]:
        within = reach_of(actor, "assessment.read").narrowed(map(ExperimentId, experiment_ids))
        for kind, name in sought_judgments(node)[:_MOST]:
            if within and not self._judged((kind, name), within):
                named = And((_STANDING, Compare(field("assessment", "name"), "=", name)))
                others = self._stores.assessments.search(
                    Search(tuple(within), named, limit=1, deadline_s=_DEADLINE_S)
                ).items
                meant = f"{others[0].kind.lower()} {shown(name)}" if others and others[0].kind in _NOUNS else None
                names = () if meant else self._judgments(kind, within)
                yield _sentence(_NOUNS.get(kind or "", "assessment"), name, names, meant)

    def _judgments(self, kind: str | None, within: Sequence[ExperimentId]) -> Sequence[str]:
        """Return the names of all standing assessments of a kind, the latest first; none when there is no time to
        look at all: which was meant could not be told then."""
        standing = _STANDING if kind is None else And((_STANDING, Compare(field("assessment", "kind"), "=", kind)))
        names: dict[str, None] = {}
        until_s = time.monotonic() + _DEADLINE_S
        for _ in range(_ROUNDS):
            others = In(field("assessment", "name"), tuple(names), negated=True)
            node = And((standing, others)) if names else standing
            left_s = max(until_s - time.monotonic(), 0.01)
            page = self._stores.assessments.search(Search(tuple(within), node, limit=PAGE, deadline_s=left_s))
            names.update((item.name, None) for item in page.items)
            if page.partial:
                break
            if page.cursor is None:
                return tuple(names)
        return ()

    def _judged(self, asked: Judgment, within: Sequence[ExperimentId]) -> bool:
        """Tell whether there is such an assessment, or may be one."""
        kind, name = asked
        named = Compare(field("assessment", "name"), "=", name)
        node = named if kind is None else And((named, Compare(field("assessment", "kind"), "=", kind)))
        page = self._stores.assessments.search(Search(tuple(within), node, limit=1, deadline_s=_DEADLINE_S))
        return bool(page.items) or page.partial


def _sentence(noun: str, name: str, known: Iterable[str], meant: str | None = None) -> str:
    names = list(dict.fromkeys(known))
    near = nearest(name, names)
    if meant is None and near is not None:
        meant = shown(near)
    more = f" (did you mean {meant}?)" if meant else f" (the latest is {shown(names[0])})" if names else ""
    return f"no {noun} in these experiments is called {shown(name)}{more}"
