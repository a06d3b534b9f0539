"""The operator's side of a store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lodeline.storage.copied import CopyReport


class StoreAdmin(Protocol):
    """Operation of the store itself."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot answer."""
        ...

    def figures(self) -> Mapping[str, int | str]:
        """Return sizes and counters by name, such as "file_bytes", "queue_length", "text_backlog"."""
        ...

    def check(self, *, every: bool = False) -> Sequence[str]:
        """Verify the store's own consistency; return what is wrong, empty when all is well.

        A sample of traces is compared with its payload, or with `every` each of them.
        """
        ...

    def backup(self, target: str) -> CopyReport:
        """Write a consistent copy into a new directory `target` while serving; Conflict when it exists."""
        ...

    def vacuum(self) -> Mapping[str, int]:
        """Give free space back; return bytes before and after."""
        ...
