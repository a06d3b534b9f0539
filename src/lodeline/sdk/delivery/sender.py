"""The threads that send: batches from the backlog to the server, until each is stored, refused or kept for later.

One thread sends as long as it keeps up. While more waits than it has under way, others send beside it.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import orjson
from opentelemetry import context as otel_context

from lodeline.sdk.delivery.adoption import find_orphans
from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.exchange import Answer, Exchange
from lodeline.sdk.delivery.in_flight import Batch
from lodeline.sdk.delivery.lane import Lane
from lodeline.sdk.delivery.outcomes import Outcomes
from lodeline.sdk.delivery.spool import STATUS_FILE, write_whole
from lodeline.sdk.delivery.stats import DeliveryStats, Ledger
from lodeline.sdk.delivery.turns import Turns

_LOG = logging.getLogger("lodeline.delivery")
_FAULTS = 3
"""How often a batch may meet a defect of ours before it becomes a dead letter."""
_STATUS_EVERY_S = 2.0
_IDLE_S = 60.0
_BESIDE_S = 2.0
"""How long a thread beside the first waits for more; most programs have as much to send only now and then."""
_OTHERS_S = 1.0
"""How long the end of a program waits for what others have left; short programs would never send it otherwise."""
_LEAST_BATCH_BYTES = 65_536


class Sender:
    """Sends what a backlog holds. Its public methods are for other threads."""

    def __init__(self, backlog: Backlog, ledger: Ledger, stats: Callable[[], DeliveryStats]) -> None:
        settings = backlog.settings
        self._settings = settings
        self._backlog = backlog
        self._ledger = ledger
        self._stats = stats
        self._outcomes = Outcomes(backlog, ledger)
        self._turns = Turns(backlog, self._report)
        self._lane = self._new_lane(Exchange(settings))
        self._beside: list[tuple[threading.Thread, Lane]] = []
        """The other threads that send now, with their lanes."""
        self._busy = 0
        """How many of the threads have a batch."""
        self._thread = threading.Thread(target=self._run, name="lodeline-sender", daemon=True)
        self._wanted = 0
        """Records up to this number should go now."""
        self._stop_others_at = 0.0
        self._due_at: float | None = None
        self._adopt_at = float("inf") if settings.spool_dir is None else 0.0
        self._reporting = threading.Lock()
        self._status_at = 0.0
        self._status: DeliveryStats | None = None

    def start(self) -> None:
        """Begin; RuntimeError when the interpreter is on its way out."""
        self._thread.start()

    def hurry(self, sequence: int) -> None:
        """Send the records up to this one now, also what waits for its next attempt (but not before Retry-After)."""
        with self._backlog.changed:
            self._wanted = max(self._wanted, sequence)
            self._turns.hurry()

    def widen(self) -> None:
        """Let another thread send too, when there is more to send than those there are have under way.

        For who adds to the backlog; only while several may go, and within the bound of the settings.
        """
        with self._backlog.changed:
            threads = len(self._beside) + 1
            if self._busy < threads or threads >= self._settings.max_requests_in_flight:
                return
            if not self._turns.open or not self._is_pressing():
                return
            lane = self._new_lane(self._lane.exchange.beside())
            thread = threading.Thread(target=self._run_beside, args=(lane,), name="lodeline-sender-2", daemon=True)
            self._beside.append((thread, lane))
            try:
                thread.start()
            except RuntimeError:  # the interpreter is on its way out: the others send alone
                self._beside.pop()

    def stop(self, timeout_s: float) -> bool:
        """Send what there is, within so many seconds, and end; tell whether the thread has ended.

        The first attempt that fails ends it, unless something is in memory only.
        """
        with self._backlog.changed:
            self._turns.stop_at = time.monotonic() + timeout_s
            self._stop_others_at = time.monotonic() + min(timeout_s, _OTHERS_S)
            self._turns.hurry()
        if self._thread.is_alive():
            self._thread.join(timeout_s + 0.2)
        return not self._thread.is_alive()

    def _run(self) -> None:
        _suppress_instrumentation()
        while True:
            try:
                batch = self._next()
            except Exception as error:  # a defect of ours must not end the thread
                self._note_fault(error)
                time.sleep(self._settings.first_retry_s)
                continue
            if batch is None or not self._carry(self._lane, batch):
                break
        self._join_others()
        self._report()
        self._lane.close()

    def _join_others(self) -> None:
        """Wait for the other threads, as long as the end of the program may."""
        with self._backlog.changed:
            others, stop_at = [thread for thread, _ in self._beside], self._turns.stop_at
        for thread in others:
            thread.join(None if stop_at is None else max(0.0, stop_at - time.monotonic()))

    # What to send next.

    def _next(self) -> Batch | None:
        """Wait for a batch that is due; None when it is time to end."""
        while True:
            self._adopt()
            self._report()
            with self._backlog.changed:
                now = time.monotonic()
                if self._is_over(now):
                    return None
                if self._is_due(now):
                    if (batch := self._take()) is not None:
                        self._due_at = None
                        return batch
                    self._due_at = now + self._settings.send_delay_s
                if self._turns.stop_at is not None:
                    return None
                until = min(self._due_at or now + _IDLE_S, max(self._adopt_at, now + 0.1))
                if self._backlog.own_folder is not None and self._status != self._stats():
                    until = min(until, max(self._status_at, now + 0.1))
                self._backlog.changed.wait(max(0.0, until - now))

    def _take(self) -> Batch | None:
        batch = self._backlog.take()
        if batch is not None:
            self._busy += 1
            self.widen()
        return batch

    def _is_over(self, now: float) -> bool:
        """Tell whether it is time to end: everything of this process is sent, and of what others left as much as may
        keep the program waiting."""
        stop_at = self._turns.stop_at
        if stop_at is None:
            return False
        if self._backlog.pending_spans:
            return now >= stop_at
        return now >= self._stop_others_at or not self._backlog.adopted

    def _is_due(self, now: float) -> bool:
        """Tell whether what waits should go now: there is much of it, it has waited, or somebody waits for it."""
        backlog = self._backlog
        if not backlog.waiting_spans:
            self._due_at = None
            return backlog.adopted > 0
        if self._due_at is None:
            self._due_at = now + self._settings.send_delay_s
        return self._is_pressing() or backlog.adopted > 0 or now >= self._due_at

    def _is_pressing(self) -> bool:
        """Tell whether there is a whole batch of this process's spans, or somebody waits for them."""
        waiting = self._backlog.waiting_spans
        if not waiting:
            return False
        stopping = self._turns.stop_at is not None
        return stopping or waiting >= self._settings.max_batch_spans or self._backlog.waits(self._wanted)

    def _adopt(self) -> None:
        spool_dir = self._settings.spool_dir
        now = time.monotonic()
        if spool_dir is None or now < self._adopt_at:
            return
        self._adopt_at = now + self._settings.adopt_every_s
        for spool in find_orphans(spool_dir, self._backlog.meta):
            if not self._backlog.adopt(spool):
                spool.close()
                return

    # Sending.

    def _carry(self, lane: Lane, batch: Batch) -> bool:
        """Send a batch that was taken, and settle it; False when it is time to end before."""
        try:
            return self._carry_parts(lane, batch)
        finally:
            with self._backlog.changed:
                self._busy -= 1

    def _carry_parts(self, lane: Lane, batch: Batch) -> bool:
        """Send a batch, in parts where the server wants that."""
        parts = deque([batch])
        faults = 0
        while parts:
            part = parts[0]
            try:
                fate = lane.send(part)
            except Exception as error:  # a defect of ours must not end the thread, nor lose what waits
                self._note_fault(error)
                faults += 1
                if faults < _FAULTS:
                    continue
                self._outcomes.refuse(part, part.body, part.spans, part.spans, Answer("refused", repr(error)))
                fate = "done"
            if fate == "stopped":
                return False
            parts.popleft()
            if fate == "too_large":
                self._backlog.batch_bytes = max(_LEAST_BATCH_BYTES, len(part.body) // 2)
                parts.extendleft(reversed(self._backlog.split(part)))
            else:
                self._backlog.settle(part)
                faults = 0
        return True

    def _note_fault(self, error: Exception) -> None:
        self._ledger.note_error(f"sending failed: {error!r}")
        _LOG.exception("Sending traces failed; it goes on.")

    def _new_lane(self, exchange: Exchange) -> Lane:
        return Lane(exchange, self._turns, self._outcomes, self._ledger)

    def _run_beside(self, lane: Lane) -> None:
        _suppress_instrumentation()
        try:
            while (batch := self._next_beside()) is not None and self._carry(lane, batch):
                pass
        finally:
            with self._backlog.changed:
                self._beside = [each for each in self._beside if each[1] is not lane]
            lane.close()

    def _next_beside(self) -> Batch | None:
        """Return a batch beside those under way, waiting a moment for one; None when there is none."""
        until = time.monotonic() + _BESIDE_S
        with self._backlog.changed:
            while True:
                now = time.monotonic()
                stop_at = self._turns.stop_at
                if not self._turns.open or (stop_at is not None and now >= stop_at):
                    return None
                if self._is_pressing() and (batch := self._take()) is not None:
                    return batch
                if now >= until or stop_at is not None:
                    return None
                self._backlog.changed.wait(until - now)

    # Telling.

    def _report(self) -> None:
        """Write the counters beside the spool now and then, for `lodeline doctor` and for who adopts the spool."""
        if not self._reporting.acquire(blocking=False):
            return
        try:
            now = time.monotonic()
            folder = self._backlog.own_folder
            if folder is None or (now < self._status_at and self._turns.stop_at is None):
                return
            stats = self._stats()
            if stats == self._status:
                return
            self._status = stats
            self._status_at = now + _STATUS_EVERY_S
            write_status(folder / STATUS_FILE, stats)
        finally:
            self._reporting.release()


def _suppress_instrumentation() -> None:
    """Mark this thread's requests as telemetry's own, by the keys that instrumentations look for."""
    for key in {"suppress_instrumentation", getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", "")} - {""}:
        otel_context.attach(otel_context.set_value(key, True))


def write_status(path: Path, stats: DeliveryStats) -> None:
    """Write counters to a file; a disk that does not take them is nobody's loss."""
    try:
        write_whole(path, orjson.dumps(stats, default=dict))
    except OSError:
        return
