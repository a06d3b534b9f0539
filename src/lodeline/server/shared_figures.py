"""Shared figures: the folder in which several processes count, so that whichever is asked shows the sums of all.

Each has a place there, which the process that replaces a dead one takes over with what was counted: sums never go
back, and there are never more files than places.
"""

import shutil
from dataclasses import dataclass
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class Part:
    """One process's part: the folder of all, and its place among them, from 0."""

    folder: str
    place: int


def shared_folder() -> "TemporaryDirectory[str]":
    """Return a new folder, for its owner alone, which is removed when it is left."""
    return TemporaryDirectory(prefix="lodeline-figures-", ignore_cleanup_errors=True)


def remove(part: Part) -> None:
    """Remove the folder of all, for a supervisor that is gone; again is fine. Processes that still count have
    their files open and go on."""
    shutil.rmtree(part.folder, ignore_errors=True)


def forget_present(part: Part) -> None:
    """Remove what a process that has died had under way; what it counted stays."""
    # Not at the top: it brings Prometheus' library, which the supervisor of several processes does without at first.
    from prometheus_client.multiprocess import (  # noqa: PLC0415
        mark_process_dead,  # pyright: ignore[reportUnknownVariableType]
    )

    mark_process_dead(part.place, part.folder)
