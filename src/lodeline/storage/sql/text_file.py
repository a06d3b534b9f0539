"""The file of the full-text index, beside the database: whatever is in it can be made again from the chunks.

It is a database of its own, so that filling the index never stands in the way of a commit: SQLite has one writer a
file. Readers attach it as `text`. Its writer, who holds the lock of that duty, need not wait for the disk: after a
crash the index is at an earlier chunk and goes on from there, and it is never ahead of the chunks.

A chunk's number is never given twice (`meta` knows the last one), so what the index still says of a chunk that was
deleted meanwhile names nothing. `texts_gone` keeps their numbers until the index has forgotten them.
"""

from pathlib import Path
from typing import cast

import apsw

from lodeline.domain.errors import LASTING_S, Unavailable
from lodeline.storage.sql.db import Db

TEXT_FILE = "lodeline-text.db"
TEXT_FILES = frozenset({TEXT_FILE, TEXT_FILE + "-wal", TEXT_FILE + "-shm"})
_LAYOUT = 1
_TABLES = """
CREATE TABLE progress (indexed INTEGER NOT NULL);  -- one row: the number of the last chunk that is indexed
INSERT INTO progress VALUES (0);
-- One row a chunk (rowid = cid).
CREATE VIRTUAL TABLE texts USING fts5(x, content='', contentless_delete=1, detail=none, tokenize='ascii');
INSERT INTO texts (texts, rank) VALUES ('hashsize', 16777216);
INSERT INTO texts (texts, rank) VALUES ('automerge', 16);  -- a word is written again half as often as with 4
"""


def connect_text(directory: Path) -> Db:
    """Open the index for writing, and set it up when it is new."""
    db = cast("Db", apsw.Connection(str(directory / TEXT_FILE)))
    db.set_busy_timeout(10_000)
    for pragma in (
        "page_size=8192", "journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=1000",
        "journal_size_limit=8388608", "temp_store=MEMORY", "cache_size=-16384",
    ):  # fmt: skip
        db.execute(f"PRAGMA {pragma}")
    if not _layout(db):
        db.execute("BEGIN IMMEDIATE")
        if not _layout(db):
            db.execute(f"{_TABLES}PRAGMA user_version={_LAYOUT}")
        db.execute("COMMIT")
    return db


def _layout(db: Db) -> int:
    row = db.execute("PRAGMA user_version").fetchone()
    return 0 if row is None else row[0]


def ensure_text(directory: Path) -> None:
    """Set the index up where there is none; Unavailable, saying what to do, when its file is damaged."""
    try:
        connect_text(directory).close()
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise Unavailable(
            f"the full-text index {directory / TEXT_FILE} is damaged ({error}). Stop every program that uses the "
            f"store and delete the file, with its -wal and -shm: it is made again from what is stored.",
            code="text_index_damaged",
            retry_after_s=LASTING_S,
        ) from error


def attach_text(db: Db, directory: Path) -> None:
    """Let a connection to the database read the index, if there is one."""
    path = directory / TEXT_FILE
    if path.is_file():
        db.execute("ATTACH ? AS text", (str(path),))


def has_text(db: Db) -> bool:
    """Tell whether the index is attached."""
    return any(row[1] == "text" for row in db.execute("PRAGMA database_list"))


def copy_text(source: Path, target: Path) -> bool:
    """Copy the index into another directory; return whether there is one."""
    if not (source / TEXT_FILE).is_file():
        return False
    db = connect_text(source)
    try:
        db.execute("VACUUM INTO ?", (str(target / TEXT_FILE),))
    finally:
        db.close()
    return True


def forget_unknown(directory: Path, database: Path) -> None:
    """Remove from the index what it says of chunks that the database does not have."""
    db = connect_text(directory)
    try:
        db.execute("ATTACH ? AS store", (str(database),))
        db.execute(
            "DELETE FROM texts WHERE rowid IN "
            "(SELECT id FROM texts_docsize WHERE id NOT IN (SELECT cid FROM store.chunks))"
        )
    finally:
        db.close()
