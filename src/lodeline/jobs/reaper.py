"""The reaper: closes traces whose program went silent as ABANDONED. Their content stays; a late root revives them."""

from collections.abc import Callable

from lodeline.domain.clock import Clock
from lodeline.jobs.scheduler import Job
from lodeline.storage.base import TraceStore

STEP = 500


def reaper(traces: TraceStore, clock: Clock, *, silence_s: float, interval_s: float) -> Job:
    """Return the job that abandons traces in progress that were last touched over `silence_s` ago."""

    def run(stopping: Callable[[], bool]) -> int:
        total = 0
        while not stopping():
            now_ms = clock.now_ms()
            done = traces.abandon(silent_since_ms=now_ms - int(silence_s * 1000), now_ms=now_ms, limit=STEP)
            total += done
            if done < STEP:
                break
        return total

    return Job("reaper", interval_s, run)
