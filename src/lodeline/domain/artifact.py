"""Artifacts: files that runs and models leave behind."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or a folder in a folder, by its base name. A folder's size is None."""

    name: str
    size_bytes: int | None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.size_bytes is None
