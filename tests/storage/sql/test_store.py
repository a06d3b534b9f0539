import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lodeline.domain.errors import Conflict, NotFound, Unavailable
from lodeline.query.ast import Search
from lodeline.storage.sql import open_sqlite
from lodeline.storage.sql.directory import MARKER_FILE
from lodeline.storage.sql.lock import DirectoryLock
from lodeline.storage.sql.schema import known_migrations
from tests.contract.build import audit, found, make_experiment, span, write


def test_a_new_store_has_the_default_experiment_and_nothing_else(tmp_path: Path):
    stores = open_sqlite(tmp_path / "a" / "store")
    assert stores.experiments.get(make_experiment(stores).experiment_id).name == "app"
    assert stores.experiments.find("Default") is not None
    assert stores.admin.check() == []
    stores.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_directory_is_for_its_owner_alone(tmp_path: Path):
    open_sqlite(tmp_path / "store").close()
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700


def test_what_was_written_is_there_after_reopening(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    stores.traces.write([write("tr-1", span())])
    stores.close()
    stores = open_sqlite(tmp_path / "store", create=False)
    assert found(stores) == ["tr-1"]
    stores.close()


def test_closing_again_is_fine_and_a_closed_store_is_unavailable(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    stores.close()
    stores.close()
    with pytest.raises(Unavailable):
        stores.traces.write([write("tr-1", span())])
    with pytest.raises(Unavailable):
        stores.admin.ping()


def test_closing_lets_go_of_the_lock_and_the_log(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    stores.traces.write([write("tr-1", span())])
    with pytest.raises(Conflict):
        DirectoryLock(tmp_path / "store", exclusive=True)
    stores.close()
    DirectoryLock(tmp_path / "store", exclusive=True).release()
    assert not (tmp_path / "store" / "lodeline.db-wal").exists()


def test_one_more_span_of_a_trace_writes_no_index_of_what_has_not_changed(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    log = tmp_path / "store" / "lodeline.db-wal"
    pages: list[int] = []
    for number in range(4):
        before = log.stat().st_size
        stores.traces.write([write("tr-1", span(number=number, parent=9))])
        pages.append((log.stat().st_size - before) // 8_192)
    assert max(pages[2:]) <= 9 < pages[0]
    (trace,) = stores.traces.search(Search(experiment_ids=("0",))).items
    assert trace.span_count == 4
    assert stores.admin.check() == []
    stores.close()


def test_two_stores_of_one_directory_see_each_others_writes(tmp_path: Path):
    one, two = open_sqlite(tmp_path / "store"), open_sqlite(tmp_path / "store")
    one.traces.write([write("tr-1", span("root"))])
    two.traces.write([write("tr-1", span("child", 2, parent=1)), write("tr-2", span())])
    one.traces.write([write("tr-1", span("late", 3, parent=1))])
    assert [trace.span_count for trace in two.traces.get([write("tr-1", span()).trace_id])] == [3]
    assert sorted(found(one)) == ["tr-1", "tr-2"]
    two.close()
    assert one.admin.check() == []
    one.close()


def test_a_missing_store_is_not_made_unless_asked(tmp_path: Path):
    with pytest.raises(NotFound):
        open_sqlite(tmp_path / "store", create=False)
    assert not (tmp_path / "store").exists()


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Conflict, match=r"notes\.txt"):
        open_sqlite(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_directory_that_a_crash_left_unmarked_is_taken(tmp_path: Path):
    (tmp_path / (MARKER_FILE + ".0123abcd")).write_text("{", encoding="utf-8")
    (tmp_path / "secret.key").write_bytes(b"pepper")
    open_sqlite(tmp_path).close()
    assert (tmp_path / "secret.key").read_bytes() == b"pepper"


@pytest.mark.parametrize("text", ['{"format": "lodeline-sqlite", "layout": 2}', "not json", ""])
def test_a_store_of_another_layout_is_refused(tmp_path: Path, text: str):
    open_sqlite(tmp_path / "store").close()
    (tmp_path / "store" / MARKER_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Conflict, match="cannot open"):
        open_sqlite(tmp_path / "store")


def test_a_database_of_another_program_is_refused(tmp_path: Path):
    open_sqlite(tmp_path / "store").close()
    (tmp_path / "store" / "lodeline.db").write_bytes(b"this is no database at all, but it has some length" * 200)
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_sqlite(tmp_path / "store")
    DirectoryLock(tmp_path / "store", exclusive=True).release()


OPEN = """
import sys
from pathlib import Path
from lodeline.storage.sql import open_sqlite
print("ready", flush=True)
sys.stdin.readline()
stores = open_sqlite(Path(sys.argv[1]))
print(stores.admin.check(), flush=True)
stores.close()
"""


def test_many_processes_may_make_one_store_at_once(tmp_path: Path):
    for attempt in range(2):
        children = [
            subprocess.Popen(
                [sys.executable, "-c", OPEN, str(tmp_path / f"store{attempt}")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for _ in range(3)
        ]  # fmt: skip
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        assert [child.communicate() for child in children] == [("[]\n", None)] * 3
        left = {path.name for path in (tmp_path / f"store{attempt}").iterdir()}
        # The lock of the text index is there if its thread came to take it.
        locks = {"lodeline.lock", "write-turn.lock", "long-read.lock"}
        assert left - {"text-index.lock"} == {
            "blobs", "lodeline-store.json", "lodeline.db", "lodeline-text.db", *locks,
        }  # fmt: skip


def test_many_threads_may_make_one_store_at_once(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_sqlite, [tmp_path / "store"] * 8))
    opened[0].traces.write([write("tr-1", span())])
    assert [found(stores) for stores in opened] == [["tr-1"]] * 8
    for stores in opened:
        stores.close()


def test_vacuum_gives_space_back_and_keeps_the_content(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    texts = {"text": "".join(chr(33 + i * 7919 % 90) for i in range(20_000))}
    stores.traces.write([write(f"tr-{i}", span(attributes=texts, name=f"n{i}" * 50)) for i in range(200)])
    stores.traces.delete([write(f"tr-{i}", span()).trace_id for i in range(1, 200)], audit=audit())
    sizes = stores.admin.vacuum()
    assert sizes["bytes_after"] < sizes["bytes_before"]
    assert found(stores) == ["tr-0"]
    assert stores.admin.check() == []
    stores.close()


def test_vacuum_wants_the_store_for_itself(tmp_path: Path):
    one, two = open_sqlite(tmp_path / "store"), open_sqlite(tmp_path / "store")
    with pytest.raises(Conflict, match="another program"):
        one.admin.vacuum()
    two.close()
    one.admin.vacuum()
    one.close()


def test_figures_tell_sizes_queues_and_rows(tmp_path: Path):
    stores = open_sqlite(tmp_path / "store")
    stores.traces.write([write(f"tr-{i}", span()) for i in range(3)])
    figures = stores.admin.figures()
    newest = known_migrations()[-1].number
    assert (figures["backend"], figures["traces_estimate"], figures["chunks_estimate"]) == ("sqlite", 3, 3)
    assert (figures["experiments"], figures["queue_length"], figures["schema_version"]) == (1, 0, newest)
    assert int(figures["file_bytes"]) > 0
    stores.close()
