"""The scheduler: one thread that runs each job at its interval, and stops promptly."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lodeline.domain.errors import LodelineError

_log = logging.getLogger("lodeline.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every `interval_s`. `run` works in bounded steps and returns how much it did.

    It is passed a function that tells whether the scheduler is stopping, to be asked between steps.
    """

    name: str
    interval_s: float
    run: Callable[[Callable[[], bool]], int]


class Scheduler:
    """Runs jobs one after the other. A job that fails is logged and tried again at its next turn.

    `noted` is told the name of each job that was run, and whether it succeeded.
    """

    def __init__(self, jobs: Sequence[Job], noted: Callable[[str, bool], object] = lambda _, __: None) -> None:
        self._jobs = tuple(jobs)
        self._noted = noted
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="lodeline-jobs", daemon=True)

    def start(self) -> None:
        """Begin; the first turn of each job comes after its interval."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Let the job under way finish its step; return whether the thread ended in time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        due = {job.name: time.monotonic() + job.interval_s for job in self._jobs}
        while self._jobs and not self._stopping.is_set():
            job = min(self._jobs, key=lambda item: due[item.name])
            if self._stopping.wait(max(0.0, due[job.name] - time.monotonic())):
                return
            done = run_job(job, self._stopping.is_set)
            self._noted(job.name, done is not None)
            due[job.name] = time.monotonic() + job.interval_s


def run_job(job: Job, stopping: Callable[[], bool] = lambda: False) -> int | None:
    """Run one job now and log what came of it; return how much it did, None when it failed."""
    started = time.monotonic()
    try:
        done = job.run(stopping)
    except LodelineError as error:
        _log.warning("job %s failed: %s", job.name, error.message)
        return None
    except Exception as error:
        # The message may quote content of a trace: only the place is logged.
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        _log.error("job %s failed: %s at %s", job.name, type(error).__name__, places)
        return None
    if done:
        _log.info("job %s: %d in %.0f ms", job.name, done, (time.monotonic() - started) * 1000)
    return done
