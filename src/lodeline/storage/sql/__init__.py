"""The SQL family of backends. SQLite (through apsw) is the embedded default."""

from lodeline.storage.sql.connection import DATABASE_FILE
from lodeline.storage.sql.migrate import migrate_sqlite, plan_migration
from lodeline.storage.sql.store import open_sqlite

__all__ = ["DATABASE_FILE", "migrate_sqlite", "open_sqlite", "plan_migration"]
