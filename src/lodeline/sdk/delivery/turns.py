"""When a request may go: several at one time while the server answers, one after the other until it does again.

Whatever keeps the server from taking one request keeps it from taking the others. So the first failure closes the way
for all of them, for as long as the server asked for; then the one that was taken first goes and tries. When it gets
through, what waited when it left follows it one by one, so that it arrives in order; then the way is open again.
"""

import random
import time
from collections.abc import Callable
from typing import NamedTuple

from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.exchange import Answer
from lodeline.sdk.delivery.in_flight import Batch

_LOOK_EVERY_S = 2.0


class Turn(NamedTuple):
    """The right to send one request: since when, and how often somebody had been in a hurry, and which record of this
    process was the newest, by then."""

    at: float
    hurried: int
    newest: int


class Turns:
    """Keeps the threads that send from sending at the wrong time, and from sending for too long. Thread-safe.

    `meanwhile` is called now and then by a thread that waits.
    """

    def __init__(self, backlog: Backlog, meanwhile: Callable[[], None]) -> None:
        self._settings = backlog.settings
        self._backlog = backlog
        self._changed = backlog.changed
        self._meanwhile = meanwhile
        self._under_way = 0
        self._answering = False
        self._replay_until = 0
        """Up to this record, what waited when the first request left that got through goes one batch at a time."""
        self._ended = False
        self._failures = 0
        self._failed_at = 0.0
        self._again_at = 0.0
        """Before it nothing is sent, unless somebody is in a hurry."""
        self._asked_at = 0.0
        """Before it nothing is sent at all: the server has asked for that."""
        self._hurried = 0
        self.stop_at: float | None = None
        """When sending must have ended; None while the program goes on."""
        # Back-off is spread by a generator of its own, so that a program's seeded one gives what it gave before.
        self._chance = random.Random()  # noqa: S311 - nothing secret

    @property
    def open(self) -> bool:
        """Whether several requests may go at one time."""
        return self._answering and self._backlog.settled(self._replay_until)

    def hurry(self) -> None:
        """Let the next attempts be made now."""
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()

    def enter(self, batch: Batch, failed: int = 0, last: Turn | None = None) -> Turn | None:
        """Wait until a request of a batch may go, which has failed so often, at its `last` turn; None when it is time
        to end.

        When it is, the first failure ends it for all, unless something is in memory only. `leave` must follow a turn.
        """
        with self._changed:
            seen = self._hurried if last is None else last.hurried
            own_at = time.monotonic() + self._delay_s(failed) if failed else 0.0
        while True:
            self._meanwhile()
            with self._changed:
                now = time.monotonic()
                at = max(self._asked_at, max(own_at, self._again_at) if self._hurried == seen else 0.0)
                if self._is_over(now, at):
                    self._ended = True
                    self._changed.notify_all()
                    return None
                if now >= at and (self.open or (not self._under_way and self._is_first(batch))):
                    self._under_way += 1
                    return Turn(now, self._hurried, self._backlog.newest)
                ends = [now + _LOOK_EVERY_S, at if now < at else None, self.stop_at]
                self._changed.wait(min(end for end in ends if end is not None) - now)

    def _is_first(self, batch: Batch) -> bool:
        """Tell whether a batch was taken before all others that are under way."""
        return self._backlog.in_flight.first_order == batch.order

    def _is_over(self, now: float, at: float) -> bool:
        """Tell whether a request that may go from `at` on goes no more. What is later than one that has been given up
        must not go before it, so all are."""
        if self._ended or self.stop_at is None:
            return self._ended
        return now >= self.stop_at or (now < at and not self._backlog.volatile_spans)

    def leave(self, turn: Turn, answer: Answer) -> None:
        """Say what became of the request that had this turn."""
        with self._changed:
            self._under_way -= 1
            now = time.monotonic()
            # What went before the last failure was known says nothing new.
            news = turn.at >= self._failed_at
            if answer.kind == "later":
                if news:
                    self._failures += 1
                    self._failed_at = now
                    self._again_at = now + self._delay_s(self._failures)
                self._answering = False
                if answer.retry_after_s is not None:
                    self._asked_at = max(self._asked_at, now + answer.retry_after_s)
            elif news:
                if not self._answering:
                    self._answering = True
                    self._replay_until = turn.newest
                self._failures, self._again_at = 0, 0.0
            self._changed.notify_all()

    def _delay_s(self, failures: int) -> float:
        """Return how long to wait; half of it is left to chance, so that many programs do not come back at one
        moment."""
        settings = self._settings
        delay_s = min(settings.max_retry_s, settings.first_retry_s * 2 ** min(failures - 1, 30))
        return delay_s * self._chance.uniform(0.5, 1.0)
