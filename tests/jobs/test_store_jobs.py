"""The jobs on the store: the reaper and retention, on every backend."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import cast

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.assessment import SourceKind
from lodeline.domain.experiment import ExperimentChange, ExperimentSettings, Retention, RetentionChange
from lodeline.domain.ids import ExperimentId, RunId, TraceId
from lodeline.domain.trace import PINNED_TAG
from lodeline.jobs.purges import purges
from lodeline.jobs.reaper import reaper
from lodeline.jobs.retention import STEP, retention
from lodeline.jobs.scheduler import run_job
from lodeline.jobs.upkeep import key_uses
from lodeline.query.ast import Search
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.clock import SettableClock
from tests.contract.build import T0_MS, judgment, span, write
from tests.services.bundled import clock_of, make, services_over

ZERO = ExperimentId("0")
DAY_MS = 86_400_000


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Services whose clock stands at `T0_MS`."""
    with services_over(str(request.param).format(tmp_path / "store")) as opened:
        clock = clock_of(opened)
        clock.advance((T0_MS - clock.now_ms()) / 1000)
        yield opened


def keep(services: Services, **limits: float) -> None:
    retention = cast("RetentionChange", asdict(Retention()) | limits)
    change = ExperimentChange(settings={"retention": retention})
    services.experiments.update(LOCAL, ZERO, change)


def fill(services: Services, count: int, experiment: str = "0", prefix: str = "tr") -> None:
    """Make traces tr-0 to tr-N, a day apart, the last of them now."""
    writes = [
        write(f"{prefix}-{n}", span(start_ms=(n - count + 1) * DAY_MS, end_ms=(n - count + 1) * DAY_MS + 5),
              experiment=experiment)
        for n in range(count)
    ]  # fmt: skip
    services.stores.traces.write(writes)


def left(services: Services) -> list[str]:
    page = services.traces.search(LOCAL, ListQuery(("0",), order="start", limit=1000))
    return [trace.trace_id for trace in page.items]


def run(services: Services) -> int | None:
    return run_job(retention(services.stores, services.clock, interval_s=1))


def test_without_limits_nothing_is_removed(services: Services) -> None:
    fill(services, 3)
    assert run(services) == 0
    assert len(left(services)) == 3


def test_old_traces_are_removed_on_record(services: Services) -> None:
    fill(services, 5)
    keep(services, max_age_days=2.5)
    assert run(services) == 2
    assert left(services) == ["tr-2", "tr-3", "tr-4"]
    entry = services.stores.audit.search(Search()).items[0]
    assert (entry.actor, entry.action, entry.details["reason"]) == ("system", "trace.expire", "age")
    assert run(services) == 0


def test_over_the_count_the_oldest_are_removed(services: Services) -> None:
    fill(services, 5)
    keep(services, max_traces=2)
    assert run(services) == 3
    assert left(services) == ["tr-3", "tr-4"]


def test_over_the_bytes_as_many_as_needed_are_removed(services: Services) -> None:
    fill(services, 4)
    each = services.traces.get(LOCAL, TraceId("tr-0")).size_bytes
    keep(services, max_bytes=each * 2 + 1)
    assert run(services) == 2
    assert left(services) == ["tr-2", "tr-3"]


def test_many_are_removed_in_steps(services: Services) -> None:
    fill(services, STEP + 30)
    keep(services, max_traces=10)
    assert run(services) == STEP + 20
    assert len(left(services)) == 10


@pytest.mark.parametrize(("source", "kept"), [("HUMAN", True), ("LLM_JUDGE", False), ("CODE", False)])
def test_what_a_human_judged_is_kept(services: Services, source: SourceKind, kept: bool) -> None:
    fill(services, 3)
    services.assessments.log(LOCAL, judgment("tr-0", source=source))
    keep(services, max_age_days=0.5)
    run(services)
    assert ("tr-0" in left(services)) is kept
    assert "tr-1" not in left(services)


def test_traces_of_runs_and_pinned_ones_are_kept(services: Services) -> None:
    fill(services, 5)
    services.traces.link_run(LOCAL, RunId("run-1"), [TraceId("tr-0")])
    services.traces.tag(LOCAL, TraceId("tr-1"), {PINNED_TAG: "true"})
    services.traces.tag(LOCAL, TraceId("tr-2"), {PINNED_TAG: "false"})
    keep(services, max_traces=1)
    assert run(services) == 3
    assert left(services) == ["tr-0", "tr-1"]
    assert run(services) == 0


def test_other_and_deleted_experiments_are_left_alone(services: Services) -> None:
    settings = ExperimentSettings(retention=Retention(max_traces=1))
    fill(services, 3)
    gone = make(services, "gone", settings)
    fill(services, 3, gone.experiment_id, "gone")
    services.experiments.delete(LOCAL, gone.experiment_id)
    assert run(services) == 0
    services.experiments.restore(LOCAL, gone.experiment_id)
    assert run(services) == 2
    assert len(left(services)) == 3


def test_a_stopping_scheduler_ends_the_job_between_steps(services: Services) -> None:
    fill(services, 3)
    keep(services, max_traces=1)
    assert run_job(retention(services.stores, services.clock, interval_s=1), lambda: True) == 0
    assert len(left(services)) == 3


def test_silent_traces_are_abandoned_and_a_late_root_revives_them(services: Services) -> None:
    clock: SettableClock = clock_of(services)
    services.stores.traces.write([write("tr-1", span("child", 2, parent=1))])
    job = reaper(services.stores.traces, clock, silence_s=3600, interval_s=1)
    clock.advance(3599)
    assert run_job(job) == 0
    clock.advance(2)
    assert run_job(job) == 1
    assert services.traces.get(LOCAL, TraceId("tr-1")).state == "ABANDONED"
    assert run_job(job) == 0
    services.stores.traces.write([write("tr-1", span("root", 1))])
    assert services.traces.get(LOCAL, TraceId("tr-1")).state == "OK"


def test_uses_of_keys_are_handed_over(services: Services) -> None:
    made = services.keys.create(LOCAL, "k", ["read"])
    services.keys.authenticate(made.secret)
    assert run_job(key_uses(services.keys)) == 1
    assert services.keys.list(LOCAL)[0].last_used_ms == clock_of(services).now_ms()
    assert run_job(key_uses(services.keys)) == 0


def test_a_purge_that_was_cut_off_is_finished_once_it_stands_still(services: Services) -> None:
    made = make(services, "gone").experiment_id
    fill(services, 500, made)
    services.experiments.delete(LOCAL, made)
    half = services.experiments.purge(LOCAL, made, stopping=lambda: True)
    job = purges(services.experiments, interval_s=60)
    assert run_job(job) == 0
    if services.stores.capabilities.backend == "memory":  # all in one step
        assert (half.finished, half.traces) == (True, 500)
        return
    assert 0 < half.traces < 500
    services.experiments.purge(LOCAL, made, stopping=lambda: True)
    assert run_job(job) == 0
    assert run_job(job) == 1
    assert services.experiments.purged(LOCAL, made).traces == 500
    assert run_job(job) == 0
