"""Looking at a spool folder from outside: which processes use it, what waits in it, and what they last said."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import cast

import orjson

from lodeline.sdk.delivery.adoption import instance_folders
from lodeline.sdk.delivery.dead_letters import DeadLetter, read_letters
from lodeline.sdk.delivery.folder_lock import FolderLock
from lodeline.sdk.delivery.records import HEADER_BYTES, read_record
from lodeline.sdk.delivery.spool import STATUS_FILE, SpoolMeta, read_meta, read_settled, segment_files


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """One process's folder. `alive` tells whether the process still runs; `status` are its counters as it wrote them
    last. `damaged_bytes` of an ended process cannot be read."""

    meta: SpoolMeta
    alive: bool
    spans: int
    size_bytes: int
    damaged_bytes: int
    status: Mapping[str, object]

    def count(self, name: str) -> int:
        """Return one of the counters; 0 when it is not there."""
        found = self.status.get(name)
        return found if isinstance(found, int) else 0

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many spans were dropped, by reason."""
        found = self.status.get("dropped")
        if not isinstance(found, dict):
            return {}
        pairs = cast("dict[str, object]", found)
        return {reason: count for reason, count in pairs.items() if isinstance(count, int)}


@dataclass(frozen=True, slots=True)
class LetterReport:
    """A dead letter: its file, its size, and why it is there; None where that cannot be read."""

    file: str
    size_bytes: int
    letter: DeadLetter | None


@dataclass(frozen=True, slots=True)
class SpoolReport:
    """A whole spool folder, oldest first."""

    instances: tuple[InstanceReport, ...]
    dead_letters: tuple[LetterReport, ...]


def inspect_spool(spool_dir: Path) -> SpoolReport:
    """Return what is in a spool folder; nothing when there is none. Processes may be using it, nothing is changed."""
    instances = tuple(report for folder in instance_folders(spool_dir) if (report := _instance(folder)) is not None)
    letters: list[LetterReport] = []
    for path, letter in read_letters(spool_dir):
        with contextlib.suppress(OSError):
            letters.append(LetterReport(str(path), path.stat().st_size, letter))
    return SpoolReport(instances, tuple(letters))


def _instance(folder: Path) -> InstanceReport | None:
    meta = read_meta(folder)
    if meta is None:
        return None
    try:
        lock = FolderLock.take(folder)
    except FileNotFoundError:  # its owner has just finished and removed it
        return None
    except OSError:
        lock = None
    if lock is not None:
        lock.close()
    spans = size_bytes = damaged_bytes = 0
    mark = read_settled(folder)
    for path in segment_files(folder):
        with contextlib.suppress(OSError):
            found = _segment(path, 0 if mark is None else mark[0])
            spans, size_bytes, damaged_bytes = spans + found[0], size_bytes + found[1], damaged_bytes + found[2]
    return InstanceReport(
        meta, lock is None, spans, size_bytes, damaged_bytes if lock is not None else 0, _status(folder)
    )


def _segment(path: Path, settled: int) -> tuple[int, int, int]:
    """Return the spans that wait in a segment, its bytes, and those that cannot be read."""
    with FileIO(str(path), "r") as file:
        end = path.stat().st_size
        at = spans = whole_bytes = 0
        while (found := read_record(file, at, end)) is not None:
            record, at = found
            whole_bytes += HEADER_BYTES + len(record.payload)
            if record.sequence > settled:
                spans += record.spans
        return spans, end, end - whole_bytes


def _status(folder: Path) -> Mapping[str, object]:
    try:
        found = orjson.loads((folder / STATUS_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
