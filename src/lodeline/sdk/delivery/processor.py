"""The span processor that tracing feeds: a queue, a writer, a backlog and a sender, for one process at a time."""

import atexit
import contextlib
import logging
import os
import sys
import threading
import time
import weakref
from dataclasses import replace
from importlib import import_module

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.sender import Sender, write_status
from lodeline.sdk.delivery.settings import DeliverySettings
from lodeline.sdk.delivery.spool import STATUS_FILE
from lodeline.sdk.delivery.stats import DeliveryStats, Ledger
from lodeline.sdk.delivery.writer import Marker, Writer

_LOG = logging.getLogger("lodeline.delivery")
_SAMPLED = 1


class _Runtime:
    """All that belongs to one process; a forked child makes one of its own with its first span."""

    def __init__(self, settings: DeliverySettings) -> None:
        self.pid = os.getpid()
        self.instance = os.urandom(16).hex()
        self.ledger = Ledger()
        self.backlog = Backlog(settings, self.instance, self.ledger, pid=self.pid)
        self.sender = Sender(self.backlog, self.ledger, self.stats)
        self.writer = Writer(self.backlog, self.ledger, self.sender.widen)
        self._settings = settings
        self._closing = threading.Lock()
        self._closed = False

    def start(self) -> None:
        try:
            self.writer.start()
            self.sender.start()
        except RuntimeError:  # the interpreter is on its way out: `close` writes what came
            _LOG.debug("No thread can be started any more; spans are written at exit.")

    def flush(self, timeout_s: float) -> bool:
        if self._closed:
            return not self.backlog.pending_spans
        until = time.monotonic() + timeout_s
        marker = self.writer.mark()
        if not marker.written.wait(max(0.0, timeout_s)):
            return False
        self.sender.hurry(marker.sequence)
        with self.backlog.changed:
            while not self.backlog.settled(marker.sequence):
                left_s = until - time.monotonic()
                if left_s <= 0:
                    return False
                self.backlog.changed.wait(left_s)
        return True

    def persist(self, timeout_s: float) -> bool:
        if self._closed:
            return True
        return self.writer.mark().written.wait(max(0.0, timeout_s)) and not self.backlog.volatile_spans

    def close(self, timeout_s: float) -> None:
        """Write what is queued, send what can be sent in time, and let go; again is fine."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            until = time.monotonic() + timeout_s
            marker: Marker = self.writer.end()
            if not marker.written.wait(0.05):
                self.writer.drain()
                marker.written.wait(max(0.0, timeout_s))
            self.sender.stop(max(0.0, until - time.monotonic()))
            folder = self.backlog.own_folder
            before = self.stats()
            losses = before.refused + sum(before.dropped.values()) + self.backlog.volatile_spans
            self.backlog.close(keep_report=bool(losses))
            after = self.stats()
            if losses and folder is not None:
                write_status(folder / STATUS_FILE, after)
            self._tell(after)

    def stats(self) -> DeliveryStats:
        ledger = self.ledger
        waiting = self.writer.waiting
        with self.backlog.changed:
            return DeliveryStats(
                instance=self.instance,
                made=ledger.made + waiting,
                sent=ledger.sent,
                pending=self.backlog.pending_spans + waiting,
                refused=ledger.refused,
                dropped=dict(ledger.dropped),
                adopted=ledger.adopted,
                adopted_lost=ledger.adopted_lost,
                requests=ledger.requests,
                retries=ledger.retries,
                sent_bytes=ledger.sent_bytes,
                spool="disk" if self.backlog.on_disk else "memory",
                spool_bytes=self.backlog.spool_bytes,
                last_sent_ms=ledger.last_sent_ms,
                last_error=ledger.last_error,
                last_error_ms=ledger.last_error_ms,
            )

    def _tell(self, stats: DeliveryStats) -> None:
        if lost := sum(stats.dropped.values()):
            _LOG.warning("%d of %d spans were lost: %s.", lost, stats.made, stats.dropped)


class DeliveryProcessor(SpanProcessor):
    """Delivers every sampled span that ends: at least once to the server, which keeps each once.

    `on_end` only queues. Nothing here raises into the program, and nothing writes to its standard output.
    """

    def __init__(self, settings: DeliverySettings) -> None:
        self.settings = settings
        self._starting = threading.RLock()
        self._runtime: _Runtime | None = None
        self._forget_at_fork()
        atexit.register(self._at_exit)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing: only ended spans are delivered."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span; costs microseconds (`Writer.offer` says when more) and never raises."""
        try:
            context = span.context
            if context is None or not context.trace_flags & _SAMPLED:
                return
            runtime = self._runtime
            if runtime is None or runtime.pid != os.getpid():
                runtime = self._begin()
            runtime.writer.offer(span)
            if self.settings.flush_roots and (span.parent is None or span.parent.is_remote):
                runtime.flush(self.settings.exit_timeout_s)
        except Exception:
            with contextlib.suppress(Exception):
                _LOG.exception("A span could not be queued.")

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until every span ended before is delivered or refused; False when that takes longer."""
        runtime = self._own()
        return True if runtime is None else runtime.flush(timeout_millis / 1_000)

    def persist(self, timeout_millis: int = 30_000) -> bool:
        """Wait until every span ended before is on disk or delivered; False when that takes longer, or is impossible.

        For what comes before the end of the process that no code runs at, such as `os._exit`.
        """
        runtime = self._own()
        return True if runtime is None else runtime.persist(timeout_millis / 1_000)

    def shutdown(self) -> None:
        """Deliver what can be delivered within `exit_timeout_s`; the rest stays on disk for the next program.

        Spans that end later are counted as dropped. Again is fine.
        """
        atexit.unregister(self._at_exit)
        runtime = self._own()
        if runtime is not None:
            runtime.close(self.settings.exit_timeout_s)

    def stats(self) -> DeliveryStats:
        """Return the counters of this process."""
        runtime = self._own()
        return (runtime or _Runtime(self.settings)).stats()

    def _own(self) -> _Runtime | None:
        runtime = self._runtime
        return runtime if runtime is not None and runtime.pid == os.getpid() else None

    def _begin(self) -> _Runtime:
        """Return this process's runtime, making it when it is the first span."""
        with self._starting:
            runtime = self._own()
            if runtime is None:
                runtime = _Runtime(self.settings)
                runtime.start()
                self._runtime = runtime
                self._at_multiprocessing_exit()
            return runtime

    def _at_multiprocessing_exit(self) -> None:
        """A process of multiprocessing ends without running what is registered with atexit."""
        if (parent := sys.modules.get("multiprocessing.process")) is None or parent.parent_process() is None:
            return
        finalize = import_module("multiprocessing.util").Finalize
        finalize(None, self._at_exit, exitpriority=0)

    def _at_exit(self) -> None:
        with contextlib.suppress(Exception):
            runtime = self._own()
            if runtime is not None:
                runtime.close(self.settings.exit_timeout_s)

    def _forget_at_fork(self) -> None:
        if not hasattr(os, "register_at_fork"):
            return
        forget = weakref.WeakMethod(self._forget_parent)

        def after_in_child() -> None:
            if (method := forget()) is not None:
                method()

        os.register_at_fork(after_in_child=after_in_child)

    def _forget_parent(self) -> None:
        """In a forked child: what the parent has queued and written is the parent's."""
        runtime, self._runtime = self._runtime, None
        self._starting = threading.RLock()
        if runtime is not None:
            runtime.backlog.abandon()
            _PARENTS.append(runtime)


_PARENTS: list[_Runtime] = []
"""Kept in a forked child, so that nothing of the parent's is finalised there: its connection is the parent's."""


def start_delivery(settings: DeliverySettings) -> DeliveryProcessor:
    """Return a processor for `TracerProvider.add_span_processor`; threads and files begin with the first span."""
    # The program may change its working directory before that.
    spool_dir = None if settings.spool_dir is None else settings.spool_dir.absolute()
    return DeliveryProcessor(replace(settings, spool_dir=spool_dir))
