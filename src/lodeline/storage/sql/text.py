"""Full text: an index filled behind the commit, and its use to narrow a search.

The index holds one row a chunk and answers which chunks contain all of some tokens. It is only a prefilter: what it
names is verified against the payload. Chunks that it has not reached yet count as named, so a search always finds
what was acknowledged before it.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lodeline.domain.errors import LodelineError
from lodeline.ingest.payload import unpack_indexable
from lodeline.query.ast import Node
from lodeline.query.prefilter import Required, required
from lodeline.storage.sql.checkpoints import emptied_log
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.fresh_texts import FreshTexts
from lodeline.storage.sql.lock import TEXT_LOCK_FILE, DirectoryLock
from lodeline.storage.sql.schema import write_transaction
from lodeline.storage.sql.snapshots import LogFiles
from lodeline.storage.sql.text_file import connect_text
from lodeline.storage.sql.writer import Writer

if TYPE_CHECKING:
    from lodeline.storage.sql.search import Candidate

SMALL = 5_000
"""Up to so many chunks are looked up at once; beyond, the walk asks block by block."""
_BLOCK = 500
_GROUP_CHUNKS, _GROUP_CHARS = 512, 8_000_000
"""So much is indexed in one transaction: the more, the less work merging the index is."""
_IDLE_S = 0.05
_GATHER_S = 0.25
"""While chunks keep coming, so long is waited for a group to fill; searches read those that wait."""
_CALM_S = 0.25
"""So long requests must have left a processor idle before the index takes it."""
_BEHIND_S = 10.0
"""So long the index gives way to requests before it catches up in spite of them."""
_GONE_AT_ONCE = 5_000
_PAUSE_S = 5.0
_PATIENCE_S = 1.0
"""So long is waited at most for readers to end when the log is long."""
_SHORTEN_EVERY_S = 5.0
_TAKEOVER_S = 1.0
"""How often a process asks whether the one that fills the index has gone."""
_PROCESSORS = os.cpu_count() or 1
_log = logging.getLogger(__name__)


def watermark(db: Db) -> int:
    """Return the number of the last chunk that is indexed."""
    row = db.execute("SELECT indexed FROM text.progress").fetchone()
    return 0 if row is None else row[0]


def backlog_bound(db: Db) -> int:
    """Return at most how many chunks wait, without counting them: deleted ones left gaps in their numbers."""
    row = db.execute("SELECT ifnull(max(cid), 0) FROM chunks").fetchone()
    return 0 if row is None else max(0, row[0] - watermark(db))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the chunks of a matching trace must contain: an FTS5 expression for each conjunct that says.

    `needed` has the tokens of each, one a line, for chunks that the index has not reached (`fresh_texts`). `hits`
    remembers by expression which chunks the index has named so far.
    """

    expressions: tuple[str, ...]
    needed: tuple[str, ...]
    hits: dict[str, set[int]] = field(default_factory=dict[str, set[int]])

    @classmethod
    def of(cls, node: Node) -> "Wanted | None":
        """Return it for a filter; None when its text says nothing."""
        found = required(node)
        if not found:
            return None
        needed = tuple("\n".join(sorted(each.tokens | each.prefixes)) for each in found)
        return cls(tuple(map(_expression, found)), needed)

    def small_set(self, db: Db) -> list[int] | None:
        """Return the traces whose chunks qualify for some expression, if they are few; else None."""
        indexed = watermark(db)
        for expression, needed in zip(self.expressions, self.needed, strict=True):
            tail = [row[0] for row in db.execute(_TAIL, (indexed, needed, SMALL + 1))]
            if len(tail) > SMALL:
                continue
            cids = [row[0] for row in db.execute(_MATCH + " LIMIT ?", (expression, SMALL + 1))]
            self._note(expression, cids)
            if len(cids) <= SMALL:
                found = db.execute(
                    "SELECT DISTINCT id FROM chunks INDEXED BY chunks_number WHERE cid IN carray(?)", (carray(cids),)
                )
                return [row[0] for row in found] + tail if cids else tail
        return None

    def sift(self, db: Db, stream: "Iterator[Candidate]") -> "Iterator[Candidate]":
        """Pass on those of the candidates that have a qualifying chunk for every expression."""
        indexed = watermark(db)
        while block := list(islice(stream, _BLOCK)):
            chunks: dict[int, int] = {}
            ids = [int(key[-1]) for key, found in block if found]  # type: ignore[arg-type]  # ids are integers
            if ids:
                for cid, row_id in db.execute("SELECT cid, id FROM chunks WHERE id IN carray(?)", (carray(ids),)):
                    chunks[cid] = row_id
            passed = self._qualifying(db, chunks, indexed)
            for key, found in block:
                if not found or key[-1] in passed:
                    yield key, found
                    continue
            yield block[-1][0], False

    def _qualifying(self, db: Db, chunks: dict[int, int], indexed: int) -> set[int]:
        passed = set(chunks.values())
        if not chunks:
            return passed
        low, high = min(chunks), max(chunks)
        fresh = [cid for cid in chunks if cid > indexed]
        for expression, needed in zip(self.expressions, self.needed, strict=True):
            rows = db.execute(_MATCH + " AND rowid BETWEEN ? AND ?", (expression, low, high))
            cids = [cid for (cid,) in rows if cid in chunks]
            self._note(expression, cids)
            cids += [cid for (cid,) in db.execute(_FRESH, (carray(fresh), needed))] if fresh else ()
            passed &= {chunks[cid] for cid in cids}
        return passed

    def _note(self, expression: str, cids: Sequence[int]) -> None:
        known = self.hits.setdefault(expression, set())
        if len(known) > 10 * SMALL:
            known.clear()
        known.update(cids)

    def has_word(self, db: Db, row_id: int, span_count: int, word: str) -> bool | None:
        """Tell by the index alone whether some span of a trace has this one token.

        None when the index cannot tell: it has not reached the trace, or a chunk holds superseded copies of spans.
        """
        expression = f'"{word}"'
        chunks = db.execute("SELECT cid, copies FROM chunks WHERE id = ?", (row_id,)).fetchall()
        if not chunks or sum(copies for _, copies in chunks) != span_count:
            return None
        cids = [cid for cid, _ in chunks]
        hits = self.hits.get(expression)
        if hits is not None and not hits.isdisjoint(cids):
            return True
        if max(cids) > watermark(db):
            return None
        sql = _MATCH + " AND rowid BETWEEN ? AND ? AND rowid IN (SELECT cid FROM chunks WHERE id = ?) LIMIT 1"
        return db.execute(sql, (expression, min(cids), max(cids), row_id)).fetchone() is not None


