"""What is said of a budget: its period, the cost at its end, and how it stands."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.budget import BudgetPeriod, CostBudget, period_of, spending
from lodeline.domain.ids import ExperimentId

SOME = ExperimentId("1")
HOUR_MS = 3_600_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "now", "first", "after"),
    [
        ("day", "2026-03-01T00:00:00", "2026-03-01", "2026-03-02"),
        ("day", "2026-02-28T23:59:59.999", "2026-02-28", "2026-03-01"),
        ("week", "2026-11-29T12:00:00", "2026-11-23", "2026-11-30"),
        ("week", "2026-11-30T00:00:00", "2026-11-30", "2026-12-07"),
        ("month", "2028-02-29T23:00:00", "2028-02-01", "2028-03-01"),
        ("month", "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
        ("month", "2026-01-31T00:00:00", "2026-01-01", "2026-02-01"),
    ],
)
def test_periods_are_those_of_the_calendar(period: BudgetPeriod, now: str, first: str, after: str) -> None:
    assert period_of(period, at(now)) == (at(first), at(after))


@given(st.sampled_from(["day", "week", "month"]), st.integers(0, at("9000-01-01")))
def test_every_moment_is_in_one_period_after_which_the_next_begins(period: BudgetPeriod, now_ms: int) -> None:
    from_ms, to_ms = period_of(period, now_ms)
    assert from_ms <= now_ms < to_ms
    assert period_of(period, to_ms - 1) == (from_ms, to_ms)
    assert period_of(period, to_ms)[0] == to_ms


@pytest.mark.parametrize(
    ("most", "spent", "hour", "state", "projected"),
    [
        (None, 5.0, 12, "none", 10.0),
        (10.0, 4.0, 12, "within", 8.0),
        (10.0, 5.0, 12, "within", 10.0),
        (10.0, 6.0, 12, "ahead", 12.0),
        (10.0, 6.0, 1, "within", None),  # too early to say
        (10.0, 10.0, 23, "ahead", 10.0 * 24 / 23),
        (10.0, 10.01, 1, "over", None),
        (10.0, 0.0, 12, "within", 0.0),
    ],
)
def test_how_a_budget_stands(
    most: float | None, spent: float, hour: int, state: str, projected: float | None
) -> None:
    now_ms = at("2026-05-05") + hour * HOUR_MS
    found = spending(SOME, CostBudget(most, "day"), spent, now_ms=now_ms)
    assert (found.state, found.projected_usd) == (state, pytest.approx(projected) if projected is not None else None)
    assert (found.from_ms, found.to_ms) == (at("2026-05-05"), at("2026-05-06"))
