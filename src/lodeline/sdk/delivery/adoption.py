"""Finding what processes left behind that have ended: their spools are sent by the next process that can."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from lodeline.sdk.delivery.dead_letters import FOLDER as DEAD_LETTERS
from lodeline.sdk.delivery.folder_lock import FolderLock
from lodeline.sdk.delivery.spool import (
    META_FILE,
    STATUS_FILE,
    Spool,
    SpoolMeta,
    read_meta,
    remove_folder,
    segment_files,
)

_UNBEGUN_AGE_S = 3_600.0
_REPORT_AGE_S = 7 * 86_400.0


def instance_folders(spool_dir: Path) -> Iterator[Path]:
    """Yield the folders of instances, oldest first."""
    try:
        found = [(path.stat().st_mtime, path) for path in spool_dir.iterdir() if path.name != DEAD_LETTERS]
    except OSError:
        return
    yield from (path for _, path in sorted(found) if path.is_dir())


def find_orphans(spool_dir: Path, sender: SpoolMeta) -> Iterator[Spool]:
    """Yield the spools of ended processes that `sender` can send for, taken over; removes what is of no use."""
    for folder in instance_folders(spool_dir):
        if folder.name == sender.instance:
            continue
        with contextlib.suppress(OSError):
            if not segment_files(folder):
                _tidy(folder)
            elif (spool := Spool.adopt(folder, sender=sender)) is not None:
                yield spool


def _tidy(folder: Path) -> None:
    """Remove a folder without segments when it is nobody's, but keep the report of a loss for some days."""
    age_s = time.time() - folder.stat().st_mtime
    if read_meta(folder) is None:
        if not (folder / META_FILE).exists() and age_s > _UNBEGUN_AGE_S:
            remove_folder(folder)
        return
    lock = FolderLock.take(folder)
    if lock is None:
        return
    try:
        if not segment_files(folder) and (age_s > _REPORT_AGE_S or not has_losses(folder)):
            remove_folder(folder)
    finally:
        lock.close()


def has_losses(folder: Path) -> bool:
    """Tell whether the last report of a process says that spans were lost or refused."""
    try:
        status = orjson.loads((folder / STATUS_FILE).read_bytes())
        return bool(status["refused"] or sum(status["dropped"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