_MATCH = "SELECT rowid FROM texts WHERE texts MATCH ?"
_TAIL = "SELECT DISTINCT id FROM chunks INDEXED BY chunks_number WHERE cid > ? AND fresh_may_hold(cid, ?) LIMIT ?"
_FRESH = "SELECT value FROM carray(?) WHERE fresh_may_hold(value, ?)"


def _expression(needed: Required) -> str:
    """Return the FTS5 expression; tokens are letters and digits, so nothing in quotes needs escaping."""
    parts = [f'"{token}"' for token in sorted(needed.tokens)]
    parts.extend(f'"{prefix}" *' for prefix in sorted(needed.prefixes))
    return " AND ".join(parts)


class TextIndexer:
    """Fills the index in the background, oldest chunk first; in one of the processes that have the store open.

    While requests keep every processor busy it gives way to them, within bounds: so much text waits in memory, so
    many chunks, and so long (`fresh_texts`, `_BEHIND_S`). Not so once it met chunks whose text is not in memory, as
    those that another process writes: these cost a search more.
    """

    def __init__(self, directory: Path, writer: Writer, readers: Readers, fresh: FreshTexts) -> None:
        self._directory = directory
        self._fresh = fresh
        self._writer = writer
        self._readers = readers
        self._busy_at = -_CALM_S
        self._logs = LogFiles(directory)
        self._shorten_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="lodeline-text", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the group at hand and end; the rest is indexed after the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def backlog(self) -> int:
        """Return how many chunks wait."""
        with self._readers.read() as db:
            row = db.execute("SELECT count(*) FROM chunks WHERE cid > ?", (watermark(db),)).fetchone()
        return 0 if row is None else row[0]

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                duty = DirectoryLock(self._directory, exclusive=True, file=TEXT_LOCK_FILE)
            except LodelineError:
                self._stop.wait(_TAKEOVER_S)
                continue
            self._fresh.wanted = True
            try:
                self._work()
            finally:
                self._fresh.wanted = False
                duty.release()

    def _work(self) -> None:
        """Index until told to stop; after any fault with a connection of its own again."""
        while not self._stop.is_set():
            try:
                with contextlib.closing(connect_text(self._directory)) as index:
                    self._follow(index)
            except Exception as error:  # whatever it was, the thread goes on: later searches still need the index
                _log.warning("full-text indexing waits %s s: %s", _PAUSE_S, error)
                self._stop.wait(_PAUSE_S)

    def _follow(self, index: Db) -> None:
        behind_until = 0.0
        while not self._stop.is_set():
            found = self._look()
            if found.rows:
                self._add(index, found.rows)
            if found.gone:
                self._forget(index, found.gone)
            self._shorten_log(index)
            until = time.monotonic()
            if found.unpacked:
                behind_until = 0.0
            elif not found.full:
                behind_until = until + _BEHIND_S
            if not found.full:
                until += _GATHER_S if found.rows else _IDLE_S
            self._wait(until, behind_until)

    def _wait(self, until: float, behind_until: float) -> None:
        """Wait until then, and longer while requests keep the processors busy, but no longer than until the other
        time; for less when many texts come meanwhile."""
        while not self._fresh.crowded:
            now = time.monotonic()
            if self._writer.expected >= _PROCESSORS:
                self._busy_at = now
            if now >= until and (now >= behind_until or now - self._busy_at >= _CALM_S):
                return
            if self._stop.wait(_IDLE_S):
                return

    def _look(self) -> "_Found":
        with self._readers.read() as db:
            gone = [cid for (cid,) in db.execute(_GONE, (_GONE_AT_ONCE,))]
            rows: list[tuple[int, str]] = []
            chars = 0
            unpacked = False
            indexed = watermark(db)
            for (cid,) in db.execute(_WAITING, (indexed, _GROUP_CHUNKS)):
                text = self._fresh.take(cid)
                if text is None:
                    text, unpacked = _indexable(db, cid), True
                rows.append((cid, text))
                chars += len(text)
                if chars > _GROUP_CHARS:
                    break
            if not rows:
                self._fresh.forget(indexed)  # texts that came here after their chunks had been found
            full = len(rows) == _GROUP_CHUNKS or chars > _GROUP_CHARS
            return _Found(rows, gone, full=full, unpacked=unpacked)

    def _add(self, index: Db, rows: Sequence[tuple[int, str]]) -> None:
        """Index these; they are durable some time later."""
        with write_transaction(index):
            index.executemany("INSERT INTO texts (rowid, x) VALUES (?, ?)", rows)
            index.execute("UPDATE progress SET indexed = ?", (rows[-1][0],))
        self._fresh.forget(rows[-1][0])

    def _shorten_log(self, index: Db) -> None:
        """Empty a long log; where readers are in the way, try again later."""
        now = time.monotonic()
        if now >= self._shorten_at and self._logs.text_is_long() and not emptied_log(index, _PATIENCE_S):
            self._shorten_at = now + _SHORTEN_EVERY_S

    def _forget(self, index: Db, gone: Sequence[int]) -> None:
        """Forget chunks that were deleted, durably, and then that they are to be forgotten."""
        index.execute("PRAGMA synchronous=FULL")
        with write_transaction(index):
            index.execute("DELETE FROM texts WHERE rowid IN carray(?)", (carray(gone),))
        index.execute("PRAGMA synchronous=NORMAL")

        def done(db: Db) -> None:
            db.execute("DELETE FROM texts_gone WHERE cid IN carray(?)", (carray(gone),))

        self._writer.call(done)


class _Found(NamedTuple):
    """What there is to do: number and text of the next chunks, in order; and the numbers of some deleted ones.

    `full` tells that the chunks are as many as make a group, `unpacked` that the text of some was not in memory.
    """

    rows: list[tuple[int, str]]
    gone: list[int]
    full: bool
    unpacked: bool


_GONE = "SELECT cid FROM texts_gone LIMIT ?"
_WAITING = "SELECT cid FROM chunks INDEXED BY chunks_number WHERE cid > ? ORDER BY cid LIMIT ?"


def _indexable(db: Db, cid: int) -> str:
    row = db.execute("SELECT data FROM chunks WHERE cid = ?", (cid,)).fetchone()
    try:
        return "" if row is None else unpack_indexable(row[0])
    except LodelineError as error:
        _log.warning("a chunk has no readable text: %s", error.message)
        return ""
