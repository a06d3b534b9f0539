"""The single writer: one thread, one connection, one queue; group commit.

Callers hand in a function and wait. Whatever is queued when the writer gets its turn among the processes that have
the store open is committed together, so that the cost of making a commit durable is shared. A function that raises is
undone alone (savepoint); a commit that fails fails everybody in it. Nothing is answered before its commit.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import apsw

from lodeline.domain.errors import LodelineError, Unavailable
from lodeline.domain.trace import TraceWrite, WriteOutcome
from lodeline.storage.sql.checkpoints import Checkpoints
from lodeline.storage.sql.connection import BUSY_TIMEOUT_MS, connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.faults import FAULTS, unavailable
from lodeline.storage.sql.lock import WriteTurn

T = TypeVar("T")

QUEUE_JOBS = 4_096
_OPTIMIZE_EVERY_S = 3_600.0
OPTIMIZE_ROWS = 500_000
"""So many changed rows are some ten thousand spans: a load that may make a small store a large one."""
GROUP_SPANS = 4_000
"""A group is closed when it holds this many spans, so that a commit stays in the tens of milliseconds."""
GATHER_S = 0.01
"""So long a commit waits at most for traces that are being prepared: about what it takes to decode a request."""


class Ingester(Protocol):
    """The part of the writer that merges traces; it keeps state that follows the transaction's fate."""

    def apply(self, db: Db, writes: Sequence[TraceWrite]) -> list[WriteOutcome]:
        """Merge the writes within the open transaction."""
        ...

    def committed(self) -> None:
        """The transaction is durable."""
        ...

    def forget(self) -> None:
        """Drop all state derived from uncommitted work: the transaction was rolled back."""
        ...


@dataclass(slots=True)
class _Call(Generic[T]):
    run: Callable[[Db], T]
    done: Future[T]


@dataclass(slots=True)
class _Ingest:
    writes: Sequence[TraceWrite]
    spans: int
    done: Future[list[WriteOutcome]]
    also: Callable[[Db], None] | None = None


