"""Retention: removes the traces that an experiment's settings no longer keep, oldest first, in small steps.

Never removed is a trace that carries a judgment by a human, belongs to a run, or is tagged `lodeline.pinned` (with
any value but "false"). Kept ones count towards the limits: when they alone pass one, the store stays over it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lodeline.auth.actor import SYSTEM
from lodeline.domain.clock import Clock
from lodeline.domain.experiment import Retention
from lodeline.domain.ids import ExperimentId
from lodeline.domain.trace import PINNED_TAG, Trace
from lodeline.jobs.scheduler import Job
from lodeline.query.ast import And, Compare, Exists, Field, IsNull, Node, Not, Or, Order, Search
from lodeline.services.audit import audit_entry
from lodeline.services.experiment_scope import every_active
from lodeline.storage.base import Stores

STEP = 200
_DAY_MS = 86_400_000
_START = Field("trace", "start", "time")
_PINNED = Field("trace", "tags", "string", PINNED_TAG)
REMOVABLE = And(
    (
        Or((IsNull(_PINNED), Compare(_PINNED, "=", "false"))),
        IsNull(Field("trace", "run", "string")),
        Not(Exists("assessment", Compare(Field("assessment", "source", "string"), "=", "HUMAN"))),
    )
)


@dataclass(frozen=True, slots=True)
class _Excess:
    """How many traces and bytes are over the limits; not above 0: none."""

    traces: int
    bytes: int


def retention(stores: Stores, clock: Clock, *, interval_s: float) -> Job:
    """Return the job that applies every experiment's retention settings."""

    def run(stopping: Callable[[], bool]) -> int:
        total = 0
        for experiment in every_active(stores.experiments):
            if experiment.settings.retention == Retention():
                continue
            total += _Sweep(stores, clock, experiment.experiment_id, stopping).apply(experiment.settings.retention)
            if stopping():
                break
        return total

    return Job("retention", interval_s, run)


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One round over one experiment."""

    stores: Stores
    clock: Clock
    experiment_id: ExperimentId
    stopping: Callable[[], bool]

    def apply(self, limits: Retention) -> int:
        """Remove what the limits no longer keep; return how many traces that were."""
        removed = 0
        if limits.max_age_days is not None:
            before_ns = (self.clock.now_ms() - int(limits.max_age_days * _DAY_MS)) * 1_000_000
            old = And((*REMOVABLE.items, Compare(_START, "<", max(0, before_ns))))
            removed += self._remove(old, "age", None)
        if limits.max_traces is not None or limits.max_bytes is not None:
            count, size_bytes = self.stores.traces.size(self.experiment_id)
            excess = _Excess(
                traces=count - limits.max_traces if limits.max_traces is not None else 0,
                bytes=size_bytes - limits.max_bytes if limits.max_bytes is not None else 0,
            )
            removed += self._remove(REMOVABLE, "size", excess)
        return removed

    def _remove(self, node: Node, reason: str, excess: _Excess | None) -> int:
        """Remove matching traces, oldest first: all of them, or with `excess` until it is gone."""
        search = Search((self.experiment_id,), node, (Order(_START, descending=False),), limit=STEP)
        removed = 0
        while not self.stopping():
            items = self.stores.traces.search(search).items
            if excess is not None:
                items, excess = _needed(items, excess)
            if not items:
                break
            audit = audit_entry(
                SYSTEM, "trace.expire", f"{len(items)} traces", at_ms=self.clock.now_ms(),
                experiment_id=self.experiment_id,
                details={"reason": reason, "oldest": items[0].trace_id, "newest": items[-1].trace_id},
            )  # fmt: skip
            removed += self.stores.traces.delete([trace.trace_id for trace in items], audit=audit)
        return removed


def _needed(items: Sequence[Trace], excess: _Excess) -> tuple[Sequence[Trace], _Excess]:
    """Return the first items whose removal ends the excess, or all, and what is then left of it."""
    for index, trace in enumerate(items):
        if excess.traces <= 0 and excess.bytes <= 0:
            return items[:index], excess
        excess = _Excess(excess.traces - 1, excess.bytes - trace.size_bytes)
    return items, excess
