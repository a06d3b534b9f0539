"""What SQLite says when the disk, the file or another process is in its way, as errors of ours that say what to do.

Everything else that SQLite raises is a mistake of the program and stays as it is.
"""

import errno
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import apsw

from lodeline.domain.errors import LASTING_S, Unavailable
from lodeline.storage.sql.db import Db

_BUSY = (apsw.BusyError, apsw.LockedError, apsw.ProtocolError)
_DAMAGED = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError)
_FAILED = (apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError, apsw.NoMemError)
FAULTS = (apsw.FullError, *_BUSY, *_DAMAGED, *_FAILED)
"""Errors that the next statement would probably meet as well."""
_log = logging.getLogger("lodeline.storage")
_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def unavailable(error: apsw.Error, what: str, db: Db | None = None) -> Unavailable | None:
    """Return the error for a fault of the store, None for a mistake of the program.

    `what` says what did not happen, such as "nothing of this request was stored". `db` is the connection that raised
    it: it knows the system's reason. Damage is logged.
    """
    reason = db.system_errno if db is not None and isinstance(error, apsw.IOError) else 0
    if isinstance(error, apsw.FullError) or reason in _NO_ROOM:
        return Unavailable(
            f"the disk is full; {what}. Free space, then try again.", code="disk_full", retry_after_s=LASTING_S
        )
    if reason == errno.EFBIG:
        return Unavailable(
            f"the store's file may not grow further; {what}. Raise the limit on the size of files (ulimit -f of the "
            "server, or that of the file system), then try again.",
            code="file_too_large",
            retry_after_s=LASTING_S,
        )
    if isinstance(error, _BUSY):
        return Unavailable(f"the store is busy with another process; {what}. Try again.", code="store_busy")
    if isinstance(error, _DAMAGED):
        _log.error("the store's file is damaged: %s", error)
        return Unavailable(
            f"a file of the store is damaged ({error}); {what}. Stop the server and see what 'lodeline db check' "
            "says: a damaged full-text index is made again, for a damaged database go back to a backup.",
            code="store_damaged",
            retry_after_s=LASTING_S,
        )
    if isinstance(error, _FAILED):
        said = f"{error}: {os.strerror(reason)}" if reason else str(error)
        return Unavailable(
            f"the store failed ({said}); {what}. Look at the disk and at who may write there, then try again.",
            code="store_failed",
            retry_after_s=LASTING_S,
        )
    return None


@contextmanager
def translated(what: str, db: Db | None = None) -> Generator[None]:
    """Raise faults of the store in the block as `unavailable` has them."""
    try:
        yield
    except apsw.Error as error:
        known = unavailable(error, what, db)
        if known is None:
            raise
        raise known from error


def cannot_open(directory: Path, error: apsw.Error) -> Unavailable:
    """Return the error for a database that cannot even be opened."""
    known = unavailable(error, f"the store in {directory} cannot be opened")
    return known or Unavailable(f"the store in {directory} cannot be opened: {error}")
