"""Listing: from what a caller asks of a list to a checked `Search` that reaches only what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction
from lodeline.domain.clock import Clock
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.query.ast import Always, Dialect, EntityScope, Node, Order, Search
from lodeline.query.grammar_mlflow import parse_mlflow
from lodeline.query.grammar_native import parse
from lodeline.query.hints import MAX_HINTS, hints
from lodeline.query.mlflow_sessions import widened
from lodeline.query.order import parse_order, parse_order_mlflow
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.name_hints import NameHints
from lodeline.services.names import Names
from lodeline.storage.base import AssessmentStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a caller asks of a list.

    `experiments` are ids or names, empty for all in reach. `filter` and `order` are text of `dialect`'s grammar or
    already checked. `deadline_s` None takes the server's.
    """

    experiments: Sequence[str] = ()
    filter: str | Node | None = None
    order: str | tuple[Order, ...] | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    dialect: Dialect = "lodeline"
    deadline_s: float | None = None


class Listing:
    """Checks list queries, once for every service."""

    def __init__(
        self,
        scope: ExperimentScope,
        clock: Clock,
        *,
        deadline_s: float,
        assessments: AssessmentStore | None = None,
        names: Names | None = None,
        name_hints: NameHints | None = None,
    ) -> None:
        self._scope = scope
        self._clock = clock
        self._deadline_s = deadline_s
        self._assessments = assessments
        self._names = names
        self._name_hints = name_hints

    def search(self, actor: Actor, action: ExperimentAction, query: ListQuery, entity: EntityScope) -> Search:
        """Return the search over the experiments in reach; Invalid for a wrong filter, order, limit or cursor.

        A filter of traces in our grammar may name versions and runs, see `Names`.
        """
        experiment_ids = self._scope.ids(actor, action, query.experiments)
        search = self.unbound(query, entity, experiment_ids)
        if self._names is None or entity != "trace" or query.dialect != "lodeline":
            return search
        node = self._names.resolved(actor, search.node, experiment_ids)
        return search if node is search.node else replace(search, node=node, written=search.node)

    def unbound(self, query: ListQuery, entity: EntityScope, experiment_ids: tuple[str, ...] = ()) -> Search:
        """Return the search of an entity whose permission was asked already."""
        deadline_s = self._deadline_s if query.deadline_s is None else min(query.deadline_s, self._deadline_s)
        return Search(
            experiment_ids=experiment_ids,
            wanted=experiment_ids if query.experiments else (),
            node=self._widened(self._node(query, entity), query, entity, experiment_ids),
            order=_order(query, entity),
            limit=check_limit(query.limit),
            cursor=query.cursor or None,
            deadline_s=deadline_s,
        )

    def _node(self, query: ListQuery, entity: EntityScope) -> Node:
        if query.filter is None or query.filter == "":
            return Always()
        if not isinstance(query.filter, str):
            return query.filter
        grammar = parse if query.dialect == "lodeline" else parse_mlflow
        return grammar(query.filter, entity, now_ns=self._clock.now_ns())

    def _widened(self, node: Node, query: ListQuery, entity: EntityScope, experiment_ids: tuple[str, ...]) -> Node:
        """Return a filter of traces in MLflow's grammar with judgments of sessions counted as it counts them."""
        store = self._assessments
        if store is None or query.dialect != "mlflow" or entity != "trace":
            return node

        return widened(node, lambda name: store.of_sessions(experiment_ids, name))

    def explained(self, actor: Actor, page: Page[T], query: ListQuery, search: Search) -> Page[T]:
        """Return the answer to a search of traces, assessments or sessions, with hints when a filter of our grammar
        found nothing from first to last."""
        if page.items or page.partial or query.cursor or query.dialect != "lodeline":
            return page
        found = hints(search.listed)
        if self._name_hints is not None:
            found = (*found, *self._name_hints.of(actor, search.listed, search.experiment_ids))
        return replace(page, hints=found[:MAX_HINTS])


def _order(query: ListQuery, entity: EntityScope) -> tuple[Order, ...]:
    if not query.order:
        return ()
    if not isinstance(query.order, str):
        return query.order
    return (parse_order if query.dialect == "lodeline" else parse_order_mlflow)(query.order, entity)
