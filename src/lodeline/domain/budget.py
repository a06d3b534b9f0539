"""Budget: what the traces of an experiment may cost in a day, a week or a month, and what they have cost."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from lodeline.domain.ids import ExperimentId

BudgetPeriod = Literal["day", "week", "month"]
"""Days, weeks and months are those of UTC; a week begins on Monday."""
BudgetState = Literal["none", "within", "ahead", "over"]
"""No budget is set; the cost is within it; within it, but not by the end of the period if it goes on so; over it."""

MAX_USD = 1e12
LEAST_SHARE = 0.05
"""How much of a period must have passed before anything is said of how it will end."""


@dataclass(frozen=True, slots=True)
class CostBudget:
    """How many US dollars the traces that begin in one period may cost together; None: no budget."""

    max_usd: float | None = None
    period: BudgetPeriod = "month"


@dataclass(frozen=True, slots=True)
class Spending:
    """What the traces of one experiment have cost in the present period, in US dollars.

    The period goes from `from_ms` to before `to_ms`, epoch milliseconds. `projected_usd` is the cost at its end if it
    goes on as it has since it began; None while less than a twentieth of it has passed. Calls without a price count
    as nothing. Not `complete` means: at least so much, the deadline ended the sum.
    """

    experiment_id: ExperimentId
    period: BudgetPeriod
    from_ms: int
    to_ms: int
    spent_usd: float
    max_usd: float | None
    projected_usd: float | None
    state: BudgetState
    complete: bool = True


def period_of(period: BudgetPeriod, now_ms: int) -> tuple[int, int]:
    """Return when the period that `now_ms` is in begins and when the next one does, epoch milliseconds.

    >>> period_of("day", 1_767_225_600_000)  # 2026-01-01T00:00Z
    (1767225600000, 1767312000000)
    """
    day = datetime.fromtimestamp(now_ms / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        begin, end = day, day + timedelta(days=1)
    elif period == "week":
        begin = day - timedelta(days=day.weekday())
        end = begin + timedelta(days=7)
    else:
        begin = day.replace(day=1)
        end = (begin + timedelta(days=32)).replace(day=1)
    return round(begin.timestamp() * 1000), round(end.timestamp() * 1000)


def spending(
    experiment_id: ExperimentId, budget: CostBudget, spent_usd: float, *, now_ms: int, complete: bool = True
) -> Spending:
    """Return what is to be said of a budget when so much is spent in its present period.

    >>> spending(ExperimentId("1"), CostBudget(10.0, "day"), 4.0, now_ms=1_767_225_600_000 + 6 * 3_600_000).state
    'ahead'
    """
    from_ms, to_ms = period_of(budget.period, now_ms)
    passed = (now_ms - from_ms) / (to_ms - from_ms)
    projected_usd = spent_usd / passed if passed >= LEAST_SHARE else None
    state: BudgetState = "within"
    if budget.max_usd is None:
        state = "none"
    elif spent_usd > budget.max_usd:
        state = "over"
    elif projected_usd is not None and projected_usd > budget.max_usd:
        state = "ahead"
    return Spending(
        experiment_id, budget.period, from_ms, to_ms, spent_usd, budget.max_usd, projected_usd, state, complete
    )
