"""The demonstration: loading it, loading it again, and every command that it says to try."""

import hashlib
import shlex
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import apsw
import pytest

from lodeline.cli.demo import load_once, load_part, quoted
from lodeline.demo.airline import airline_part, run_id
from lodeline.demo.captures import captures_part
from lodeline.demo.fingerprint import fingerprint
from lodeline.demo.frameworks import frameworks_part
from lodeline.domain.errors import Conflict, Deleted
from lodeline.local import connect
from tests.cli.conftest import Demo, Lodeline


def printed_commands(out: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("  lodeline ")]


def rows(store: Path) -> dict[str, tuple[int, str]]:
    """Return how many rows each table has, and a digest of them."""
    found: dict[str, tuple[int, str]] = {}
    opened: Any = apsw.Connection(str(store / "lodeline.db"), flags=apsw.SQLITE_OPEN_READONLY)
    with closing(opened) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0").fetchall():
            digest, count = hashlib.sha256(), 0
            for row in db.execute(f'SELECT * FROM "{table}"'):
                digest.update(repr(row).encode())
                count += 1
            found[table] = (count, digest.hexdigest())
    return found


def test_loading_again_changes_nothing(lodeline: Lodeline, demo: Demo) -> None:
    before = rows(demo.store)
    lodeline("demo", store=demo.store)
    assert rows(demo.store) == before
    told = lodeline("demo", "--again", "--json", store=demo.store).document()
    assert rows(demo.store) == before
    labels = (2_016 + 1_344) + 14_397 + (1_176 + 392) + 960
    assert before["assessments"][0] == 17 + 360 + 280 + 140 + 7_200 + labels
    assert before["traces"][0] > 1_500 + 3_600 + 542 + 1_750 + 392 + 320
    assert [before[table][0] for table in ("runs", "models", "datasets")] == [1 + 4 + 4, 1 + 4, 2]
    assert [len(items) for items in told.values() if isinstance(items, list)] == [9, len(printed_commands(demo.out))]


def test_what_was_loaded_whole_is_not_sent_again(store: Path) -> None:
    whole = frameworks_part()
    sent: list[int] = []

    def counted() -> Iterator[bytes]:
        sent.append(0)
        for request in islice(whole.requests(), 3):
            sent[-1] += 1
            yield request

    part = replace(whole, requests=counted, request_count=3, assessments=lambda: iter(()), assessment_count=0)
    part = replace(part, models=(), dataset=None, evaluations=(), labeling=())

    def load(data: str, *, again: bool = False) -> int:
        steps: list[int] = []
        load_once(client, part, steps.append, data=data, again=again)
        return sum(steps)

    with connect(store) as client:
        assert load("a") == load("a") == 3
        assert sent == [3]
        assert load("b") == load("b", again=True) == 3
        assert sent == [3, 3, 3]
        assert len(fingerprint()) == 32


def test_every_printed_command_works_and_shows_something(lodeline: Lodeline, demo: Demo) -> None:
    commands = printed_commands(demo.out)
    assert len(commands) >= 10
    for command in commands:
        assert len(lodeline(*command).out.splitlines()) >= 3, command


def test_printed_commands_show_a_failed_trace_its_spans_and_a_judge_s_reasons(lodeline: Lodeline, demo: Demo) -> None:
    failed, judged = (command for command in printed_commands(demo.out) if command[:2] == ["traces", "get"])
    shown = lodeline(*failed).out
    assert "ERROR" in shown
    assert "└─" in shown
    assert "hallucination" in lodeline(*judged).out


def test_commands_for_a_server_name_it_once(
    lodeline: Lodeline, demo: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # where our command is not found
    out = lodeline("demo", "--at", "http://127.0.0.1:5001", store=demo.store).out
    assert "Open http://127.0.0.1:5001 in a browser" in out
    assert out.count("export LODELINE_URL=http://127.0.0.1:5001") == 1
    assert out.count("/activate\n") == 1
    commands = printed_commands(out)
    assert len(commands) == len(printed_commands(demo.out))
    assert not [command for command in commands if "--store" in command or "--server" in command]
    monkeypatch.undo()
    assert "LODELINE_URL" not in lodeline("demo", "--at", "http://127.0.0.1:5000", store=demo.store).out


def test_loading_goes_on_where_it_was_broken_off(store: Path) -> None:
    class Broken(Exception):
        pass

    seen: list[int] = []

    def stop(advanced: int) -> None:
        seen.append(advanced)
        if sum(seen) > 140 + 300:  # within the rows of the evaluation
            raise Broken

    part = airline_part()
    with connect(store) as client:
        with pytest.raises(Broken):
            load_part(client, part, stop)
        load_part(client, part, lambda _: None)
        found = client.evaluations.get(run_id())
        assert (found.state, found.rows_done, found.rows_total) == ("COMPLETED", 140, 140)


def test_a_deleted_experiment_of_the_demonstration_is_named(store: Path) -> None:
    part = frameworks_part()
    with connect(store) as client:
        made = load_part(client, part, lambda _: None)
        client.experiments.delete(made.experiment_id)
        with pytest.raises(Deleted, match=f"restore {made.experiment_id}"):
            load_part(client, part, lambda _: None)


def test_what_the_store_refuses_is_said_and_not_taken_for_loaded(store: Path) -> None:
    part = replace(airline_part(), assessments=lambda: iter(()), assessment_count=0)
    with connect(store) as client:
        other = client.experiments.create("other")
        client.otlp.export(next(iter(part.requests())), experiment=other.experiment_id)
        with pytest.raises(Conflict, match=r"did not take spans \(.* rejected: trace tr-.* another experiment\)"):
            load_once(client, part, lambda _: None, data="a")
        [made] = [each for each in client.experiments.search() if each.name == part.draft.name]
        assert "lodeline.demo.loaded" not in made.tags


def test_deleted_traces_of_the_demonstration_are_no_internal_error(
    lodeline: Lodeline, demo: Demo, tmp_path: Path
) -> None:
    store = shutil.copytree(demo.store, tmp_path / "store")
    lodeline("traces", "delete", "-e", "1", "-f", "state = 'ERROR'", "--yes", store=store)
    refused = lodeline("demo", store=store, code=5)
    assert "traces of it were deleted since" in refused.err
    assert "lodeline demo --again" in refused.err
    with connect(store) as client:
        load_once(client, captures_part(), lambda _: None, data=fingerprint(), again=True)
    told = lodeline("demo", "--json", store=store).document()
    assert isinstance(told["commands"], list)
    assert len(told["commands"]) == len(printed_commands(demo.out))


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("plain-1.2:x/y=z", "plain-1.2:x/y=z"), ("two words", '"two words"'), ("a = 'b'", "\"a = 'b'\""),
        ('say "x"', "'say \"x\"'"), ("$HOME", "'$HOME'"), ("", '""'),
    ],
)  # fmt: skip
def test_arguments_are_quoted_for_a_shell(argument: str, shown: str) -> None:
    assert quoted(argument) == shown
    assert shlex.split(quoted(argument)) == [argument]


def test_a_trace_names_its_version(demo: Demo, lodeline: Lodeline) -> None:
    found = lodeline(
        "models", "list", "-e", "demo: maths, four models", "--limit", "1", "--json", store=demo.store
    ).lines()[0]
    of = ("-e", "demo: maths, four models", "-f", f"model = '{found['model_id']}'", "--limit", "1", "--json")
    trace = lodeline("traces", "search", *of, store=demo.store).lines()[0]
    shown = lodeline("traces", "get", str(trace["trace_id"]), store=demo.store).out
    assert f"{found['name']} ({found['model_id']})" in shown
