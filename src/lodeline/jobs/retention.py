"""Retention: removes the traces that an experiment's settings no longer keep, oldest first, in small steps.

Never removed is a trace that carries a judgment by a human, belongs to a run, or is tagged `lodeline.pinned` (with
any value but "false"). Kept ones count towards the limits: when they alone pass one, the store stays over it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lodeline.auth.actor import SYSTEM
from lodeline.domain.clock import Clock
from lodeline.domain.experiment import Experiment, Retention
from lodeline.domain.ids import ExperimentId
from lodeline.jobs.scheduler import Job
from lodeline.query.ast import And, Compare, Exists, Field, IsNull, Node, Not, Or, Order, Search
from lodeline.services.audit import audit_entry
from lodeline.storage.base import Stores

PINNED_TAG = "lodeline.pinned"
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
    """How many traces and bytes are over the limits; negative: still room."""

    traces: float
    bytes: float


def retention(stores: Stores, clock: Clock, *, interval_s: float) -> Job:
    """Return the job that applies every experiment's retention settings."""

    def run(stopping: Callable[[], bool]) -> int:
        total = 0
        for experiment in _limited(stores):
            total += _apply(stores, clock, experiment, stopping)
            if stopping():
                break
        return total

    return Job("retention", interval_s, run)


def _limited(stores: Stores) -> list[Experiment]:
    found: list[Experiment] = []
    cursor: str | None = None
    while True:
        page = stores.experiments.search(Search(limit=1000, cursor=cursor))
        found += [e for e in page.items if e.lifecycle == "ACTIVE" and e.settings.retention != Retention()]
        cursor = page.cursor
        if cursor is None:
            return found


def _apply(stores: Stores, clock: Clock, experiment: Experiment, stopping: Callable[[], bool]) -> int:
    limits = experiment.settings.retention
    removed = 0
    if limits.max_age_days is not None:
        before_ns = (clock.now_ms() - int(limits.max_age_days * _DAY_MS)) * 1_000_000
        old = And((*REMOVABLE.items, Compare(_START, "<", max(0, before_ns))))
        removed += _remove(stores, clock, experiment.experiment_id, old, "age", None, stopping)
    if limits.max_traces is not None or limits.max_bytes is not None:
        count, size_bytes = stores.traces.size(experiment.experiment_id)
        excess = _Excess(
            traces=count - limits.max_traces if limits.max_traces is not None else float("-inf"),
            bytes=size_bytes - limits.max_bytes if limits.max_bytes is not None else float("-inf"),
        )
        removed += _remove(stores, clock, experiment.experiment_id, REMOVABLE, "size", excess, stopping)
    return removed


def _remove(
    stores: Stores,
    clock: Clock,
    experiment_id: ExperimentId,
    node: Node,
    reason: str,
    excess: _Excess | None,
    stopping: Callable[[], bool],
) -> int:
    """Remove matching traces, oldest first: all of them, or with `excess` until it is gone."""
    search = Search((experiment_id,), node, (Order(_START, descending=False),), limit=STEP)
    removed = 0
    while not stopping():
        items = stores.traces.search(search).items
        if excess is not None:
            chosen = 0
            for trace in items:
                if excess.traces <= 0 and excess.bytes <= 0:
                    break
                excess = _Excess(excess.traces - 1, excess.bytes - trace.size_bytes)
                chosen += 1
            items = items[:chosen]
        if not items:
            break
        audit = audit_entry(
            SYSTEM, "trace.expire", f"{len(items)} traces", at_ms=clock.now_ms(), experiment_id=experiment_id,
            details={"reason": reason, "oldest": items[0].trace_id, "newest": items[-1].trace_id},
        )  # fmt: skip
        removed += stores.traces.delete([trace.trace_id for trace in items], audit=audit)
    return removed
