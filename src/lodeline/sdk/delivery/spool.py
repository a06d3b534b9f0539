"""The spool of one instance: a folder of append-only segments, which outlives the process that wrote it.

    <spool dir>/<instance>/lock         held by the one process that writes or reads the folder
                           meta.json    where the records are to go; written last, so a folder without it is not begun
                           settled      up to where they are settled; may be behind, never ahead
                           0000000001.seg …   named by their first sequence number

A segment is deleted when all its records are settled, and appended to only by the process that made it.
"""

import contextlib
import os
import struct
import threading
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

import orjson

from lodeline.sdk.delivery.folder_lock import LOCK_FILE, FolderLock
from lodeline.sdk.delivery.records import Record, pack, read_record, records

META_FILE = "meta.json"
SETTLED_FILE = "settled"
STATUS_FILE = "status.json"
FORMAT = 1
_SUFFIX = ".seg"
_SETTLED = struct.Struct("<QQI")


@dataclass(frozen=True, slots=True)
class SpoolMeta:
    """What a spool's folder is for. There is no secret in it."""

    instance: str
    endpoint: str
    experiment: str | None
    pid: int
    created_ms: int
    credentials: str = ""
    """Four digits of a checksum: which of several keys is needed, without telling anything of use about it."""
    format: int = FORMAT

    def may_be_sent_by(self, other: "SpoolMeta") -> bool:
        """Tell whether a process with `other` can send what this one left: to the same endpoint, and with the same
        key, or (a key may have been replaced) into the same experiment."""
        same = self.credentials == other.credentials or self.experiment == other.experiment
        return self.endpoint == other.endpoint and same


@dataclass(slots=True)
class _Segment:
    path: Path
    size_bytes: int = 0
    written: tuple[int, int] = (0, 0)
    """Sequence and spans through the last record that this process wrote."""
    spans: int | None = None
    """Its spans, where this process wrote it; None where they show only when it is read."""
    read_to: int = 0
    read_last: int = 0
    read_spans: int = 0


