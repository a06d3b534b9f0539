"""The lock of a spool's folder: who holds it is its only writer and reader.

It belongs to the open file, so the system lets go of it when the process ends, however it ends.
"""

import sys
from io import FileIO
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE = "lock"


class FolderLock:
    """One holder's lock on a folder."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    @classmethod
    def take(cls, folder: Path, *, create: bool = False) -> "FolderLock | None":
        """Take the lock without waiting; None when another process has it. OSError when it cannot be tried.

        Only who makes the folder makes the lock's file: any other would put one into a folder that its owner is just
        removing.
        """
        file = FileIO(str(folder / LOCK_FILE), "x+" if create else "r+")
        try:
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return cls(file)

    def close(self) -> None:
        """Let go; again is fine. In a forked child the parent keeps its lock: the file is open there too."""
        self._file.close()
