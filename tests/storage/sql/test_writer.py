"""Writers of several processes over one store take turns; what waits meanwhile shares one commit."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import apsw

from lodeline.storage.sql import open_sqlite
from lodeline.storage.sql.connection import connect
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.lock import WriteTurn
from lodeline.storage.sql.writer import Writer

GREEDY = """
import sys, threading, time
from pathlib import Path
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.writer import Writer
writer = Writer(Path(sys.argv[1]), TraceIngester())
def count(db):
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('greedy', "
               "1 + ifnull((SELECT value FROM meta WHERE name = 'greedy'), 0))")
    time.sleep(0.005)
def write():
    while True:
        writer.call(count)
for _ in range(3):
    threading.Thread(target=write).start()
print("writing", flush=True)
"""


def _commits(db: Db) -> int:
    row = db.execute("SELECT value FROM meta WHERE name = 'greedy'").fetchone()
    return 0 if row is None else row[0]


def test_a_process_that_writes_without_a_pause_leaves_others_their_turn(tmp_path: Path) -> None:
    store = tmp_path / "store"
    open_sqlite(store).close()
    writer = Writer(store, TraceIngester())
    greedy = subprocess.Popen([sys.executable, "-c", GREEDY, str(store)], stdout=subprocess.PIPE)
    try:
        assert greedy.stdout is not None
        assert greedy.stdout.readline() == b"writing\n"
        seen = [writer.call(_commits) for _ in range(20)]
    finally:
        greedy.kill()
        greedy.communicate()
        writer.close()
    # Three each turn; more where the machine was busy elsewhere between two calls.
    assert seen[-1] - seen[0] <= 15 * len(seen), seen


def test_what_is_queued_while_another_process_writes_shares_its_commit(tmp_path: Path) -> None:
    store = tmp_path / "store"
    open_sqlite(store).close()
    writer, other = Writer(store, TraceIngester()), connect(store, readonly=False)
    commits: list[None] = []

    def committing() -> bool:
        commits.append(None)
        return False

    def write(db: Db) -> None:
        db.execute("INSERT INTO names (name) SELECT 't' || count(*) FROM names")

    cast("apsw.Connection", writer.db).set_commit_hook(committing)
    try:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(8) as pool:
            done = [pool.submit(writer.call, write) for _ in range(8)]
            while writer.queued < 7:
                time.sleep(0.01)
            other.execute("COMMIT")
            for each in done:
                each.result()
        assert len(commits) == 1
    finally:
        other.close()
        writer.close()


def test_a_turn_that_somebody_keeps_is_waited_for_only_so_long(tmp_path: Path) -> None:
    kept, mine = WriteTurn(tmp_path), WriteTurn(tmp_path)
    ran = 0
    with kept.waiting(1.0), mine.waiting(0.05):
        ran += 1
    with mine.waiting(1.0), kept.waiting(0.05):
        ran += 1
    assert ran == 2
    kept.close()
    mine.close()
