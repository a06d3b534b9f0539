"""Artifacts: files that an MLflow server keeps beside its database, found below one folder and nowhere else."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit


class ArtifactFolder:
    """The folder that the server was given as its artifacts' destination; None knows no file."""

    def __init__(self, root: Path | None) -> None:
        self._root = None if root is None else root.resolve()

    def folder(self, location: str | None) -> Path | None:
        """Return the folder of a location such as ``mlflow-artifacts:/1/traces/tr-1/artifacts``.

        None when it is not there, or lies elsewhere: a database may come from a stranger.
        """
        if self._root is None or not location or "\x00" in location:
            return None
        try:
            parts = urlsplit(location)
        except ValueError:
            return None
        path = unquote(parts.path)
        if parts.scheme == "mlflow-artifacts":
            found = self._root / path.lstrip("/")
        elif parts.scheme in {"file", ""}:
            found = Path(path)
        else:
            return None
        resolved = _resolved(found)
        # The root holds what is others', too: it is nobody's own place.
        inside = resolved is not None and resolved != self._root and resolved.is_relative_to(self._root)
        return resolved if resolved is not None and inside and resolved.is_dir() else None

    def file(self, location: str | None, name: str) -> Path | None:
        """Return a file of a folder; None when it is not there."""
        folder = self.folder(location)
        return None if folder is None else self._inside(folder / name)

    def files(self, location: str | None, name: str) -> Iterator[Path]:
        """Yield the files of a folder within a location, by name."""
        folder = self.folder(location)
        if folder is None:
            return
        try:
            found = sorted((folder / name).iterdir())
        except OSError:
            return
        for path in found:
            file = self._inside(path)
            if file is not None:
                yield file

    def tree(self, location: str | None) -> Iterator[tuple[str, Path]]:
        """Yield every file below a location with its path from there, in order; what a link leads to is not met."""
        folder = self.folder(location)
        if folder is None:
            return
        for at, folders, names in os.walk(folder):
            folders.sort()
            for path in sorted(Path(at) / name for name in names):
                file = self._inside(path)
                if file is not None:
                    yield path.relative_to(folder).as_posix(), file

    def _inside(self, path: Path) -> Path | None:
        found = _resolved(path)
        inside = found is not None and self._root is not None and found.is_relative_to(self._root)
        return found if found is not None and inside and found.is_file() else None


def _resolved(path: Path) -> Path | None:
    """Return where a path leads; None for one that cannot be, or that links to itself."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return None