class Spool:
    """Records of one instance on disk, oldest first. One thread appends, one reads and settles."""

    def __init__(self, folder: Path, meta: SpoolMeta, lock: FolderLock, *, fsync: bool = False) -> None:
        self.folder = folder
        self.meta = meta
        self._lock = lock
        self._fsync = fsync
        self._gate = threading.RLock()
        self._segments: deque[_Segment] = deque()
        self._live: FileIO | None = None
        self._reading: tuple[Path, FileIO] | None = None
        self._settled = 0
        self._expected_spans: int | None = None
        """How many spans come before the next record of another process; None when that cannot be known."""
        self.size_bytes = 0
        self.passed = 0
        """The highest sequence number that reading has come past, by reading, damage or dropping."""
        self.damaged_spans = 0
        self.damaged_bytes = 0

    @classmethod
    def create(cls, root: Path, meta: SpoolMeta, *, fsync: bool = False) -> "Spool":
        """Make the folder of a new instance. OSError when that is impossible."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = root / meta.instance
        folder.mkdir(mode=0o700)
        lock = FolderLock.take(folder, create=True)
        if lock is None:
            raise OSError(f"the file system does not lock {folder / LOCK_FILE}")
        try:
            write_whole(folder / META_FILE, orjson.dumps(asdict(meta)))
        except BaseException:
            lock.close()
            raise
        return cls(folder, meta, lock, fsync=fsync)

    @classmethod
    def adopt(cls, folder: Path, *, sender: SpoolMeta) -> "Spool | None":
        """Take over the folder of a process that has ended; None when it lives, or `sender` cannot send for it."""
        meta = read_meta(folder)
        if meta is None or not meta.may_be_sent_by(sender):
            return None
        try:
            lock = FolderLock.take(folder)
        except FileNotFoundError:  # its owner has just finished and removed it
            return None
        if lock is None:
            return None
        try:
            if read_meta(folder) is None:  # another process has just finished and removed it
                lock.close()
                return None
            spool = cls(folder, meta, lock)
            spool._find_segments()
        except BaseException:
            lock.close()
            raise
        return spool

    def append(self, record: Record, *, max_segment_bytes: int) -> None:
        """Add a record at the end. OSError when that fails; then nothing of it is left."""
        data = pack(record)
        with self._gate:
            segment = self._segments[-1] if self._live is not None else None
            if segment is None or segment.size_bytes + len(data) > max_segment_bytes:
                segment = self._begin_segment(record.sequence)
            assert self._live is not None  # noqa: S101 - _begin_segment has opened it
            try:
                _write_all(self._live, data)
                if self._fsync:
                    os.fsync(self._live.fileno())
            except OSError:
                self._cut(segment)
                raise
            segment.size_bytes += len(data)
            segment.written = (record.sequence, record.spans_before + record.spans)
            segment.spans = (segment.spans or 0) + record.spans
            self.size_bytes += len(data)

    def read(self) -> Record | None:
        """Return the next record that was not read yet; None when there is none now.

        Counts in `damaged_spans` and `damaged_bytes` what it had to pass over. OSError when the disk fails.
        """
        with self._gate:
            for segment in list(self._segments):
                while segment.read_to < segment.size_bytes:
                    record = self._read_of(segment)
                    if record is not None and record.sequence > self._settled:
                        return record
        return None

    def next_sequence(self) -> int | None:
        """Return the number of the record that `read` would give next; None when there is none now."""
        with self._gate:
            for segment in list(self._segments):
                at = segment.read_to
                while at < segment.size_bytes:
                    found = read_record(self._open(segment), at, segment.size_bytes)
                    if found is None:
                        break
                    record, at = found
                    if record.sequence > self._settled:
                        return record.sequence
        return None

    def settle(self, sequence: int, spans_through: int) -> None:
        """Note that all records up to this one are done with: `spans_through` is how many spans they hold."""
        with self._gate:
            if sequence <= self._settled:
                return
            self._settled = sequence
            with contextlib.suppress(OSError):
                self._mark_settled(sequence, spans_through)
            while self._segments and self._is_done(self._segments[0]):
                self._remove(self._segments.popleft())

    def drop_oldest(self) -> int | None:
        """Delete the oldest segment and return how many spans of it were not read yet; None when there is none."""
        with self._gate:
            if not self._segments:
                return None
            segment = self._segments.popleft()
            lost = self._unread_spans(segment)
            self._expected_spans = None
            self.passed = max(self.passed, segment.written[0])
            self._remove(segment)
            if segment.written > (self._settled, 0):
                self._settled = segment.written[0]
                with contextlib.suppress(OSError):
                    self._mark_settled(*segment.written)
            return lost

    @property
    def drained(self) -> bool:
        """Whether every record was read."""
        with self._gate:
            return all(segment.read_to >= segment.size_bytes for segment in self._segments)

    def close(self, *, keep: bool = False) -> None:
        """Let go of the folder; it is removed when everything in it is settled and not `keep`."""
        with self._gate:
            self._close_files()
            if not any(not self._is_done(segment) for segment in self._segments) and not keep:
                for segment in self._segments:
                    segment.path.unlink(missing_ok=True)
                remove_folder(self.folder)
            self._segments.clear()
            self._lock.close()

    def abandon(self) -> None:
        """Close the files in a forked child, without touching what they are: the parent goes on with them."""
        for file in (self._live, self._reading[1] if self._reading else None):
            if file is not None:
                file.close()
        self._lock.close()

    def _find_segments(self) -> None:
        files = segment_files(self.folder)
        mark = read_settled(self.folder)
        if mark is not None:
            self._settled, self._expected_spans = mark
        elif files and int(files[0].stem) == 1:
            self._expected_spans = 0
        for path in files:
            size_bytes = path.stat().st_size
            self._segments.append(_Segment(path, size_bytes))
            self.size_bytes += size_bytes

    def _begin_segment(self, first: int) -> _Segment:
        if self._live is not None:
            self._live.close()
            self._live = None
        path = self.folder / f"{first:010}{_SUFFIX}"
        self._live = FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, 0o600), "a")
        segment = _Segment(path, spans=0)
        self._segments.append(segment)
        return segment

    def _cut(self, segment: _Segment) -> None:
        """Remove what a failed write left at the end; where even that fails, no more is written to the segment."""
        live = self._live
        try:
            assert live is not None  # noqa: S101 - called from a write to it
            live.truncate(segment.size_bytes)
        except OSError:
            with contextlib.suppress(OSError):
                if live is not None:
                    live.close()
            self._live = None

    def _read_of(self, segment: _Segment) -> Record | None:
        file = self._open(segment)
        start = segment.read_to
        found = read_record(file, start, segment.size_bytes)
        if found is None:
            segment.read_to = segment.size_bytes
            self.damaged_bytes += segment.size_bytes - start
            self._finish_reading(segment)
            return None
        record, segment.read_to = found
        self.damaged_bytes += segment.read_to - start - record.size_bytes
        segment.read_spans += record.spans
        segment.read_last = self.passed = record.sequence
        if segment.spans is None:
            expected = record.spans_before if self._expected_spans is None else self._expected_spans
            self.damaged_spans += max(0, record.spans_before - expected)
            self._expected_spans = max(expected, record.spans_before + record.spans)
        if segment.read_to >= segment.size_bytes:
            self._finish_reading(segment)
        return record

    def _finish_reading(self, segment: _Segment) -> None:
        live = self._live is not None and bool(self._segments) and segment is self._segments[-1]
        self.passed = max(self.passed, segment.written[0])
        if segment.spans is not None and segment.spans > segment.read_spans:
            self.damaged_spans += segment.spans - segment.read_spans
            segment.read_spans = segment.spans
        if not live and self._reading is not None and self._reading[0] == segment.path:
            self._reading[1].close()
            self._reading = None
        if self._is_done(segment) and self._segments and segment is self._segments[0]:
            self._segments.popleft()
            self._remove(segment)

    def _open(self, segment: _Segment) -> FileIO:
        if self._reading is None or self._reading[0] != segment.path:
            if self._reading is not None:
                self._reading[1].close()
                self._reading = None
            try:
                self._reading = (segment.path, FileIO(str(segment.path), "r"))
            except FileNotFoundError:  # somebody has deleted it: what it held is counted as damaged
                segment.read_to = segment.size_bytes
                self._finish_reading(segment)
                raise
        return self._reading[1]

    def _is_done(self, segment: _Segment) -> bool:
        """Whether everything in a segment was read and settled; not so the one that may still grow."""
        return segment.read_to >= segment.size_bytes and segment.read_last <= self._settled

    def _unread_spans(self, segment: _Segment) -> int:
        if segment.spans is not None:
            return segment.spans - segment.read_spans
        with contextlib.suppress(OSError), FileIO(str(segment.path), "r") as file:
            return (
                sum(each.spans for each in records(file, segment.size_bytes) if each.sequence > self._settled)
                - segment.read_spans
            )
        return 0

    def _remove(self, segment: _Segment) -> None:
        if self._reading is not None and self._reading[0] == segment.path:
            self._reading[1].close()
            self._reading = None
        if self._live is not None and not self._segments:
            self._live.close()
            self._live = None
        with contextlib.suppress(OSError):
            segment.path.unlink(missing_ok=True)
        self.size_bytes -= segment.size_bytes

    def _mark_settled(self, sequence: int, spans_through: int) -> None:
        numbers = struct.pack("<QQ", sequence, spans_through)
        with FileIO(os.open(self.folder / SETTLED_FILE, os.O_WRONLY | os.O_CREAT | _BINARY, 0o600), "w") as file:
            _write_all(file, numbers + struct.pack("<I", zlib.crc32(numbers)))

    def _close_files(self) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None


_BINARY: int = getattr(os, "O_BINARY", 0)


def read_meta(folder: Path) -> SpoolMeta | None:
    """Return what a spool's folder is for; None when it is none, or of a version that this one does not know."""
    try:
        found = orjson.loads((folder / META_FILE).read_bytes())
        meta = SpoolMeta(**found)
    except (OSError, ValueError, TypeError):
        return None
    known = meta.format == FORMAT and isinstance(meta.experiment, str | None)  # pyright: ignore[reportUnnecessaryIsInstance] - from a file
    return meta if known and all(isinstance(text, str) for text in (meta.instance, meta.endpoint)) else None  # pyright: ignore[reportUnnecessaryIsInstance] - from a file


def segment_files(folder: Path) -> Sequence[Path]:
    """Return the segments of a folder in order."""
    return sorted(path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())


def remove_folder(folder: Path) -> None:
    """Remove a spool's folder with all that is in it; what resists stays."""
    with contextlib.suppress(OSError):
        # The mark of a begun folder goes first: a folder without it is nobody's.
        (folder / META_FILE).unlink(missing_ok=True)
        for path in list(folder.iterdir()):
            path.unlink(missing_ok=True)
        folder.rmdir()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by this user only."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with FileIO(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600), "w") as file:
            _write_all(file, data)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def read_settled(folder: Path) -> tuple[int, int] | None:
    """Return up to which record and through how many spans a spool is settled; None when that cannot be read."""
    try:
        data = (folder / SETTLED_FILE).read_bytes()
        sequence, spans, checksum = _SETTLED.unpack(data)
    except (OSError, struct.error):
        return None
    return (sequence, spans) if zlib.crc32(data[:16]) == checksum else None


def _write_all(file: FileIO, data: bytes) -> None:
    """Write all of it; a disk that takes a part only gets the rest in a second call, which fails for the reason."""
    view = memoryview(data)
    while view:
        written = file.write(view)
        view = view[written:]
