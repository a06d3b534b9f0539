"""Full text: an index filled behind the commit, and its use to narrow a search.

The index holds one row a chunk and answers which chunks contain all of some tokens. It is only a prefilter: what it
names is verified against the payload. Chunks that it has not reached yet count as named, so a search always finds
what was acknowledged before it.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lodeline.domain.errors import LodelineError
from lodeline.ingest.payload import unpack_indexable
from lodeline.query.ast import Node
from lodeline.query.prefilter import Required, required
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db, carray
from lodeline.storage.sql.fresh_texts import FreshTexts
from lodeline.storage.sql.lock import TEXT_LOCK_FILE, DirectoryLock
from lodeline.storage.sql.writer import Writer

if TYPE_CHECKING:
    from lodeline.storage.sql.search import Candidate

SMALL = 5_000
"""Up to so many chunks are looked up at once; beyond, the walk asks block by block."""
_BLOCK = 500
_GROUP_CHUNKS, _GROUP_CHARS = 256, 8_000_000
"""So much is indexed in one transaction: the more, the less work merging the index is."""
_POLITE_CHUNKS = 192
"""So much while others wait to write, which lets them wait for some tens of milliseconds only."""
_IDLE_S = 0.05
_LOOK_S = 0.02
_FLOOD_S, _FLOOD_CHUNKS = 0.5, 100
"""More new ones than this in that time are a flood: some thousands of spans a second."""
_PATIENT_CHUNKS = 2_000
"""While others wait to write, or during a flood, up to so many chunks wait, if there is room for their texts;
searches read these meanwhile."""
_PAUSE_S = 5.0
_TAKEOVER_S = 1.0
"""How often a process asks whether the one that fills the index has gone."""
_log = logging.getLogger(__name__)


def watermark(db: Db) -> int:
    """Return the number of the last chunk that is indexed."""
    row = db.execute("SELECT value FROM meta WHERE name = 'text_indexed'").fetchone()
    return 0 if row is None else row[0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the chunks of a matching trace must contain: an FTS5 expression for each conjunct that says.

    `hits` remembers by expression which chunks the index has named so far.
    """

    expressions: tuple[str, ...]
    hits: dict[str, set[int]] = field(default_factory=dict[str, set[int]])

    @classmethod
    def of(cls, node: Node) -> "Wanted | None":
        """Return it for a filter; None when its text says nothing."""
        found = tuple(_expression(needed) for needed in required(node))
        return cls(found) if found else None

    def small_set(self, db: Db) -> list[int] | None:
        """Return the traces whose chunks qualify for some expression, if they are few; else None."""
        indexed = watermark(db)
        tail = [row[0] for row in db.execute(_TAIL, (indexed, SMALL + 1))]
        if len(tail) > SMALL:
            return None
        for expression in self.expressions:
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
        fresh = {row_id for cid, row_id in chunks.items() if cid > indexed}
        for expression in self.expressions:
            rows = db.execute(_MATCH + " AND rowid BETWEEN ? AND ?", (expression, low, high))
            cids = [cid for (cid,) in rows if cid in chunks]
            self._note(expression, cids)
            passed &= {chunks[cid] for cid in cids} | fresh
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
_TAIL = "SELECT DISTINCT id FROM chunks INDEXED BY chunks_number WHERE cid > ? LIMIT ?"


def _expression(needed: Required) -> str:
    """Return the FTS5 expression; tokens are letters and digits, so nothing in quotes needs escaping."""
    parts = [f'"{token}"' for token in sorted(needed.tokens)]
    parts.extend(f'"{prefix}" *' for prefix in sorted(needed.prefixes))
    return " AND ".join(parts)