class Writer:
    """Runs every change of one store. Thread-safe."""

    def __init__(self, directory: Path, ingester: Ingester) -> None:
        self._directory = directory
        self._ingester = ingester
        self._queue: queue.Queue[_Call[object] | _Ingest | None] = queue.Queue(QUEUE_JOBS)
        self._closed = False
        self._expected = 0
        self._gate = threading.Lock()
        self.db = connect(directory, readonly=False)
        self._turn = WriteTurn(directory)
        self._checkpoints = Checkpoints(directory, self._turn)
        self.db.set_wal_hook(self._checkpoints.note)
        self._optimize_at = time.monotonic() + _OPTIMIZE_EVERY_S
        self._optimized_changes = 0
        self._thread = threading.Thread(target=self._loop, name="lodeline-writer", daemon=True)
        self._thread.start()

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return self._queue.qsize()

    @property
    def expected(self) -> int:
        """How many writes of traces are being prepared or under way."""
        return self._expected

    def call(self, run: Callable[[Db], T]) -> T:
        """Run a change in a transaction and return its result once that is durable.

        Unavailable when the queue is full, the disk is full, or the store is closed.
        """
        done: Future[T] = Future()
        self._put(_Call(run, done))  # type: ignore[arg-type]  # the queue holds calls of any result
        return done.result()

    def call_and_forget(self, run: Callable[[Db], T]) -> T:
        """Run a change as `call` does, after which what the ingester remembers of the store may be wrong."""

        def change(db: Db) -> T:
            result = run(db)
            self._ingester.forget()
            return result

        return self.call(change)

    def ingest(self, writes: Sequence[TraceWrite], also: Callable[[Db], None] | None = None) -> list[WriteOutcome]:
        """Merge traces, do what is to be done `also` in the same transaction, and return the outcomes once all is
        durable. Errors as in `call`."""
        done: Future[list[WriteOutcome]] = Future()
        self._put(_Ingest(writes, sum(len(write.spans) for write in writes), done, also))
        return done.result()

    @contextlib.contextmanager
    def expecting(self) -> Generator[None]:
        """Tell that traces are being prepared, from here until they are durable: a commit waits a moment for them."""
        with self._gate:
            self._expected += 1
        try:
            yield
        finally:
            with self._gate:
                self._expected -= 1

    def _put(self, job: "_Call[object] | _Ingest") -> None:
        with self._gate:
            if self._closed:
                raise Unavailable("the store is closed.")
            try:
                self._queue.put_nowait(job)
            except queue.Full:
                raise Unavailable(
                    f"the store's queue is full ({QUEUE_JOBS} requests wait); send again later.", code="queue_full"
                ) from None

    def close(self) -> None:
        """Finish everything queued, then close the connection."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._checkpoints.close()
        with contextlib.suppress(apsw.Error):
            self.db.execute("PRAGMA optimize")
        self.db.close()
        self._turn.close()

    def _loop(self) -> None:
        while (job := self._take()) is not None:
            group = [job]
            self._gather(group)
            failure = self._begin()
            # Not before: what is queued while another process writes goes into the same commit.
            self._fill(group)
            if failure is None:
                self._commit(group)
                self._checkpoints.after_commit(self.db)
                self._optimize()
            else:
                _fail(group, failure, self.db)

    def _take(self) -> "_Call[object] | _Ingest | None":
        """Wait for the next job; meanwhile shorten the log, where that is due and was not possible before."""
        while True:
            try:
                return self._queue.get(timeout=self._checkpoints.retry_s)
            except queue.Empty:
                self._checkpoints.after_commit(self.db)

    def _begin(self) -> Exception | None:
        """Begin a transaction when no other process writes; return why that is impossible."""
        try:
            with self._turn.waiting(BUSY_TIMEOUT_MS / 1000):
                self.db.execute("BEGIN IMMEDIATE")
        except Exception as error:
            return error
        return None

    def _gather(self, group: "list[_Call[object] | _Ingest]") -> None:
        """Wait a moment for half of the traces that are expected; the others are prepared during the commit.

        Three requests of a hundred spans cost the writer a quarter less together than apart.
        """
        until = time.monotonic() + GATHER_S
        while isinstance(group[-1], _Ingest) and len(group) < self._expected // 2:
            try:
                following = self._queue.get(timeout=until - time.monotonic())
            except (queue.Empty, ValueError):  # a time that is over already is a ValueError
                return
            if following is None:
                self._queue.put(None)
                return
            group.append(following)

    def _fill(self, group: "list[_Call[object] | _Ingest]") -> None:
        """Add what is queued, as much as makes one commit."""
        spans = sum(job.spans for job in group if isinstance(job, _Ingest))
        while spans < GROUP_SPANS:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._queue.put(None)
                break
            group.append(following)
            spans += following.spans if isinstance(following, _Ingest) else 0

    def _commit(self, group: "list[_Call[object] | _Ingest]") -> None:
        answers: list[Callable[[], None]] = []
        try:
            index = 0
            while index < len(group):
                index = self._step(group, index, answers)
            self.db.execute("COMMIT")
        except Exception as error:  # whatever broke the group must reach everyone who waits for it
            self._undo()
            if len(group) == 1 or isinstance(error, FAULTS):
                _fail(group, error, self.db)
            else:
                self._commit_apart(group)
            return
        self._ingester.committed()
        for answer in answers:
            answer()

    def _commit_apart(self, group: "list[_Call[object] | _Ingest]") -> None:
        """Commit each job alone, so that the one that broke the group fails alone."""
        for job in group:
            failure = self._begin()
            if failure is None:
                self._commit([job])
            else:
                _fail([job], failure, self.db)

    def _optimize(self) -> None:
        """Renew the planner's statistics now and then, and after much was written, when nobody waits."""
        changes = self.db.total_changes()
        much = changes - self._optimized_changes >= OPTIMIZE_ROWS
        if (much or time.monotonic() >= self._optimize_at) and self._queue.empty():
            self._optimize_at = time.monotonic() + _OPTIMIZE_EVERY_S
            self._optimized_changes = changes
            with contextlib.suppress(apsw.Error):
                self.db.execute("PRAGMA optimize")

    def _undo(self) -> None:
        self._ingester.forget()
        with contextlib.suppress(apsw.Error):
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    def _step(self, group: "list[_Call[object] | _Ingest]", index: int, answers: list[Callable[[], None]]) -> int:
        job = group[index]
        if isinstance(job, _Call):
            self._run_call(job, answers)
            return index + 1
        end = index
        writes: list[TraceWrite] = []
        joined: list[_Ingest] = []
        while end < len(group) and isinstance(ingest := group[end], _Ingest):
            joined.append(ingest)
            writes.extend(ingest.writes)
            end += 1
        outcomes = self._ingester.apply(self.db, writes)
        start = 0
        for ingest in joined:
            mine = outcomes[start : start + len(ingest.writes)]
            start += len(ingest.writes)
            if ingest.also is not None:
                ingest.also(self.db)
            answers.append(lambda ingest=ingest, mine=mine: ingest.done.set_result(mine))
        return end

    def _run_call(self, job: "_Call[object]", answers: list[Callable[[], None]]) -> None:
        try:
            with self.db:
                result = job.run(self.db)
        except Exception as error:
            if not self.db.in_transaction or isinstance(error, apsw.FullError | apsw.IOError):
                raise
            self._ingester.forget()
            failure = _translate(error, self.db)
            answers.append(lambda: job.done.set_exception(failure))
            return
        answers.append(lambda: job.done.set_result(result))


def _fail(group: "list[_Call[object] | _Ingest]", error: Exception, db: Db) -> None:
    """Tell everybody in a group that nothing of theirs is stored."""
    failure = _translate(error, db)
    for job in group:
        if not job.done.done():
            job.done.set_exception(failure)


def _translate(error: Exception, db: Db) -> Exception:
    known = unavailable(error, "nothing of this request was stored", db) if isinstance(error, apsw.Error) else None
    if known is not None:
        return known
    return error if isinstance(error, LodelineError) else RuntimeError(f"the store failed: {error!r}")
