"""What waits to be sent: this process's records, on disk or (where the disk does not take them) in memory, and the
spools of processes that have ended. Bounded; the oldest go first.
"""

import contextlib
import itertools
import logging
import threading
import time
import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from lodeline.sdk.delivery.in_flight import Batch, InFlight
from lodeline.sdk.delivery.records import Record
from lodeline.sdk.delivery.settings import DeliverySettings
from lodeline.sdk.delivery.spool import Spool, SpoolMeta
from lodeline.sdk.delivery.stats import DropReason, Ledger

_LOG = logging.getLogger("lodeline.delivery")
_DISK_AGAIN_S = 5.0
_SEGMENTS = 8
_MAX_SEGMENT_BYTES = 8 * 2**20
MAX_ADOPTED = 64


class Backlog:
    """Records that are not settled yet. Thread-safe."""

    def __init__(self, settings: DeliverySettings, instance: str, ledger: Ledger, *, pid: int) -> None:
        self.settings = settings
        self.meta = SpoolMeta(
            instance,
            settings.endpoint,
            settings.experiment,
            pid,
            time.time_ns() // 1_000_000,
            credentials=_digits_of(settings.headers),
        )
        self.changed = threading.Condition()
        self.batch_bytes = settings.max_batch_bytes
        """About how many bytes a batch may have; the sender lowers it for a server that takes less."""
        self._closed = False
        self._ledger = ledger
        self._segment_bytes = max(1, min(_MAX_SEGMENT_BYTES, settings.max_spool_bytes // _SEGMENTS))
        self._own: Spool | None = None
        self._adopted: list[Spool] = []
        self._memory: deque[Record] = deque()
        self._memory_bytes = 0
        self.in_flight = InFlight()
        """What was taken and is not settled; whoever looks holds `changed`."""
        self._own_was_last = False
        self._taken = 0
        self._spans_made = 0
        self.newest = 0
        """The number of the record that was added last."""
        self.pending_spans = 0
        """How many spans of this process are not settled."""
        self._pending: dict[int, int] = {}
        self._disk_again_at = 0.0 if settings.spool_dir is not None else float("inf")
        self._disk_said = self._full_said = False

    # Adding.

    def add(self, payload: bytes, spans: int) -> int:
        """Keep an export request until it is settled; return its sequence number. Never raises for the disk."""
        with self.changed:
            if self._closed:
                self._ledger.note_dropped("exit", spans)
                return self.newest
            self.newest += 1
            record = Record(self.newest, self._spans_made, spans, payload)
            self._spans_made += spans
            if record.size_bytes > max(self.settings.max_spool_bytes, self.settings.max_memory_bytes):
                self._ledger.note_dropped("too_large", spans)
                return record.sequence
            self._pending[record.sequence] = spans
            self.pending_spans += spans
            if not self._append(record):
                self._remember(record)
            self.changed.notify_all()
            return record.sequence

    def _append(self, record: Record) -> bool:
        """Write a record to disk; False when it does not take it now."""
        if record.size_bytes > self.settings.max_spool_bytes or time.monotonic() < self._disk_again_at:
            return False
        try:
            if self._own is None:
                assert self.settings.spool_dir is not None  # noqa: S101 - else the disk is never tried
                self._own = Spool.create(self.settings.spool_dir, self.meta, fsync=self.settings.fsync)
            self._make_room(record.size_bytes)
            self._own.append(record, max_segment_bytes=self._segment_bytes)
        except OSError as error:
            self._disk_again_at = time.monotonic() + _DISK_AGAIN_S
            self._ledger.note_error(f"the spool {self.settings.spool_dir} cannot be written: {error}")
            if not self._disk_said:
                self._disk_said = True
                _LOG.warning(
                    "Traces wait in memory only, since the spool %s cannot be written (%s); free space, or name "
                    "another folder with LODELINE_SPOOL_DIR.",
                    self.settings.spool_dir,
                    error,
                )
            return False
        return True

    def _remember(self, record: Record) -> None:
        while self._memory and self._memory_bytes + record.size_bytes > self.settings.max_memory_bytes:
            oldest = self._memory.popleft()
            self._memory_bytes -= oldest.size_bytes
            self._drop("memory_full", self._unpend(oldest.sequence))
        self._memory.append(record)
        self._memory_bytes += record.size_bytes

    def _make_room(self, size_bytes: int) -> None:
        """Delete the oldest segments, of ended processes first, until a record fits."""
        while self.spool_bytes + size_bytes > self.settings.max_spool_bytes:
            for spool in filter(None, [*self._adopted, self._own]):
                lost = spool.drop_oldest()
                if lost is None:
                    continue
                if spool is self._own:
                    self._drop("spool_full", lost)
                    self._forget_lost()
                else:
                    self._ledger.note_adopted_lost(lost)
                break
            else:
                return

    def _drop(self, reason: DropReason, spans: int) -> None:
        if not spans:
            return
        self._ledger.note_dropped(reason, spans)
        if not self._full_said:
            self._full_said = True
            _LOG.warning(
                "Spans are lost (%s): more wait for %s than may. Further losses are counted; see 'lodeline doctor'.",
                reason,
                self.settings.endpoint,
            )

    def _forget_lost(self) -> None:
        """Keep as pending only what is in memory, under way, or on disk and not read yet."""
        passed = 0 if self._own is None else self._own.passed
        kept = {record.sequence for record in self._memory}
        kept.update(record.sequence for record in self.in_flight.own())
        for sequence in [each for each in self._pending if each <= passed and each not in kept]:
            self._unpend(sequence)

    def _unpend(self, sequence: int) -> int:
        """Take a record out of what is pending; return how many spans it had there."""
        spans = self._pending.pop(sequence, 0)
        self.pending_spans -= spans
        return spans

    # Taking.

    def take(self) -> Batch | None:
        """Return the next records to send, which are under way until they are settled; None when there are none.

        This process's records and those of ended ones take turns. Each process's come in their order, and of an ended
        one only one batch is under way at a time. A batch ends with the record that reaches one of its bounds.
        """
        with self.changed:
            if self._closed:
                return None
            adopted = [spool for spool in self._adopted if not self.in_flight.holds(spool)]
            own_source = self._own_source()
            for spool in [*adopted, own_source] if self._own_was_last else [own_source, *adopted]:
                own = spool is None or spool is self._own
                records = self._take(spool, own=own)
                if records:
                    self._own_was_last = own
                    self._taken += 1
                    batch = Batch(self.meta if spool is None else spool.meta, records, own, spool, self._taken)
                    self.in_flight.add(batch)
                else:
                    batch = None
                if spool is not None:
                    self._note_damage(spool)
                if batch is not None:
                    return batch
                if spool is not None and not own:
                    self._finish(spool)
            return None

    def _own_source(self) -> Spool | None:
        """Return the spool that has this process's next record; None for memory, which has those from between the
        others when the disk was full for a while."""
        if self._own is None or not self._memory:
            return self._own
        with contextlib.suppress(OSError):
            on_disk = self._own.next_sequence()
            if on_disk is not None and on_disk < self._memory[0].sequence:
                return self._own
        return None

    def _take(self, spool: Spool | None, *, own: bool) -> list[Record]:
        records: list[Record] = []
        spans = size_bytes = 0
        while spans < self.settings.max_batch_spans and size_bytes < self.batch_bytes:
            if own and records and self._own_source() is not spool:
                break
            try:
                record = self._next_in_memory() if spool is None else spool.read()
            except OSError as error:
                self._ledger.note_error(f"the spool {self.settings.spool_dir} cannot be read: {error}")
                break
            if record is None:
                break
            records.append(record)
            spans += record.spans
            size_bytes += record.size_bytes
        return records

    def _next_in_memory(self) -> Record | None:
        if not self._memory:
            return None
        record = self._memory.popleft()
        self._memory_bytes -= record.size_bytes
        return record

    def _note_damage(self, spool: Spool) -> None:
        """Count what reading had to pass over."""
        if not (spool.damaged_spans or spool.damaged_bytes):
            return
        spans, spool.damaged_spans = spool.damaged_spans, 0
        size_bytes, spool.damaged_bytes = spool.damaged_bytes, 0
        self._ledger.note_error(
            f"{size_bytes} bytes of the spool {spool.folder} are damaged; {spans} spans are lost."
        )
        if spool is self._own:
            self._ledger.note_dropped("damaged", spans)
            self._forget_lost()
        else:
            self._ledger.note_adopted_lost(spans)

    def split(self, batch: Batch) -> Sequence[Batch]:
        """Return batches of one record each to send instead of a batch that is under way."""
        with self.changed:
            return [] if self._closed else self.in_flight.split(batch)

    def settle(self, batch: Batch) -> None:
        """Note that a batch is done with, whatever became of it: it is not sent again by this process."""
        with self.changed:
            if self._closed:
                return
            last = self.in_flight.settle(batch)
            if batch.own:
                for record in batch.records:
                    self._unpend(record.sequence)
            if batch.spool is not None and last is not None:
                batch.spool.settle(last.sequence, last.spans_before + last.spans)
                if not batch.own:
                    self._finish(batch.spool)
            self.changed.notify_all()

    def _finish(self, spool: Spool) -> None:
        """Remove the spool of an ended process when everything in it is settled."""
        if spool in self._adopted and spool.drained and not self.in_flight.holds(spool):
            self._adopted.remove(spool)
            spool.close()

    def adopt(self, spool: Spool) -> bool:
        """Take over the spool of an ended process; False when there are too many already."""
        with self.changed:
            if len(self._adopted) >= MAX_ADOPTED:
                return False
            self._adopted.append(spool)
            self.changed.notify_all()
            return True

    # Asking.

    @property
    def adopted(self) -> int:
        """How many spools of ended processes are not finished."""
        return len(self._adopted)

    @property
    def spool_bytes(self) -> int:
        """The bytes that wait on disk."""
        return sum(spool.size_bytes for spool in filter(None, [*self._adopted, self._own]))

    @property
    def own_folder(self) -> Path | None:
        """The folder of this process's spool; None when there is none."""
        return None if self._own is None else self._own.folder

    @property
    def on_disk(self) -> bool:
        """Whether what is added now goes to disk."""
        return time.monotonic() >= self._disk_again_at

    @property
    def volatile_spans(self) -> int:
        """How many of them are in memory only."""
        with self.changed:
            return sum(record.spans for record in self._memory) + self.in_flight.volatile_spans

    @property
    def waiting_spans(self) -> int:
        """How many spans of this process are neither settled nor under way."""
        with self.changed:
            return self.pending_spans - self.in_flight.own_spans

    def waits(self, sequence: int) -> bool:
        """Tell whether a record of this process up to this one is neither settled nor under way."""
        with self.changed:
            if self.settled(sequence):
                return False
            under_way = {record.sequence for record in self.in_flight.own()}
            early = itertools.takewhile(lambda each: each <= sequence, self._pending)
            return any(each not in under_way for each in early)

    def settled(self, sequence: int) -> bool:
        """Tell whether this process's records up to this one are settled."""
        with self.changed:
            return next(iter(self._pending), sequence + 1) > sequence

    def close(self, *, keep_report: bool = False) -> None:
        """Let go of the disk. What is not settled stays there for another process; what is in memory is lost.

        With `keep_report` the folder of this process stays, with the counters in it.
        """
        with self.changed:
            self._closed = True
            lost = self.volatile_spans
            if lost:
                self._ledger.note_dropped("exit", lost)
                self._memory.clear()
                self.in_flight.clear()
                self._pending.clear()
                self.pending_spans = 0
            if self._own is not None:
                self._own.close(keep=keep_report)
            for spool in self._adopted:
                spool.close()
            self._adopted.clear()

    def abandon(self) -> None:
        """Close the files in a forked child: what waits is the parent's."""
        for spool in filter(None, [*self._adopted, self._own]):
            spool.abandon()


def _digits_of(headers: Mapping[str, str]) -> str:
    """Return four digits that differ for other credentials; they are too few to check a guess by."""
    said = "\n".join(f"{name}: {headers[name]}" for name in sorted(headers))
    return f"{zlib.crc32(said.encode()) & 0xFFFF:04x}"
