"""What a backup copied, the same for every backend that makes one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CopyReport:
    """The sizes of a backup, and what a person should look at.

    `left_out` names what lies in the store's folder and is no part of a store: links and folders. `leftovers` are
    folders beside the backup that broken-off backups left, none of which is under way.
    """

    file_bytes: int
    blobs: int
    blob_bytes: int
    left_out: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
