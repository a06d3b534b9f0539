"""The scheduler: jobs run at their interval, a failing one stops nothing, and stopping is prompt."""

import logging
import threading
from collections.abc import Callable

import pytest

from lodeline.domain.errors import Unavailable
from lodeline.jobs.scheduler import Job, Scheduler, run_job


def counted(name: str, interval_s: float, enough: int) -> tuple[Job, threading.Event]:
    """Return a job that sets the event when it has run `enough` times."""
    done = threading.Event()
    runs: list[int] = []

    def run(stopping: Callable[[], bool]) -> int:
        assert not stopping()
        runs.append(1)
        if len(runs) >= enough:
            done.set()
        return 1

    return Job(name, interval_s, run), done


def test_each_job_runs_again_and_again() -> None:
    fast, fast_done = counted("fast", 0.001, 5)
    slow, slow_done = counted("slow", 0.01, 2)
    scheduler = Scheduler([fast, slow])
    scheduler.start()
    assert fast_done.wait(10)
    assert slow_done.wait(10)
    assert scheduler.stop()


def test_a_failing_job_is_tried_again_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[int] = []

    def fail(_: Callable[[], bool]) -> int:
        failures.append(1)
        raise RuntimeError("the content of a trace")

    other, done = counted("other", 0.001, 20)
    scheduler = Scheduler([Job("failing", 0.001, fail), other])
    with caplog.at_level(logging.DEBUG):
        scheduler.start()
        assert done.wait(10)
        assert scheduler.stop()
    assert len(failures) > 1
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "job failing failed: RuntimeError" in logged
    assert "the content of a trace" not in logged


def test_an_error_of_ours_is_logged_with_its_message(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Callable[[], bool]) -> int:
        raise Unavailable("the disk is full")

    with caplog.at_level(logging.DEBUG):
        assert run_job(Job("busy", 1, fail)) is None
    assert "the disk is full" in caplog.text


def test_stopping_is_prompt_and_told_to_a_job_under_way() -> None:
    begun = threading.Event()

    def long(stopping: Callable[[], bool]) -> int:
        begun.set()
        while not stopping():
            threading.Event().wait(0.001)
        return 0

    idle = Scheduler([Job("later", 3600, lambda _: 0)])
    idle.start()
    assert idle.stop(5)
    busy = Scheduler([Job("long", 0.001, long)])
    busy.start()
    assert begun.wait(10)
    assert busy.stop(5)


def test_what_came_of_each_job_is_told() -> None:
    def fail(_: Callable[[], bool]) -> int:
        raise Unavailable("the disk is full")

    told: set[tuple[str, bool]] = set()
    all_told = threading.Event()

    def noted(name: str, succeeded: bool) -> None:
        told.add((name, succeeded))
        if len(told) == 2:
            all_told.set()

    scheduler = Scheduler([Job("idle", 0.001, lambda _: 0), Job("failing", 0.001, fail)], noted)
    scheduler.start()
    assert all_told.wait(10)
    assert scheduler.stop()
    assert told == {("idle", True), ("failing", False)}


def test_a_scheduler_that_never_started_stops() -> None:
    assert Scheduler([]).stop()
