"""Clock: where services and jobs get the time from, so that tests can set it."""

import time
from typing import Protocol


class Clock(Protocol):
    """The time of day, as epoch UTC. May jump when the system's clock is set; never use it to measure durations."""

    def now_ms(self) -> int:
        """Return the present time in milliseconds."""
        ...

    def now_ns(self) -> int:
        """Return the present time in nanoseconds."""
        ...


class SystemClock:
    """The operating system's clock."""

    def now_ms(self) -> int:
        """Return the present time in milliseconds."""
        return time.time_ns() // 1_000_000

    def now_ns(self) -> int:
        """Return the present time in nanoseconds."""
        return time.time_ns()


system_clock: Clock = SystemClock()
