"""Copy a store into a new directory: consistent, synced, checked, and there under its name only when complete."""

import contextlib
import glob
import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import apsw

from lodeline.domain.errors import Conflict, NotFound, Unavailable
from lodeline.storage.blobs import DirectoryBlobStore
from lodeline.storage.copied import CopyReport
from lodeline.storage.sql.check import check_database
from lodeline.storage.sql.connection import DATABASE_FILE, connect
from lodeline.storage.sql.directory import BLOBS_FOLDER, MARKER_FILE, sync_folder
from lodeline.storage.sql.lock import LOCK_FILES, DirectoryLock, LongReads
from lodeline.storage.sql.text_file import TEXT_FILE, TEXT_FILES, copy_text, forget_unknown

_NOT_COPIED = LOCK_FILES | TEXT_FILES | {DATABASE_FILE, DATABASE_FILE + "-wal", DATABASE_FILE + "-shm"}


def copy_store(directory: Path, target: Path, blobs: DirectoryBlobStore) -> CopyReport:
    """Copy the database as it is at one moment, then the blobs, and all small files beside them; say what was copied.

    Others may go on reading and writing. Blobs come second, so that everything the copied rows speak of is there,
    but for what is deleted meanwhile. A copy that is broken off leaves a directory ``.<name>.partial-…``, which the
    next one into the same target removes. Conflict when `target` exists or is inside the store; Unavailable when the
    disk is full or the copy does not pass its check.
    """
    if os.path.lexists(target):
        raise Conflict(f"backup: {target} exists already; name a new directory.", code="backup_exists")
    if Path(os.path.realpath(target)).is_relative_to(os.path.realpath(directory)):
        raise Conflict(
            f"backup: {target} is inside the store {directory}, and would be lost with it; name a directory outside.",
            code="backup_inside_store",
        )
    partial = target.parent / f".{target.name}.partial-{secrets.token_hex(4)}"
    try:
        _remove_abandoned(target)
        partial.mkdir(mode=0o700, parents=True)
        lock = DirectoryLock(partial, exclusive=True)
        try:
            copied = _fill(directory, partial, blobs)
            sync_folder(partial)
        finally:
            lock.release()
        if os.path.lexists(target):
            raise Conflict(f"backup: {target} was made meanwhile; name a new directory.", code="backup_exists")
        partial.rename(target)
        sync_folder(target.parent)
    except (OSError, apsw.Error) as error:
        raise Unavailable(
            f"backup into {target} failed: {error}; free space or choose another disk, then try again.",
            code="backup_failed",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return replace(copied, leftovers=tuple(_leftovers(target.parent)))


def _remove_abandoned(target: Path) -> None:
    """Remove what killed backups into `target` left behind: nobody holds its lock."""
    for partial in target.parent.glob(f".{glob.escape(target.name)}.partial-*"):
        with contextlib.suppress(Conflict, Unavailable):
            DirectoryLock(partial, exclusive=True).release()
            shutil.rmtree(partial, ignore_errors=True)


def _leftovers(folder: Path) -> list[str]:
    """Return the folders that broken-off backups left in this one, whatever they were into."""
    found: list[str] = []
    for partial in sorted(folder.glob(".*.partial-*")):
        with contextlib.suppress(Conflict, Unavailable):
            DirectoryLock(partial, exclusive=True).release()
            found.append(str(partial))
    return found


def _fill(directory: Path, partial: Path, blobs: DirectoryBlobStore) -> CopyReport:
    with LongReads(directory).held():
        with_text = copy_text(directory, partial)  # first: it must not be ahead of the chunks
        _copy_database(directory, partial)
    if with_text:
        forget_unknown(partial, partial / DATABASE_FILE)
        _sync(partial / TEXT_FILE)
    left_out: list[str] = []
    for path in sorted(directory.iterdir()):
        if path.name in _NOT_COPIED or path.name == BLOBS_FOLDER:
            continue
        if path.is_symlink() or not path.is_file():
            left_out.append(path.name)
        else:
            shutil.copy2(path, partial / path.name)
            _sync(partial / path.name)
    if not (partial / MARKER_FILE).is_file():
        raise Conflict(f"{directory} is not a Lodeline store.")
    count, blob_bytes = _copy_blobs(blobs, DirectoryBlobStore(partial / BLOBS_FOLDER))
    faults = check_database(partial)
    if faults:
        raise Unavailable(f"backup: the copy does not pass its check: {faults[0]}", code="backup_failed")
    return CopyReport((partial / DATABASE_FILE).stat().st_size, count, blob_bytes, tuple(left_out))


def _copy_database(directory: Path, partial: Path) -> None:
    """VACUUM INTO copies one snapshot without stopping writers, and leaves free pages behind; it does not sync."""
    db = connect(directory, readonly=False)
    try:
        db.execute("VACUUM INTO ?", (str(partial / DATABASE_FILE),))
    finally:
        db.close()
    _sync(partial / DATABASE_FILE)


def _copy_blobs(source: DirectoryBlobStore, target: DirectoryBlobStore) -> tuple[int, int]:
    count = size_bytes = 0
    for info in source.list(""):
        with contextlib.suppress(NotFound):
            copied = target.take(info.path, source)
            count += 1
            size_bytes += copied.size_bytes
    return count, size_bytes


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
