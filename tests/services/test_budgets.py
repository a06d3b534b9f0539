"""Budgets: what is counted, who may know it, and what is put on record."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Forbidden, NotFound
from lodeline.domain.experiment import BudgetChange, ExperimentChange
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.jobs.scheduler import run_job
from lodeline.jobs.upkeep import budgets
from lodeline.query.ast import Search
from lodeline.services.budgets import OVER
from lodeline.services.bundle import Services
from tests.contract.build import T0_MS, span, write
from tests.services.bundled import clock_of, make, services_over

DAY_MS = 86_400_000
ZERO = ExperimentId("0")


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Services whose clock stands at noon of the day of `T0_MS`."""
    with services_over(str(request.param).format(tmp_path / "store")) as opened:
        clock = clock_of(opened)
        clock.advance((T0_MS - T0_MS % DAY_MS + DAY_MS // 2 - clock.now_ms()) / 1000)
        yield opened


def spend(services: Services, trace: str, usd: float | None, *, days: float = 0.0, experiment: str = "0") -> None:
    """Add a trace of so much that began so many days from now."""
    start_ms = services.clock.now_ms() - T0_MS + days * DAY_MS
    some = span(start_ms=start_ms, end_ms=start_ms + 5, cost_usd=usd)
    services.stores.traces.write([write(trace, some, experiment=experiment)])


def allow(services: Services, experiment: str = "0", **budget: object) -> None:
    change: BudgetChange = {**budget}  # type: ignore[typeddict-item]
    services.experiments.update(LOCAL, ExperimentId(experiment), ExperimentChange(settings={"budget": change}))


def noted(services: Services) -> list[tuple[str, str | None, dict[str, str]]]:
    entries = services.stores.audit.search(Search(limit=1000)).items
    return [(e.actor, e.experiment_id, dict(e.details)) for e in entries if e.action == OVER]


def test_what_began_in_the_period_counts(services: Services) -> None:
    other = make(services, "other").experiment_id
    for name, usd, days in [("a", 1.5, 0), ("b", 0.25, 0.4), ("c", 4.0, -0.6), ("d", 8.0, 0.6), ("e", None, 0)]:
        spend(services, name, usd, days=days)
    spend(services, "f", 100.0, experiment=other)
    assert services.budgets.spending(LOCAL, "0").state == "none"
    allow(services, max_usd=10, period="day")
    found = services.budgets.spending(LOCAL, "Default")
    assert (found.spent_usd, found.max_usd, found.period, found.state) == (1.75, 10, "day", "within")
    assert found.projected_usd == pytest.approx(3.5)
    assert found.to_ms - found.from_ms == DAY_MS
    assert found.complete


def test_without_traces_nothing_is_spent(services: Services) -> None:
    allow(services, max_usd=0.01)
    found = services.budgets.spending(LOCAL, "0")
    assert (found.spent_usd, found.state) == (0.0, "within")


def test_who_may_not_read_traces_may_not_know_their_cost(services: Services) -> None:
    make(services, "other")
    with pytest.raises(NotFound):
        services.budgets.spending(LOCAL, "nowhere")
    ada = Actor("account", "ada", AccountId("acc-2"), roles={ExperimentId("1"): "viewer"})
    assert services.budgets.spending(ada, "1").spent_usd == 0
    with pytest.raises(NotFound):
        services.budgets.spending(ada, "0")
    with pytest.raises(Forbidden):
        services.budgets.spending(Actor("account", "rev", AccountId("acc-3"), role="reviewer"), "0")


def test_going_over_is_put_on_record_once_a_period_and_amount(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="lodeline.budgets")
    other = make(services, "other").experiment_id
    job = budgets(services.budgets, interval_s=1)
    spend(services, "a", 3.0)
    spend(services, "b", 3.0, experiment=other)
    allow(services, max_usd=3, period="day")
    assert run_job(job) == 0
    assert noted(services) == []
    spend(services, "c", 0.005)
    assert [run_job(job), run_job(job)] == [1, 0]
    assert noted(services) == [("system", "0", {"period": "day", "max_usd": "3", "spent_usd": "3.00"})]
    assert "experiment 0 is over its budget of this day" in caplog.text
    allow(services, max_usd=3.002)
    assert [run_job(job), run_job(job)] == [1, 0]
    clock_of(services).advance(DAY_MS / 1000)
    assert run_job(job) == 0
    spend(services, "d", 9.0)
    assert [run_job(job), run_job(job)] == [1, 0]
    assert len(noted(services)) == 3
    services.experiments.delete(LOCAL, ZERO)
    clock_of(services).advance(DAY_MS / 1000)
    assert run_job(job) == 0
