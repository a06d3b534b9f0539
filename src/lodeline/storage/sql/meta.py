"""Small values of the store by name (table meta)."""

from lodeline.storage.sql.db import Db, SqlValue


def get_number(db: Db, name: str) -> int:
    """Return the number of this name, 0 when there is none."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def get_text(db: Db, name: str) -> str | None:
    """Return the text of this name, None when there is none."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put(db: Db, name: str, value: SqlValue) -> None:
    """Set a value, replacing."""
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))
