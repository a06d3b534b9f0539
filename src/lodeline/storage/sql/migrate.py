"""Bring a store to this version's schema: preflight, backup, then one transaction a step."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

import apsw

from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import NotFound, Unavailable
from lodeline.storage.blobs import DirectoryBlobStore
from lodeline.storage.sql.backup import copy_store
from lodeline.storage.sql.connection import DATABASE_FILE, connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.directory import BLOBS_FOLDER, database_bytes, prepare
from lodeline.storage.sql.lock import DirectoryLock
from lodeline.storage.sql.schema import (
    Migration,
    apply_migration,
    known_migrations,
    schema_version,
    write_transaction,
)
from lodeline.storage.upgrade import UpgradePlan, UpgradeStep

_SPARE_BYTES = 64 * 1024 * 1024


def plan_migration(directory: Path, *, backup: Path | None = None, source: Traversable | None = None) -> UpgradePlan:
    """Return what `migrate_sqlite` would do with the same arguments; changes nothing, and others may use the store.

    NotFound when the directory is no store; Conflict when it was made by a newer version.
    """
    with _locked(directory, exclusive=False) as db:
        return _plan(db, directory, backup, known_migrations(source))


def migrate_sqlite(
    directory: Path, *, backup: Path | None = None, source: Traversable | None = None, clock: Clock = system_clock
) -> UpgradePlan:
    """Copy the store to `backup` (None: beside it), then apply the pending migrations; return what was done.

    Nothing is done when none is pending. A step that fails or is killed leaves the version before it, which is whole;
    running it again goes on there. Unavailable when the disks lack space or a step fails. Conflict when another
    program has the store open; else as `plan_migration`.
    """
    known = known_migrations(source)
    with _locked(directory, exclusive=True) as db:
        plan = _plan(db, directory, backup, known)
        if not plan.steps:
            return plan
        if not plan.fits:
            raise Unavailable(
                f"migrating {directory} needs {plan.needed_bytes} bytes beside it ({plan.free_bytes} are free) "
                f"and {plan.backup_needed_bytes} for the backup {plan.backup} ({plan.backup_free_bytes} are free); "
                "free space, or put the backup on another disk.",
                code="disk_full",
            )
        copy_store(directory, Path(plan.backup), DirectoryBlobStore(directory / BLOBS_FOLDER))
        for migration in known[plan.version :]:
            _step(db, directory, migration, known, now_ms=clock.now_ms())
        db.execute("PRAGMA optimize")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return plan


@contextmanager
def _locked(directory: Path, *, exclusive: bool) -> Generator[Db]:
    prepare(directory, create=False)
    if not (directory / DATABASE_FILE).is_file():
        raise NotFound.of("store", str(directory))
    lock = DirectoryLock(directory, exclusive=exclusive)
    try:
        db = connect(directory, readonly=False)
        try:
            yield db
        finally:
            db.close()
    finally:
        lock.release()


def _plan(db: Db, directory: Path, backup: Path | None, known: tuple[Migration, ...]) -> UpgradePlan:
    version = schema_version(db, known, directory)
    target = backup or _free_name(directory, version)
    size_bytes = database_bytes(directory)
    blob_bytes = sum(info.size_bytes for info in DirectoryBlobStore(directory / BLOBS_FOLDER).list(""))
    backup_needed = size_bytes + blob_bytes + _SPARE_BYTES
    nearest = next(folder for folder in target.absolute().parents if folder.is_dir())
    same_disk = nearest.stat().st_dev == directory.stat().st_dev
    return UpgradePlan(
        store=str(directory),
        version=version,
        target=len(known),
        steps=tuple(UpgradeStep(step.number, step.name, step.summary) for step in known[version:]),
        backup=str(target),
        store_bytes=size_bytes,
        # A step that rewrites every row holds the new pages in the log, and then beside the old ones in the file.
        needed_bytes=2 * size_bytes + _SPARE_BYTES + (backup_needed if same_disk else 0),
        free_bytes=shutil.disk_usage(directory).free,
        backup_needed_bytes=backup_needed,
        backup_free_bytes=shutil.disk_usage(nearest).free,
    )


def _free_name(directory: Path, version: int) -> Path:
    """Return a name beside the store that nothing has."""
    base = directory.absolute()
    attempt = 1
    while True:
        name = f"{base.name}.backup-v{version}" + (f"-{attempt}" if attempt > 1 else "")
        if not (base.parent / name).exists():
            return base.parent / name
        attempt += 1


def _step(db: Db, directory: Path, migration: Migration, known: tuple[Migration, ...], *, now_ms: int) -> None:
    try:
        with write_transaction(db):
            if schema_version(db, known, directory) == migration.number - 1:
                apply_migration(db, migration, now_ms=now_ms)
    except apsw.Error as error:
        raise Unavailable(
            f"migration {migration.number:04}_{migration.name} of {directory} failed: {error}. The store is still "
            f"whole, at version {migration.number - 1}, and there is a backup from before all steps.",
            code="migration_failed",
        ) from error
