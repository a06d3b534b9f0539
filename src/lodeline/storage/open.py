"""URL → stores: the only place that knows every backend."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lodeline.domain.errors import Invalid, Unsupported, shown
from lodeline.storage.base import Stores
from lodeline.storage.upgrade import UpgradePlan

_KNOWN = "memory:, sqlite:DIRECTORY, or a directory"
_SERVERS = ("http", "https")
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
        from lodeline.storage.memory.stores import open_memory  # noqa: PLC0415  # others start sooner without it

        return open_memory()
    if scheme == "sqlite":
        return _open_sqlite(url, rest, create=create)
    if scheme in _SERVERS:
        raise Invalid(
            f"store: {shown(url)} is the address of a server; a store is one of {_KNOWN}. A client of a server is "
            "lodeline.LodelineClient(URL); commands take its address as --server URL."
        )
    raise Invalid.value("store", url, f"one of {_KNOWN}")


def store_directory(url: str) -> Path | None:
    """Return the directory that holds the store of `url` and what must live beside it; None when there is none."""
    scheme, rest = _split(url)
    return Path(rest).expanduser() if scheme == "sqlite" else None


def plan_upgrade(url: str, *, backup: Path | None = None) -> UpgradePlan:
    """Return what `upgrade_store` would do with the same arguments; changes nothing.

    NotFound when there is no store; Conflict when a newer version made it, or when it is in use; Unsupported when
    such stores have no versions.
    """
    directory = _versioned(url)
    with _optional(url):
        from lodeline.storage.sql import plan_migration  # noqa: PLC0415  # apsw is optional
    return plan_migration(directory, backup=backup)


def upgrade_store(url: str, *, backup: Path | None = None) -> UpgradePlan:
    """Bring a store to this version's schema, after copying it to `backup` (None: beside it); return what was done.

    Nothing is done when it is up to date. Unavailable when the disks lack space or a step fails: the store is whole,
    then, at the version before that step. Else as `plan_upgrade`.
    """
    directory = _versioned(url)
    with _optional(url):
        from lodeline.storage.sql import migrate_sqlite  # noqa: PLC0415  # apsw is optional
    return migrate_sqlite(directory, backup=backup)


def _versioned(url: str) -> Path:
    directory = store_directory(url)
    if directory is None:
        raise Unsupported(f"store {url!r} has no versions: it is made anew each time.")
    return directory


def _split(url: str) -> tuple[str, str]:
    match = _SCHEME.fullmatch(url)
    return (match[1].lower(), match[2]) if match else ("sqlite", url)


def _open_sqlite(url: str, directory: str, *, create: bool) -> Stores:
    if not directory.strip() or "\x00" in directory:
        raise Invalid.value("store", url, f"one of {_KNOWN}")
    path = Path(directory).expanduser()
    if path.exists() and not path.is_dir():
        raise Invalid.value("store", url, "a directory, not a file")
    with _optional(url):
        from lodeline.storage.sql import open_sqlite  # noqa: PLC0415  # apsw is optional
    return open_sqlite(path, create=create)


@contextmanager
def _optional(url: str) -> Generator[None]:
    """Say which package is missing and how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"store {url!r} needs the package {error.name}; install it with: pip install 'lodeline[server]'"
        ) from error
