"""The operator's side of a store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lodeline.domain.operation import Vitals
from lodeline.storage.copied import CopyReport


class StoreAdmin(Protocol):
    """Operation of the store itself."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot answer."""
        ...

    def figures(self) -> Mapping[str, int | str]:
        """Return sizes and counters by name, such as "file_bytes", "queue_length", "text_backlog"."""
        ...

    def vitals(self) -> Vitals:
        """Return how the store fares; takes at most about a second, however busy it is, and never raises."""
        ...

    def queue_length(self) -> int:
        """Return how many writes of this process wait for their commit; 0 for a store that has no queue."""
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
