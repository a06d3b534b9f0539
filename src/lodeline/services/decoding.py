"""Decoding of OTLP requests: in this process, or in processes of its own once several requests come at one time.

One interpreter runs one thread at a time, and decoding is most of the work of ingest. The processes are started when
a request finds another one being decoded, so a server that has little to do stays one process.
"""

import logging
import os
import sys
import threading
import time

from lodeline.domain.errors import Unavailable
from lodeline.ingest.otlp import Packed
from lodeline.services.decoder import DecoderProcess, Work, decode_work

_START_AGAIN_S = 30.0
"""After a process could not be started, or ended, so long is waited before another is."""
_log = logging.getLogger(__name__)


class Decoding:
    """Decodes and packs requests, each on its caller's thread or in a process that this thread waits for.

    At most `processes` are started; none where a process cannot inherit open files. Thread-safe.
    """

    def __init__(self, processes: int = 0) -> None:
        self._most = 0 if sys.platform == "win32" else processes
        # More decoders than processors only take turns: the others wait here, or for their commit. Half or twice as
        # many, or other switch intervals of the interpreter, made no difference that could be told from chance.
        self._turns = threading.BoundedSemaphore(max(1, os.cpu_count() or 1))
        self._changed = threading.Condition()
        self._here = 0
        self._running: set[DecoderProcess] = set()
        self._idle: list[DecoderProcess] = []
        self._starter: threading.Thread | None = None
        self._start_at = 0.0
        self._closed = False

    def run(self, work: Work) -> Packed:
        """Return the decoded request.

        Raises what `ingest.otlp.decode` does, and Unavailable when the process that was decoding it has ended.
        """
        process = self._borrow()
        if process is not None:
            return self._run_there(process, work)
        try:
            with self._turns:
                return decode_work(work)
        finally:
            with self._changed:
                self._here -= 1

    def processes(self) -> int:
        """Return how many processes decode beside this one."""
        return len(self._running)

    def close(self) -> None:
        """End the processes; again is fine. What one of them is at becomes Unavailable."""
        with self._changed:
            self._closed = True
            starter, running = self._starter, list(self._running)
            self._running.clear()
            self._idle.clear()
            self._changed.notify_all()
        for process in running:
            process.end()
        if starter is not None:
            starter.join()

    def _borrow(self) -> DecoderProcess | None:
        """Return a process to decode in, waiting for an idle one; None to decode here, which is counted."""
        with self._changed:
            while self._running:
                if self._idle:
                    return self._idle.pop()
                self._changed.wait()
            self._here += 1
            if self._here > 1 and self._may_start():
                self._starter = threading.Thread(target=self._start, name="lodeline-decoding", daemon=True)
                self._starter.start()
            return None

    def _may_start(self) -> bool:
        if self._closed or not self._most or time.monotonic() < self._start_at:
            return False
        return self._starter is None or not self._starter.is_alive()

    def _start(self) -> None:
        """Start the processes; each decodes as soon as it is ready."""
        made: list[DecoderProcess] = []
        try:
            made.extend(DecoderProcess() for _ in range(self._most))
            for process in list(made):
                process.wait_until_ready()
                with self._changed:
                    if self._closed:
                        break
                    made.remove(process)
                    self._running.add(process)
                    self._idle.append(process)
                    self._changed.notify()
        except (OSError, EOFError) as error:
            self._start_at = time.monotonic() + _START_AGAIN_S
            _log.warning("no process could be started to decode in (%s); requests are decoded by the server's", error)
        finally:
            for process in made:
                process.end()

    def _run_there(self, process: DecoderProcess, work: Work) -> Packed:
        try:
            return process.decode(work)
        except (OSError, EOFError) as error:
            raise Unavailable(
                "the process that decoded the request has ended; send the spans again.", code="decoder_ended"
            ) from error
        finally:
            self._give_back(process)

    def _give_back(self, process: DecoderProcess) -> None:
        """Take a process back; when the last one has ended, those who wait for it decode here."""
        with self._changed:
            known = process in self._running
            if process.in_step and known:
                self._idle.append(process)
                self._changed.notify()
                return
            self._running.discard(process)
            self._start_at = time.monotonic() + _START_AGAIN_S
            self._changed.notify_all()
        process.end()
        if known:
            _log.warning("a process that decodes requests has ended")
