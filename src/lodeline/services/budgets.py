"""Budgets: what an experiment's traces have cost in the present period, beside what they may."""

import logging
from collections.abc import Callable

from lodeline.auth.actor import SYSTEM, Actor
from lodeline.domain.analytics import AggregateQuery
from lodeline.domain.budget import Spending, period_of, spending
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.experiment import Experiment
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Search
from lodeline.query.fields import field
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import ExperimentScope, every_active
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

_COST = AggregateQuery(("cost_usd",))
_START = field("trace", "start")
_ACTION, _AT = field("audit", "action"), field("audit", "at")
OVER = "budget.exceed"
_log = logging.getLogger("lodeline.budgets")


class BudgetService:
    """Use cases of budgets; whoever may read the traces may know what they cost."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def spending(self, actor: Actor, experiment: str) -> Spending:
        """Return what the traces of an experiment (by id or name) have cost in its budget's present period, that of a
        month where it has none."""
        return self._spending(self._scope.one(actor, "trace.read", experiment))

    def note_overruns(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Put every experiment that is over its budget on the audit trail and in the log, once a period and amount;
        return how many are new there."""
        noted = 0
        for experiment in every_active(self._stores.experiments):
            if stopping():
                break
            if experiment.settings.budget.max_usd is None:
                continue
            found = self._spending(experiment)
            if found.state == "over" and not self._is_noted(found):
                self._note(found)
                noted += 1
        return noted

    def _spending(self, experiment: Experiment) -> Spending:
        budget, now_ms = experiment.settings.budget, self._clock.now_ms()
        from_ms, to_ms = period_of(budget.period, now_ms)
        node = And((Compare(_START, ">=", from_ms * 1_000_000), Compare(_START, "<", to_ms * 1_000_000)))
        search = self._listing.unbound(ListQuery(filter=node), "trace", (experiment.experiment_id,))
        found = self._stores.analytics.aggregate(search, _COST)
        spent_usd = sum(point.values["cost_usd"] or 0.0 for point in found.points)
        return spending(experiment.experiment_id, budget, spent_usd, now_ms=now_ms, complete=found.complete)

    def _is_noted(self, found: Spending) -> bool:
        node = And((Compare(_ACTION, "=", OVER), Compare(_AT, ">=", found.from_ms * 1_000_000)))
        search = Search((found.experiment_id,), node, limit=MAX_LIMIT)
        limit = _limit(found).items()
        return any(limit <= entry.details.items() for entry in self._stores.audit.search(search).items)

    def _note(self, found: Spending) -> None:
        spent = {"spent_usd": f"{found.spent_usd:.2f}"}
        ident, now_ms = found.experiment_id, self._clock.now_ms()
        self._stores.audit.append(
            audit_entry(SYSTEM, OVER, ident, at_ms=now_ms, experiment_id=ident, details=_limit(found) | spent)
        )
        _log.warning(
            "experiment %s is over its budget of this %s: $%.2f of $%.2f",
            ident, found.period, found.spent_usd, found.max_usd,
        )  # fmt: skip


def _limit(found: Spending) -> dict[str, str]:
    return {"period": found.period, "max_usd": f"{found.max_usd:.12g}"}
