"""URL → stores: the only place that knows every backend."""

import re
from pathlib import Path

from lodeline.domain.errors import Invalid, NotFound, Unsupported
from lodeline.storage.base import Stores
from lodeline.storage.memory.stores import open_memory

_KNOWN = "memory:, sqlite:DIRECTORY, or a directory"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):(.*)", re.DOTALL)
"""Two letters at least, so that a Windows drive ("C:\\store") is a path."""


def open_stores(url: str, *, create: bool = True) -> Stores:
    """Open the store that `url` names: ``memory:`` (nothing outlives the process), or ``sqlite:DIRECTORY``, where the
    bare directory means the same.

    A missing directory is made when `create`, else NotFound. Invalid when the scheme is unknown. Close what this
    returns.
    """
    scheme, rest = _split(url)
    if scheme == "memory":
        if rest:
            raise Invalid.value("store", url, "'memory:' with nothing behind it")
        return open_memory()
    if scheme == "sqlite":
        return _open_sqlite(url, rest, create=create)
    raise Invalid.value("store", url, f"one of {_KNOWN}")


def store_directory(url: str) -> Path | None:
    """Return the directory that holds the store of `url` and what must live beside it; None when there is none."""
    scheme, rest = _split(url)
    return Path(rest).expanduser() if scheme == "sqlite" else None


def _split(url: str) -> tuple[str, str]:
    match = _SCHEME.fullmatch(url)
    return (match[1].lower(), match[2]) if match else ("sqlite", url)


def _open_sqlite(url: str, directory: str, *, create: bool) -> Stores:
    if not directory.strip() or "\x00" in directory:
        raise Invalid.value("store", url, f"one of {_KNOWN}")
    path = Path(directory).expanduser()
    if path.exists() and not path.is_dir():
        raise Invalid.value("store", url, "a directory, not a file")
    try:
        from lodeline.storage.sql import DATABASE_FILE, open_sqlite  # noqa: PLC0415  # apsw is optional
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"store {url!r} needs the package {error.name}; install it with: pip install 'lodeline[server]'"
        ) from error
    if not create and not (path / DATABASE_FILE).is_file():
        raise NotFound.of("store", url)
    return open_sqlite(path)
