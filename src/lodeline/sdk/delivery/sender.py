"""The thread that sends: batches from the backlog to the server, until each is stored, refused or kept for later."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import orjson
from opentelemetry import context as otel_context

from lodeline.sdk.delivery.adoption import find_orphans
from lodeline.sdk.delivery.backlog import Backlog, Batch
from lodeline.sdk.delivery.dead_letters import DeadLetters, new_letter
from lodeline.sdk.delivery.exchange import EXPERIMENT_HEADER, INSTANCE_HEADER, SEQUENCE_HEADER, Answer, Exchange
from lodeline.sdk.delivery.splitting import split
from lodeline.sdk.delivery.spool import STATUS_FILE, write_whole
from lodeline.sdk.delivery.stats import DeliveryStats, Ledger

_LOG = logging.getLogger("lodeline.delivery")
_DOUBTFUL_ATTEMPTS = 10
_FAULTS = 3
"""How often a batch may meet a defect of ours before it becomes a dead letter."""
_STATUS_EVERY_S = 2.0
_IDLE_S = 60.0
_OTHERS_S = 1.0
"""How long the end of a program waits for what others have left; short programs would never send it otherwise."""
_LEAST_BATCH_BYTES = 65_536
_SAID = 20
_Fate = Literal["done", "too_large", "stopped"]


class Sender:
    """Sends what a backlog holds. Its methods are for other threads, but for `_run` and what that calls."""

    def __init__(self, backlog: Backlog, ledger: Ledger, stats: Callable[[], DeliveryStats]) -> None:
        settings = backlog.settings
        self._settings = settings
        self._backlog = backlog
        self._ledger = ledger
        self._stats = stats
        self._exchange = Exchange(settings)
        self._dead_letters = DeadLetters(settings.spool_dir, max_bytes=settings.max_dead_letter_bytes)
        self._thread = threading.Thread(target=self._run, name="lodeline-sender", daemon=True)
        self._hurried = 0
        self._hurry_seen = 0
        self._stop_at: float | None = None
        self._stop_others_at = 0.0
        self._due_at: float | None = None
        self._adopt_at = float("inf") if settings.spool_dir is None else 0.0
        self._status_at = 0.0
        self._status: DeliveryStats | None = None
        self._unreachable = False
        """Whether the last attempt failed."""
        self._said: set[str] = set()
        # Back-off is spread by a generator of its own, so that a program's seeded one gives what it gave before.
        self._chance = random.Random()  # noqa: S311 - nothing secret

    def start(self) -> None:
        """Begin; RuntimeError when the interpreter is on its way out."""
        self._thread.start()

    def hurry(self) -> None:
        """Send what there is now, and try again now what waits for its next attempt (but not before Retry-After)."""
        with self._backlog.changed:
            self._hurried += 1
            self._backlog.changed.notify_all()

    def stop(self, timeout_s: float) -> bool:
        """Send what there is, within so many seconds, and end; tell whether the thread has ended.

        The first attempt that fails ends it, unless something is in memory only.
        """
        with self._backlog.changed:
            self._stop_at = time.monotonic() + timeout_s
            self._stop_others_at = time.monotonic() + min(timeout_s, _OTHERS_S)
            self._hurried += 1
            self._backlog.changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s + 0.2)
        return not self._thread.is_alive()

    def _run(self) -> None:
        _suppress_instrumentation()
        batch: Batch | None = None
        faults = 0
        while True:
            try:
                batch = batch or self._next()
                if batch is None or not self._deliver(batch):
                    break
                batch, faults = None, 0
            except Exception as error:  # a defect of ours must not end the thread, nor lose what waits
                faults += 1
                self._ledger.note_error(f"sending failed: {error!r}")
                _LOG.exception("Sending traces failed; it goes on.")
                if batch is not None and faults >= _FAULTS:
                    self._refuse(batch, batch.body, batch.spans, batch.spans, Answer("refused", repr(error)))
                    self._backlog.settle(batch)
                    batch, faults = None, 0
                if self._wait(time.monotonic() + self._settings.first_retry_s):
                    break
        self._report()
        self._exchange.close()

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
                if self._is_due() and (batch := self._backlog.take()) is not None:
                    self._due_at = None
                    return batch
                if self._stop_at is not None:
                    return None
                self._hurry_seen = self._hurried
                until = min(self._due_at or now + _IDLE_S, max(self._adopt_at, now + 0.1))
                if self._backlog.own_folder is not None and self._status != self._stats():
                    until = min(until, max(self._status_at, now + 0.1))
                self._backlog.changed.wait(max(0.0, until - now))

    def _is_over(self, now: float) -> bool:
        """Tell whether it is time to end: everything of this process is sent, and of what others left as much as may
        keep the program waiting."""
        if self._stop_at is None:
            return False
        if self._backlog.pending_spans:
            return now >= self._stop_at
        return now >= self._stop_others_at or not self._backlog.adopted

    def _is_due(self) -> bool:
        """Tell whether what waits should go now: there is much of it, it has waited, or somebody waits for it."""
        backlog = self._backlog
        if not backlog.pending_spans:
            self._due_at = None
            return backlog.adopted > 0
        if self._due_at is None:
            self._due_at = time.monotonic() + self._settings.send_delay_s
        return (
            self._hurried != self._hurry_seen
            or self._stop_at is not None
            or backlog.adopted > 0
            or backlog.pending_spans >= self._settings.max_batch_spans
            or time.monotonic() >= self._due_at
        )

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

    def _deliver(self, batch: Batch) -> bool:
        """Send a batch until its fate is known, and settle it; False when it is time to end before that."""
        fate = self._push(batch, batch.body, batch.spans, batch.sequence)
        if fate == "too_large":
            self._backlog.batch_bytes = max(_LEAST_BATCH_BYTES, len(batch.body) // 2)
            if len(batch.records) > 1:
                return all(self._deliver(replace(batch, records=[record])) for record in batch.records)
            fate = self._push_parts(batch, batch.body, batch.spans, batch.sequence)
        if fate == "stopped":
            return False
        self._backlog.settle(batch)
        return True

    def _push_parts(self, batch: Batch, body: bytes, spans: int, sequence: str) -> _Fate:
        """Send a request in halves, and these in halves, as far as the server wants it.

        Only the last part bears the sequence number, since the number says that all of the record has arrived.
        """
        parts = split(body)
        if parts is None:
            self._refuse(batch, body, spans, spans, Answer("refused", "413: a single span is too large", 413))
            return "done"
        for (part, count), numbers in zip(parts, ("", sequence), strict=True):
            fate = self._push(batch, part, count, numbers)
            if fate == "too_large":
                fate = self._push_parts(batch, part, count, numbers)
            if fate == "stopped":
                return fate
        return "done"

    def _push(self, batch: Batch, body: bytes, spans: int, sequence: str) -> _Fate:
        """Send one request as often as is needed."""
        headers: dict[str, str] = {}
        if sequence:
            headers |= {INSTANCE_HEADER: batch.meta.instance, SEQUENCE_HEADER: sequence}
        if batch.meta.experiment is not None:
            headers[EXPERIMENT_HEADER] = batch.meta.experiment
        attempt = 0
        while True:
            self._hurry_seen = self._hurried
            before_bytes = self._exchange.sent_bytes
            self._ledger.note_request(again=attempt > 0)
            answer = self._exchange.post(body, headers)
            attempt += 1
            if answer.kind == "later" and not (answer.doubtful and attempt >= _DOUBTFUL_ATTEMPTS):
                self._note_failure(answer)
                if self._pause(attempt, answer):
                    continue
                return "stopped"
            if answer.kind == "too_large":
                return "too_large"
            if answer.kind == "accepted":
                self._accept(batch, body, spans, answer, self._exchange.sent_bytes - before_bytes)
            else:
                self._refuse(batch, body, spans, spans, answer)
            return "done"

    def _accept(self, batch: Batch, body: bytes, spans: int, answer: Answer, size_bytes: int) -> None:
        if self._unreachable:
            self._unreachable = False
            _LOG.info("Traces are delivered to %s again.", self._settings.endpoint)
        rejected = min(answer.rejected, spans)
        self._ledger.note_sent(spans - rejected, size_bytes, own=batch.own)
        if rejected:
            self._refuse(batch, body, spans, rejected, answer)

    def _refuse(self, batch: Batch, body: bytes, spans: int, refused: int, answer: Answer) -> None:
        """Keep a request as a dead letter and count the spans in it that were refused."""
        letter = new_letter(
            instance=batch.meta.instance,
            sequence=batch.sequence,
            endpoint=batch.meta.endpoint,
            experiment=batch.meta.experiment,
            spans=spans,
            refused=refused,
            status=answer.status,
            reason=answer.message,
        )
        file = self._dead_letters.keep(letter, body)
        self._ledger.note_refused(refused, own=batch.own)
        where = f"kept in {file}" if file is not None else "not kept, since there is no room for them on disk"
        self._ledger.note_error(f"{refused} of {spans} spans refused by {self._settings.endpoint}: {answer.message}")
        if len(self._said) < _SAID and answer.message not in self._said:
            self._said.add(answer.message)
            _LOG.warning(
                "%s does not take %d of %d spans (%s); they are %s. See 'lodeline doctor'.",
                self._settings.endpoint,
                refused,
                spans,
                answer.message,
                where,
            )

    # Waiting.

    def _note_failure(self, answer: Answer) -> None:
        self._ledger.note_error(answer.message)
        if not self._unreachable:
            self._unreachable = True
            kept = "on disk" if self._backlog.on_disk else "in memory"
            _LOG.warning(
                "Traces cannot be delivered to %s now (%s); they wait %s and are sent when it answers.",
                self._settings.endpoint,
                answer.message,
                kept,
            )

    def _pause(self, attempt: int, answer: Answer) -> bool:
        """Wait before the next attempt; False when it is time to end."""
        settings = self._settings
        # Half of the delay is left to chance, so that many programs do not come back at one moment.
        delay_s = min(settings.max_retry_s, settings.first_retry_s * 2 ** min(attempt - 1, 30))
        now = time.monotonic()
        again_at = now + delay_s * self._chance.uniform(0.5, 1.0)
        strict = answer.retry_after_s is not None
        if answer.retry_after_s is not None:
            again_at = max(again_at, now + answer.retry_after_s)
        return not self._wait(again_at, strict=strict)

    def _wait(self, until: float, *, strict: bool = False) -> bool:
        """Wait until a moment, or (unless `strict`) until somebody is in a hurry; True when it is time to end."""
        while True:
            self._report()
            with self._backlog.changed:
                now = time.monotonic()
                if self._stop_at is not None and (now >= self._stop_at or not self._backlog.volatile_spans):
                    return True
                if now >= until or (not strict and self._hurried != self._hurry_seen):
                    return False
                end = min(until, now + _STATUS_EVERY_S)
                self._backlog.changed.wait(
                    max(0.0, (end if self._stop_at is None else min(end, self._stop_at)) - now)
                )

    # Telling.

    def _report(self) -> None:
        """Write the counters beside the spool now and then, for `lodeline doctor` and for who adopts the spool."""
        now = time.monotonic()
        folder = self._backlog.own_folder
        if folder is None or (now < self._status_at and self._stop_at is None):
            return
        stats = self._stats()
        if stats == self._status:
            return
        self._status = stats
        self._status_at = now + _STATUS_EVERY_S
        write_status(folder / STATUS_FILE, stats)


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
