"""The versions of the schema: which there are, which one a database has, and how a step is made.

A version is a numbered SQL file in `migrations`; its first comment line says what it does. Files are applied once
each, in order, each in one transaction together with its row in the table `migrations`, so a crash leaves the
version before. A file is never edited after a release: its checksum is compared whenever a store is opened.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import apsw

from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Unavailable
from lodeline.storage.sql.db import Db

_FILE = re.compile(r"([0-9]{4})_([a-z0-9_]+)\.sql")
_COMMENT = re.compile(r"--[^\n]*")
_LEDGER = (
    "CREATE TABLE IF NOT EXISTS migrations ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered SQL file. The checksum leaves out comments and white space."""

    number: int
    name: str
    summary: str
    sql: str
    checksum: str


def known_migrations(source: Traversable | None = None) -> tuple[Migration, ...]:
    """Return the migrations of this version of the program, in order; they are numbered 1, 2, 3, …"""
    folder = files("lodeline.storage.sql.migrations") if source is None else source
    found = sorted((file for file in folder.iterdir() if _FILE.fullmatch(file.name)), key=lambda file: file.name)
    migrations = tuple(_read(file) for file in found)
    if [migration.number for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise RuntimeError(f"migrations are not numbered without gaps: {[file.name for file in found]}")
    return migrations


def _read(file: Traversable) -> Migration:
    match = _FILE.fullmatch(file.name)
    assert match is not None  # noqa: S101  # known_migrations chose it by this pattern
    sql = file.read_text(encoding="utf-8")
    first = sql.lstrip().split("\n", 1)[0]
    summary = first.removeprefix("--").strip() if first.startswith("--") else match[2].replace("_", " ")
    checksum = hashlib.sha256(" ".join(_COMMENT.sub("", sql).split()).encode()).hexdigest()
    return Migration(int(match[1]), match[2], summary, sql, checksum)


def schema_version(db: Db, known: Sequence[Migration], directory: Path) -> int:
    """Return how many of the known migrations the database has; 0 when it is empty.

    Conflict when it was made by a newer version, by a version with other files, or by another program.
    """
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not tables:
        return 0
    if "migrations" not in tables:
        raise Conflict(f"the database in {directory} was not made by Lodeline; choose another directory.")
    applied = db.execute("SELECT number, name, checksum FROM migrations ORDER BY number").fetchall()
    if len(applied) > len(known):
        raise Conflict(
            f"the store in {directory} was made by a newer Lodeline: its schema is version {len(applied)}, this one "
            f"knows {len(known)}. Install the newer Lodeline, or restore a backup made before the upgrade.",
            code="store_newer",
            details={"version": len(applied), "known": len(known)},
        )
    for (number, name, checksum), migration in zip(applied, known, strict=False):
        if (number, checksum) != (migration.number, migration.checksum):
            raise Conflict(
                f"the store in {directory} was made with another migration {number:04}_{name} than this Lodeline "
                "has, as only development versions do; open it with that version.",
                code="store_differs",
                details={"migration": number},
            )
    return len(applied)


def ensure_schema(db: Db, directory: Path, *, source: Traversable | None = None, clock: Clock = system_clock) -> None:
    """Set up an empty database; leave any other as it is.

    Conflict when it has migrations pending, telling how to apply them, or is none that this program can use.
    """
    known = known_migrations(source)
    version = schema_version(db, known, directory)
    if version == 0:
        with write_transaction(db):
            version = schema_version(db, known, directory)
            if version == 0:
                for migration in known:
                    apply_migration(db, migration, now_ms=clock.now_ms())
                version = len(known)
    if version < len(known):
        raise Conflict(
            f"the store in {directory} has schema version {version}, this Lodeline needs {len(known)}. "
            f"Stop every program that uses it, then run: lodeline db migrate --store {directory}",
            code="migration_needed",
            details={"version": version, "needed": len(known)},
        )


def apply_migration(db: Db, migration: Migration, *, now_ms: int) -> None:
    """Make one step within the open transaction."""
    db.execute(_LEDGER)
    db.execute(migration.sql)
    if not db.in_transaction:
        raise RuntimeError(f"migration {migration.number} ends the transaction it runs in")
    db.execute(
        "INSERT INTO migrations (number, name, checksum, applied_ms) VALUES (?, ?, ?, ?)",
        (migration.number, migration.name, migration.checksum, now_ms),
    )


class write_transaction:  # noqa: N801  # used like a function
    """A context that commits what it encloses, or undoes all of it after an exception."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def __enter__(self) -> None:
        """Begin; Unavailable when another connection keeps writing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except apsw.BusyError as error:
            raise Unavailable("the store is busy with another program; try again.", code="store_busy") from error

    def __exit__(self, etype: type[BaseException] | None, *_: object) -> None:
        """Commit or undo."""
        if etype is None:
            self._db.execute("COMMIT")
        elif self._db.in_transaction:
            self._db.execute("ROLLBACK")
