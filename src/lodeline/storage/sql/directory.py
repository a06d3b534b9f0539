"""The directory of a SQLite store.

``lodeline-store.json`` marks it and names its layout, ``lodeline.db`` (with ``-wal`` and ``-shm`` while it is open)
is the database, ``lodeline-text.db`` likewise the full-text index, ``blobs`` holds the blobs, ``lodeline.lock``,
``text-index.lock``, ``write-turn.lock`` and ``long-read.lock`` the locks. Servers keep their own secrets beside them.
"""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from lodeline.domain.errors import Conflict, NotFound, Unavailable, shown
from lodeline.storage.sql.connection import DATABASE_FILE
from lodeline.storage.sql.lock import LOCK_FILES
from lodeline.storage.sql.text_file import TEXT_FILE

MARKER_FILE = "lodeline-store.json"
BLOBS_FOLDER = "blobs"
_MARKER = {"format": "lodeline-sqlite", "layout": 1}
_FILES = {
    "database": DATABASE_FILE,
    "database_log": DATABASE_FILE + "-wal",
    "text_index": TEXT_FILE,
    "text_index_log": TEXT_FILE + "-wal",
}
_OURS = LOCK_FILES | {BLOBS_FOLDER, "secret.key"}
"""What a directory may hold that is not marked yet, beside beginnings of the mark."""


def prepare(directory: Path, *, create: bool) -> None:
    """Make the directory and mark it, unless it is a store already.

    NotFound when it is none and must not be made. Conflict when it holds other things, so that nobody's files get
    mixed with a store's, or a store of another layout.
    """
    marker = directory / MARKER_FILE
    try:
        if marker.is_file():
            _check_marker(marker)
            return
        if not create:
            raise NotFound(
                f"store {shown(str(directory))} does not exist; check the path, or make one with "
                f"'lodeline server --store {directory}'.",
                code="store_not_found",
                details={"noun": "store", "id": str(directory)},
            )
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {path.name for path in directory.iterdir() if not path.name.startswith(MARKER_FILE)}
        foreign = sorted(names - _OURS)
        if foreign and not marker.is_file():  # another process may have marked it just now
            raise Conflict(
                f"{directory} is not a Lodeline store and not empty: it holds {foreign[0]!r}; "
                "choose an empty or a new directory.",
                code="not_a_store",
            )
        write_synced(marker, json.dumps(_MARKER) + "\n")
    except OSError as error:
        raise Unavailable(f"the store in {directory} cannot be opened: {error.strerror}.") from error


def write_synced(path: Path, text: str) -> None:
    """Write a small file whole or not at all, durably."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def database_bytes(directory: Path) -> int:
    """Return the size of the database and the full-text index, with their write-ahead logs."""
    return sum(file_bytes(directory).values())


def file_bytes(directory: Path) -> dict[str, int]:
    """Return the sizes of the database, the full-text index and their write-ahead logs, those that there are."""
    found: dict[str, int] = {}
    for what, name in _FILES.items():
        with contextlib.suppress(OSError):
            found[what] = (directory / name).stat().st_size
    return found


def _check_marker(marker: Path) -> None:
    try:
        found: Any = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if found != _MARKER:
        raise Conflict(
            f"{marker} names a store that this Lodeline cannot open; open it with the version that made it.",
            code="store_differs",
        )