class TextIndexer:
    """Fills the index in the background, oldest chunk first; in one of the processes that have the store open."""

    def __init__(self, directory: Path, writer: Writer, readers: Readers, fresh: FreshTexts) -> None:
        self._directory = directory
        self._fresh = fresh
        self._writer = writer
        self._readers = readers
        self._stop = threading.Event()
        self._arrivals = _Arrivals()
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

    def drain(self) -> None:
        """Index everything that waits, in the caller's thread."""
        while self._advance():
            pass

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
        while not self._stop.is_set():
            try:
                self._give_way()
                worked = self._advance()
            except Exception as error:  # whatever it was, the thread goes on: later searches still need the index
                _log.warning("full-text indexing waits %s s: %s", _PAUSE_S, error)
                self._stop.wait(_PAUSE_S)
                continue
            if not worked:
                self._stop.wait(_IDLE_S)

    def _advance(self) -> bool:
        """Index the next group; return whether there was one."""
        most = _POLITE_CHUNKS if self._writer.queued else _GROUP_CHUNKS
        with self._readers.read() as db:
            start = watermark(db)
            rows = self._next(db, start, most)
        if not rows:
            return False
        self._writer.call(lambda db: _insert(db, start, rows))
        self._fresh.forget(rows[-1][0])
        return True

    def _next(self, db: Db, start: int, most: int) -> list[tuple[int, str]]:
        """Return number and text of the chunks after `start`, as many as make a group."""
        rows: list[tuple[int, str]] = []
        chars = 0
        for (cid,) in db.execute(_WAITING, (start, most)):
            text = self._fresh.take(cid)
            if text is None:
                text = _indexable(db, cid)
            rows.append((cid, text))
            chars += len(text)
            if chars > _GROUP_CHARS:
                break
        return rows

    def _give_way(self) -> None:
        """Wait while others wait to write, and while so much comes that they soon will; not when too much waits."""
        while not (self._stop.is_set() or self._fresh.crowded):
            with self._readers.read() as db:
                indexed, last = watermark(db), _last_chunk(db)
                if last <= indexed or db.execute(_OVERDUE, (indexed, _PATIENT_CHUNKS)).fetchone() is not None:
                    return
            if not self._arrivals.is_flood(last) and not self._writer.queued:
                return
            self._stop.wait(_LOOK_S)


class _Arrivals:
    """How many chunks came lately, from looks at the last one's number."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque()

    def is_flood(self, last: int) -> bool:
        """Note the last chunk's number, and tell whether it has grown by much since `_FLOOD_S` ago."""
        now = time.monotonic()
        self._looks.append((now, last))
        while len(self._looks) > 1 and now - self._looks[1][0] >= _FLOOD_S:
            self._looks.popleft()
        since, before = self._looks[0]
        return last - before > _FLOOD_CHUNKS * max(1.0, (now - since) / _FLOOD_S)


def _last_chunk(db: Db) -> int:
    row = db.execute("SELECT max(cid) FROM chunks").fetchone()
    return 0 if row is None or row[0] is None else row[0]


_OVERDUE = "SELECT 1 FROM chunks INDEXED BY chunks_number WHERE cid > ? LIMIT 1 OFFSET ?"
_WAITING = "SELECT cid FROM chunks INDEXED BY chunks_number WHERE cid > ? ORDER BY cid LIMIT ?"


def _indexable(db: Db, cid: int) -> str:
    row = db.execute("SELECT data FROM chunks WHERE cid = ?", (cid,)).fetchone()
    try:
        return "" if row is None else unpack_indexable(row[0])
    except LodelineError as error:
        _log.warning("a chunk has no readable text: %s", error.message)
        return ""


def _insert(db: Db, start: int, rows: Sequence[tuple[int, str]]) -> None:
    if watermark(db) != start:
        return  # another process was faster
    numbers = carray([int(cid) for cid, _ in rows])
    there = {cid for (cid,) in db.execute("SELECT cid FROM chunks WHERE cid IN carray(?)", (numbers,))}
    db.executemany("INSERT INTO texts (rowid, x) VALUES (?, ?)", [row for row in rows if row[0] in there])
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('text_indexed', ?)", (rows[-1][0],))
