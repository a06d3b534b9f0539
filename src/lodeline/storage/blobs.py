"""Blobs in a directory, for every backend.

Layout below the root: ``files/`` holds the blobs under their own paths, ``incoming/`` holds what is being written. A
blob appears by renaming a finished, synced file, so a reader or a crash never sees half of one.

Confinement has three parts: `check_blob_path` admits only canonical relative paths; before any use, the path must
resolve to itself, so that no link (or Windows junction) on the way can lead elsewhere; and the last step opens with
O_NOFOLLOW where the system has it.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lodeline.domain.blob import BlobInfo, check_blob_path
from lodeline.domain.errors import LASTING_S, Conflict, Invalid, NotFound, TooLarge, Unavailable
from lodeline.domain.errors import shown as quoted

_CHUNK_BYTES = 1 << 20
_STALE_S = 24 * 3600
_ATTEMPTS = 10
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST}


class DirectoryBlobStore:
    """A `BlobStore` in a directory, which is made when missing. Several threads and processes may share it."""

    def __init__(self, root: Path) -> None:
        self._files = root / "files"
        self._incoming = root / "incoming"
        self._files.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)
        self._real = Path(os.path.realpath(self._files))
        self._forget_stale()

    def put(self, path: str, data: BinaryIO, *, max_bytes: int) -> BlobInfo:
        """Write whole or not at all, replacing; TooLarge over `max_bytes`. Conflict when a blob would have to be a
        folder at the same time. Unavailable when the disk is full."""
        target = self._locate(path)
        temporary = self._incoming / secrets.token_hex(16)
        try:
            with _domain_errors(path):
                size = _copy(data, temporary, path, max_bytes)
                modified_ms = temporary.stat().st_mtime_ns // 1_000_000
                self._publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return BlobInfo(path, size, modified_ms)

    def take(self, path: str, source: "DirectoryBlobStore") -> BlobInfo:
        """Take over a blob of another store as `put` does; on one file system without copying its bytes.

        A blob is never changed where it lies, so two stores may share the bytes of one. NotFound when there is none.
        """
        origin, target = source._locate(path), self._locate(path)
        temporary = self._incoming / secrets.token_hex(16)
        try:
            os.link(origin, temporary, follow_symlinks=False)
        except FileNotFoundError as error:
            raise NotFound.of("blob", path) from error
        except (OSError, NotImplementedError):  # another file system, or one that has no such links
            with source.open(path) as data:
                return self.put(path, data, max_bytes=2**63)
        try:
            with _domain_errors(path):
                status = temporary.stat()
                self._publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return BlobInfo(path, status.st_size, status.st_mtime_ns // 1_000_000)

    def open(self, path: str) -> BinaryIO:
        """Return a readable stream; NotFound when there is none."""
        target = self._locate(path)
        with _domain_errors(path):
            if not target.is_file():
                raise NotFound.of("blob", path)
            try:
                return os.fdopen(os.open(target, _READ_FLAGS), "rb")
            except FileNotFoundError as error:
                raise NotFound.of("blob", path) from error

    def list(self, prefix: str) -> Sequence[BlobInfo]:
        """Return the blobs whose path starts with the folder `prefix` ("" for all), by path."""
        folder = self._locate(prefix) if prefix else self._real
        return sorted(self._walk(folder), key=lambda info: info.path)

    def delete(self, prefix: str) -> tuple[int, int]:
        """Remove the blob `prefix` or everything in the folder of that name; return count and bytes."""
        target = self._locate(prefix)
        with _domain_errors(prefix):
            removed = self._remove(target)
            if removed[0]:
                self._prune(target.parent)
                _sync_folder(_nearest_folder(target.parent))
        return removed

    def _remove(self, target: Path) -> tuple[int, int]:
        """Remove a file or a tree, not following links; others may add to it or remove it beside us."""
        for attempt in range(_ATTEMPTS):
            try:
                status = target.lstat()
                if not stat.S_ISDIR(status.st_mode):
                    target.unlink()
                    return 1, status.st_size
                found = list(self._walk(target))
                shutil.rmtree(target)
                return len(found), sum(info.size_bytes for info in found)
            except (FileNotFoundError, NotADirectoryError):
                if not target.exists():
                    break
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EISDIR} or attempt == _ATTEMPTS - 1:
                    raise
        return 0, 0

    def _locate(self, path: str) -> Path:
        """Return where the blob lies; Invalid when the path is malformed or passes through a link."""
        target = self._real.joinpath(*check_blob_path(path).split("/"))
        if os.path.normcase(os.path.realpath(target)) != os.path.normcase(target):
            raise Invalid(
                f"path: {quoted(path)} passes through a link, which a blob never does; remove the link.",
                details={"field": "path"},
            )
        return target

    def _publish(self, temporary: Path, target: Path) -> None:
        """Rename into place; a delete beside us may remove the folder just made, so make it again."""
        for attempt in range(_ATTEMPTS):
            made = self._make_folders(target.parent)
            try:
                temporary.replace(target)
            except FileNotFoundError:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            for folder in (target.parent, *(folder.parent for folder in made)):
                _sync_folder(folder)
            return

    def _make_folders(self, folder: Path) -> Sequence[Path]:
        missing: list[Path] = []
        while folder != self._real and not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for path in reversed(missing):
            with contextlib.suppress(FileExistsError, FileNotFoundError):
                path.mkdir()
        return missing

    def _prune(self, folder: Path) -> None:
        while folder != self._real:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                return
            folder = folder.parent

    def _walk(self, folder: Path) -> Iterator[BlobInfo]:
        for parent, _, names in os.walk(folder, followlinks=False):
            for name in names:
                file = Path(parent, name)
                try:
                    status = file.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    path = file.relative_to(self._real).as_posix()
                    yield BlobInfo(path, status.st_size, status.st_mtime_ns // 1_000_000)

    def _forget_stale(self) -> None:
        """Remove what a crashed process left half-written; a running one finishes within a day."""
        for file in self._incoming.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - file.lstat().st_mtime > _STALE_S:
                    file.unlink()


def _copy(data: BinaryIO, temporary: Path, path: str, max_bytes: int) -> int:
    size = 0
    with temporary.open("xb") as out:
        while block := data.read(_CHUNK_BYTES):
            size += len(block)
            if size > max_bytes:
                raise TooLarge(f"blob {quoted(path)} is over the limit of {max_bytes} bytes; send less.")
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return size


def _nearest_folder(folder: Path) -> Path:
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _sync_folder(folder: Path) -> None:
    """Make a rename or removal in the folder durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _domain_errors(path: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(
                f"blob {quoted(path)}: the disk is full; free space, then send it again.",
                code="disk_full",
                retry_after_s=LASTING_S,
            ) from error
        if error.errno in _IN_THE_WAY:
            raise Conflict(
                f"blob {quoted(path)}: a blob stands where a folder is needed, or a folder where the blob would be; "
                "choose another path."
            ) from error
        if error.errno == errno.ENAMETOOLONG:
            raise Invalid.value("path", path, "segments that the file system can name (255 bytes)") from error
        reason = error.strerror or error
        raise Unavailable(
            f"blob {quoted(path)} cannot be accessed: {reason}.", code="blob_failed", retry_after_s=LASTING_S
        ) from error
