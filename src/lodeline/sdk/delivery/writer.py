"""The thread that writes: spans from the program's queue, encoded, into the backlog."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue

from opentelemetry.sdk.trace import ReadableSpan

from lodeline.sdk.delivery.backlog import Backlog
from lodeline.sdk.delivery.encoder import encode_request
from lodeline.sdk.delivery.stats import Ledger

_LOG = logging.getLogger("lodeline.delivery")
_SPANS_A_RECORD = 256
_YIELD_S = 0.000_1


class Marker:
    """A place in the queue: set when all spans before it are in the backlog, the last in record `sequence`."""

    def __init__(self, *, last: bool = False) -> None:
        self.written = threading.Event()
        self.sequence = 0
        self.last = last


class Writer:
    """Takes spans from any thread and keeps them. `offer` takes no lock that its own thread could hold already: it
    is called from signal handlers and finalisers too."""

    def __init__(self, backlog: Backlog, ledger: Ledger, added: Callable[[], None]) -> None:
        """`added` is called when something new is in the backlog."""
        self._backlog = backlog
        self._added = added
        self._ledger = ledger
        self._max_spans = backlog.settings.max_queue_spans
        self._crowded_spans = self._max_spans // 2
        self._delay_s = backlog.settings.write_delay_s
        self._queue: SimpleQueue[ReadableSpan | Marker] = SimpleQueue()
        self._in_hand = 0
        self._sequence = 0
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="lodeline-writer", daemon=True)

    def start(self) -> None:
        """Begin; RuntimeError when the interpreter is on its way out."""
        self._thread.start()

    def offer(self, span: ReadableSpan) -> None:
        """Queue an ended span; when there are too many it is counted and dropped.

        While the queue is over half full this waits for `_YIELD_S`. Threads that do nothing but end spans would
        otherwise leave the writer too little of the interpreter to keep up.
        """
        waiting = self._queue.qsize()
        if self._ended or waiting >= self._max_spans:
            self._ledger.note_made(1)
            self._ledger.note_dropped("exit" if self._ended else "queue_full", 1)
            return
        self._queue.put(span)
        if waiting > self._crowded_spans:
            time.sleep(_YIELD_S)

    def mark(self) -> Marker:
        """Queue a marker."""
        marker = Marker()
        self._queue.put(marker)
        return marker

    def end(self) -> Marker:
        """Take no more spans, and queue a marker behind which the thread ends."""
        self._ended = True
        marker = Marker(last=True)
        self._queue.put(marker)
        return marker

    @property
    def waiting(self) -> int:
        """How many spans are queued and not in the backlog; a moment old."""
        return self._queue.qsize() + self._in_hand

    def drain(self) -> None:
        """Write what is queued on the caller's thread, when no thread could be started."""
        if not self._thread.is_alive():
            self._handle([])

    def _run(self) -> None:
        ended = False
        while not ended:
            first = self._queue.get()
            # What ends within a moment is written together: less work for the disk, and fewer switches of threads.
            if not isinstance(first, Marker) and self._delay_s:
                time.sleep(self._delay_s)
            try:
                ended = self._handle([first])
            except Exception as error:  # a defect of ours must not end the thread
                self._ledger.note_error(f"writing spans failed: {error!r}")
                _LOG.exception("Writing spans failed; it goes on.")

    def _handle(self, taken: "list[ReadableSpan | Marker]") -> bool:
        """Write what was taken and what is queued behind it, up to the end of the queue; tell whether to end."""
        spans: list[ReadableSpan] = []
        while True:
            item = taken.pop() if taken else self._next()
            if item is None:
                self._write(spans)
                return False
            if isinstance(item, Marker):
                self._write(spans)
                spans = []
                item.sequence = self._sequence
                item.written.set()
                if item.last:
                    return True
                continue
            spans.append(item)
            self._in_hand = len(spans)
            if len(spans) >= _SPANS_A_RECORD:
                self._write(spans)
                spans = []

    def _next(self) -> "ReadableSpan | Marker | None":
        try:
            return self._queue.get_nowait()
        except Empty:
            return None

    def _write(self, spans: Sequence[ReadableSpan]) -> None:
        """Keep spans, however they are: in several records when they are large; what has no form is counted."""
        if not spans:
            return
        try:
            for body, count in self._encoded(spans):
                self._ledger.note_made(count)
                self._sequence = self._backlog.add(body, count)
                self._added()
        finally:
            self._in_hand = 0

    def _encoded(self, spans: Sequence[ReadableSpan]) -> Iterator[tuple[bytes, int]]:
        """Yield requests with these spans, and how many each has."""
        half = len(spans) // 2
        try:
            body = encode_request(spans)
        except Exception as error:
            if not half:
                self._ledger.note_made(1)
                self._ledger.note_dropped("unencodable", 1)
                self._ledger.note_error(f"a span cannot be encoded: {error!r}")
                _LOG.exception("A span cannot be encoded; it is dropped.")
                return
            body = None
        if half and (body is None or len(body) > self._backlog.settings.max_batch_bytes):
            yield from self._encoded(spans[:half])
            yield from self._encoded(spans[half:])
        elif body is not None:
            yield body, len(spans)
