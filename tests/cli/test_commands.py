"""Commands from end to end, on stores opened in process: what they say, write as JSON, and exit with."""

import gzip
import json
import re
from pathlib import Path
from threading import Event

import pytest

from lodeline.auth.actor import Actor
from lodeline.demo.otlp import SpanDraft, request
from lodeline.domain.errors import Unavailable
from lodeline.domain.experiment import PurgeReceipt
from lodeline.domain.ids import ExperimentId
from lodeline.domain.trace import TraceInfo
from lodeline.local import connect
from lodeline.services.experiments import ExperimentService
from tests.cli.conftest import Lodeline
from tests.ingest.build import TRACE, everything, exactly

MS = 1_000_000
START_NS = 1_790_000_000_000 * MS


def otlp_file(folder: Path, name: str = "spans.pb", *, number: int = 1, text: str = "hello") -> Path:
    """Write a request with one trace of a root, a failed child and a third span."""
    trace_id, root = number.to_bytes(16, "big"), (1).to_bytes(8, "big")
    attributes = {
        "lodeline.inputs": text,
        "lodeline.session": "s-1",
        "lodeline.tags.release": "r1",
        "lodeline.metadata.ticket": "T-7",
    }
    spans = [
        SpanDraft(trace_id, root, b"", "answer", START_NS, START_NS + 90 * MS, attributes),
        SpanDraft(trace_id, b"childone", root, "call", START_NS + MS, START_NS + 2 * MS, error="refused: x"),
        SpanDraft(trace_id, b"childtwo", root, "look up", START_NS + 3 * MS, START_NS + 4 * MS, {"n": 1, "f": 2.5}),
    ]
    file = folder / name
    file.write_bytes(request([({"service.name": "test"}, "tests", "1", spans)]))
    return file


def trace_id(number: int = 1) -> str:
    return f"tr-{number:032x}"


@pytest.fixture
def filled(lodeline: Lodeline, store: Path, tmp_path: Path) -> Path:
    """A store with one trace in its default experiment."""
    lodeline("traces", "import", str(otlp_file(tmp_path)), store=store)
    return store


def test_experiments_live_from_creation_to_purge(lodeline: Lodeline, store: Path) -> None:
    made = lodeline(
        "experiments", "create", "checkout", "-d", "a bot", "-t", "team=a", "--json", store=store
    ).document()
    assert made["tags"] == {"team": "a"}
    number = str(made["experiment_id"])
    lodeline("experiments", "create", "checkout", store=store, code=5)
    assert "a bot" in lodeline("experiments", "get", "checkout", store=store).out
    lodeline("experiments", "rename", number, "basket", store=store)
    lodeline("experiments", "describe", "basket", "another bot", store=store)
    tagged = lodeline(
        "experiments", "tag", "basket", "team=b", "x=y", "--delete", "x", "--json", store=store
    ).document()
    assert (tagged["name"], tagged["description"], tagged["tags"]) == ("basket", "another bot", {"team": "b"})
    lodeline("experiments", "tag", "basket", "lodeline.own=hidden", store=store)
    listed = lodeline("experiments", "list", store=store).out
    assert "team=b" in listed
    assert "hidden" not in listed
    assert "lodeline.own=hidden" in lodeline("experiments", "get", "basket", store=store).out
    lodeline("experiments", "purge", "basket", "--yes", store=store, code=5)
    lodeline("experiments", "delete", "basket", "--yes", store=store)
    assert len(lodeline("experiments", "list", "--json", store=store).lines()) == 1
    deleted = lodeline("experiments", "list", "--lifecycle", "deleted", "--json", store=store).lines()
    assert [item["name"] for item in deleted] == ["basket"]
    lodeline("experiments", "restore", "basket", store=store)
    lodeline("experiments", "delete", "basket", "--yes", store=store)
    assert "Purged basket" in lodeline("experiments", "purge", "basket", "--yes", store=store).out
    lodeline("experiments", "get", "basket", store=store, code=1)


def test_a_purge_whose_progress_cannot_be_told_is_told_at_its_end(
    lodeline: Lodeline, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Event()
    purge = ExperimentService.purge

    def slow(self: ExperimentService, actor: Actor, experiment_id: ExperimentId) -> PurgeReceipt:
        assert asked.wait(60)
        return purge(self, actor, experiment_id)

    def away(self: ExperimentService, actor: Actor, experiment_id: ExperimentId) -> PurgeReceipt:
        asked.set()
        raise Unavailable("the disk is full")

    lodeline("experiments", "create", "basket", store=filled)
    lodeline("experiments", "delete", "basket", "--yes", store=filled)
    monkeypatch.setattr("lodeline.cli.purging._POLL_S", 0.01)
    monkeypatch.setattr(ExperimentService, "purge", slow)
    monkeypatch.setattr(ExperimentService, "purged", away)
    assert "Purged basket" in lodeline("experiments", "purge", "basket", "--yes", store=filled).out


def test_nothing_is_removed_without_a_yes(
    lodeline: Lodeline, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = tmp_path / "answer"
    answer.write_text("n\n", encoding="utf-8")
    with answer.open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        lodeline("traces", "delete", trace_id(), store=filled, code=1)
        assert "--yes" in lodeline("traces", "delete", "-e", "0", store=filled, code=1).err
    assert len(lodeline("traces", "search", "--json", store=filled).lines()) == 1


def test_search_shows_a_table_and_json_lines(lodeline: Lodeline, filled: Path) -> None:
    shown = lodeline("traces", "search", "-f", "session = 's-1'", store=filled).out
    assert trace_id() in shown
    assert "90 ms" in shown
    (line,) = lodeline("traces", "search", "--json", store=filled).lines()
    assert line["trace_id"] == trace_id()
    assert line["start_ns"] == str(START_NS)
    assert lodeline("traces", "search", "-f", "session = 'none'", "--json", store=filled).out == ""


def test_search_says_why_a_trace_failed_in_the_place_of_its_request(
    lodeline: Lodeline, filled: Path, tmp_path: Path
) -> None:
    failed = SpanDraft(
        (2).to_bytes(16, "big"), (1).to_bytes(8, "big"), b"", "cook", START_NS, START_NS + MS,
        {"lodeline.inputs": "a cake"}, error="KeyError: 'butter'\x1b[2J",
    )  # fmt: skip
    (tmp_path / "failed.pb").write_bytes(request([({"service.name": "test"}, "tests", "1", [failed])]))
    lodeline("traces", "import", str(tmp_path / "failed.pb"), store=filled)
    shown = lodeline("traces", "search", store=filled).out.splitlines()
    (bad,) = (line for line in shown if trace_id(2) in line)
    (good,) = (line for line in shown if trace_id() in line)
    assert bad.endswith("error: KeyError: 'butter'\\x1b[2J")
    assert "a cake" not in bad
    assert good.endswith("hello")


def test_limit_and_all(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    files = [str(otlp_file(tmp_path, f"{number}.pb", number=number)) for number in range(1, 6)]
    lodeline("traces", "import", *files, store=store)
    assert len(lodeline("traces", "search", "--limit", "2", "--json", store=store).lines()) == 2
    assert len(lodeline("traces", "search", "--limit", "2", "--all", "--json", store=store).lines()) == 5


def test_a_wrong_filter_is_invalid_and_shows_the_place(lodeline: Lodeline, filled: Path) -> None:
    message = lodeline("traces", "search", "-f", "stat = 'OK'", store=filled, code=2).err
    assert "stat" in message
    assert "state" in message


def test_an_unknown_trace_is_a_negative_answer(lodeline: Lodeline, filled: Path) -> None:
    assert "does not exist" in lodeline("traces", "get", "tr-unknown", store=filled, code=1).err
    assert "Did you mean 'Default'?" in lodeline("traces", "search", "-e", "Defualt", store=filled, code=1).err


def test_a_filter_that_asks_a_boolean_for_a_text_gets_a_hint(lodeline: Lodeline, filled: Path) -> None:
    lodeline("assessments", "log", "correct", "false", "--trace", trace_id(), store=filled)
    hint = "Hint: feedback.correct = 'false' finds text only; booleans and numbers have no quotes: "
    for option in ((), ("--json",)):
        missed = lodeline("traces", "search", "-f", "feedback.correct = 'false'", *option, store=filled)
        assert hint + "feedback.correct = false." in missed.err
        assert trace_id() not in missed.out
    found = lodeline("traces", "search", "-f", "feedback.correct = false", store=filled)
    assert trace_id() in found.out
    assert "Hint" not in found.err
    assert "value = false." in lodeline("assessments", "list", "-f", "value = 'false'", store=filled).err


def test_get_shows_the_tree_with_errors_and_assessments(lodeline: Lodeline, filled: Path) -> None:
    lodeline("assessments", "log", "correct", "false", "--trace", trace_id(), "-r", "it was wrong", store=filled)
    shown = lodeline("traces", "get", trace_id(), store=filled).out
    assert "├─ call" in shown
    assert re.search(r"^experiment +0 \(Default\)$", shown, re.MULTILINE)
    assert re.search(r"^service +test$", shown, re.MULTILINE)
    assert re.search(r"^metadata +ticket=T-7$", shown, re.MULTILINE)
    assert "ERROR" in shown
    assert "└─ look up" in shown
    assert "it was wrong" in shown
    assert "refused: x" in lodeline("traces", "get", trace_id(), "--content", store=filled).out
    cut = lodeline("traces", "get", trace_id(), "--spans", "1", store=filled).out
    assert "2 more spans" in cut
    whole = lodeline("traces", "get", trace_id(), "--content", "--json", store=filled).document()
    assert isinstance(whole["spans"], list)
    assert len(whole["spans"]) == 3


def test_hostile_content_is_never_obeyed(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\u202e\x9b31m"
    lodeline("traces", "import", str(otlp_file(tmp_path, text=evil)), store=store)
    for command in (("search",), ("get", trace_id(), "--content"), ("tail", "--no-follow")):
        shown = lodeline("traces", *command, store=store).out
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(shown)
    assert "\\x1b" in shown or "\\x1b" in lodeline("traces", "get", trace_id(), store=store).out


def test_tags_of_a_trace(lodeline: Lodeline, filled: Path) -> None:
    changed = lodeline("traces", "tag", trace_id(), "a=b=c", "--delete", "release", "--json", store=filled).document()
    assert changed["tags"] == {"a": "b=c"}
    assert "KEY=VALUE" in lodeline("traces", "tag", trace_id(), "novalue", store=filled, code=2).err


def test_tail_shows_the_newest_in_order_of_arrival(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    for number in (2, 1):
        lodeline("traces", "import", str(otlp_file(tmp_path, number=number)), store=store)
    shown = lodeline("traces", "tail", "--no-follow", "--json", store=store).lines()
    assert [item["trace_id"] for item in shown] == [trace_id(2), trace_id(1)]


def test_delete_by_id_and_by_filter(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    files = [str(otlp_file(tmp_path, f"{number}.pb", number=number)) for number in range(1, 5)]
    lodeline("traces", "import", *files, store=store)
    lodeline("traces", "delete", "--yes", store=store, code=2)
    lodeline("traces", "delete", trace_id(1), "-e", "0", "--yes", store=store, code=2)
    assert "Deleted 1" in lodeline("traces", "delete", trace_id(1), "--yes", store=store).out
    gone = lodeline("traces", "delete", trace_id(1), "tr-nope", "--yes", store=store, code=1)
    assert "Deleted 0" in gone.out
    assert f"There is no trace '{trace_id(1)}', 'tr-nope'." in gone.err
    limited = lodeline("traces", "delete", "-e", "0", "--max", "1", "--yes", store=store).out
    assert "more match" in limited
    lodeline("traces", "delete", "-e", "Default", "-f", "session = 's-1'", "--yes", store=store)
    assert lodeline("traces", "search", "--json", store=store).out == ""


def test_exported_traces_can_be_imported_elsewhere(lodeline: Lodeline, filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    lodeline("traces", "export", str(file), store=filled)
    lodeline("traces", "export", str(file), store=filled, code=5)
    packed = tmp_path / "out2.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    other = tmp_path / "other"
    lodeline("traces", "import", str(packed), store=other)
    command = ("traces", "get", trace_id(), "--content", "--json")
    before, after = lodeline(*command, store=filled).document(), lodeline(*command, store=other).document()
    assert after["spans"] == before["spans"]


def test_an_export_of_traces_has_everything_that_was_sent(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    sent = everything().SerializeToString()
    (tmp_path / "sent.pb").write_bytes(sent)
    lodeline("traces", "import", str(tmp_path / "sent.pb"), store=store)
    lodeline("traces", "export", str(tmp_path / "out.jsonl"), store=store)
    assert (tmp_path / "out.jsonl").read_bytes().count(b"\n") == 1
    lodeline("traces", "import", str(tmp_path / "out.jsonl"), store=tmp_path / "other")
    with connect(tmp_path / "other") as client:
        assert exactly(client.traces.otlp(f"tr-{TRACE.hex()}")) == exactly(sent)


def test_an_export_leaves_out_traces_that_have_no_spans(lodeline: Lodeline, filled: Path, tmp_path: Path) -> None:
    with connect(filled) as client:
        client.traces.log_info(f"tr-{TRACE.hex()}", TraceInfo(name="said"))
    written = lodeline("traces", "export", str(tmp_path / "out.jsonl"), store=filled)
    assert "it has no spans" in written.err
    assert "Exported 1 traces" in written.out


def test_import_takes_json_and_refuses_other_files(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    good = {"traceId": "0" * 31 + "7", "spanId": "0" * 15 + "1", "name": "x", "startTimeUnixNano": "1"}
    bad = {"traceId": "short", "spanId": "0" * 15 + "2", "name": "y"}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [good, bad]}]}]}
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    assert "1 spans were refused" in lodeline("traces", "import", str(file), store=store, code=2).err
    assert len(lodeline("traces", "search", "--json", store=store).lines()) == 1
    (tmp_path / "notes.txt").write_text("no", encoding="utf-8")
    lodeline("traces", "import", str(tmp_path / "notes.txt"), store=store, code=2)
    (tmp_path / "bad.json.gz").write_bytes(b"no gzip")
    lodeline("traces", "import", str(tmp_path / "bad.json.gz"), store=store, code=2)
    (tmp_path / "bad.pb").write_bytes(b"\xff\xff\xff")
    assert lodeline("traces", "import", str(tmp_path / "bad.pb"), store=store, code=2).err.startswith("Error: ")
    lodeline("traces", "import", str(tmp_path / "absent.pb"), store=store, code=2)


def test_assessments_from_log_to_deletion(lodeline: Lodeline, filled: Path) -> None:
    log = ("assessments", "log", "score", "0.5", "--trace", trace_id(), "--source", "code", "--json")
    first = lodeline(*log, "--identifier", "one", store=filled).document()
    again = lodeline(*log, "--identifier", "one", store=filled).document()
    assert (first["changed"], again["changed"]) == (True, False)
    assert isinstance(first["assessment"], dict)
    ident = str(first["assessment"]["assessment_id"])
    assert "0.5" in lodeline("assessments", "get", ident, store=filled).out
    lodeline("assessments", "log", "score", "0.9", "--trace", trace_id(), "--overrides", ident, store=filled)
    lodeline("assessments", "log", "score", "0.1", "--trace", trace_id(), "--overrides", ident, store=filled, code=5)
    shown = lodeline("assessments", "list", "--trace", trace_id(), store=filled).out
    assert "0.5 (superseded)" in shown
    valid = lodeline("assessments", "list", "-f", "valid = true", "--json", store=filled).lines()
    assert [item["value"] for item in valid] == [0.9]
    lodeline("assessments", "delete", ident, "--yes", store=filled)
    lodeline("assessments", "get", ident, store=filled, code=1)
    assert "deleted" in lodeline("assessments", "history", ident, store=filled).out


def test_an_assessment_is_revised_in_place(lodeline: Lodeline, filled: Path) -> None:
    log = ("assessments", "log", "score", "0.5", "--trace", trace_id(), "-r", "half", "--json")
    made = lodeline(*log, store=filled).document()["assessment"]
    assert isinstance(made, dict)
    ident = str(made["assessment_id"])
    update = ("assessments", "update", ident)
    told = lodeline(*update, "--value", "0.75", "--metadata", "k=v", "--reason", "looked again", store=filled).out
    assert told == f"{ident}: score = 0.75, revision 2.\n"
    revised = lodeline(*update, "--error", "TIMEOUT", "--confidence", "0.5", "--json", store=filled).document()
    assert (revised["value"], revised["rationale"], revised["metadata"]) == (None, "half", {"k": "v"})
    assert (revised["confidence"], revised["revision"]) == (0.5, 3)
    assert "TIMEOUT" in lodeline(*update, "--name", "mark", store=filled).out
    assert "looked again" in lodeline("assessments", "history", ident, store=filled).out
    for wrong, message in [
        ((), "Nothing to change: give --value"),
        (("--reason", "only"), "Nothing to change: give --value"),
        (("--value", "null"), "--value: null is no value"),
        (("--value", "1", "--error", "X"), "value"),
        (("--confidence", "7"), "--confidence: 7"),
    ]:
        assert message in lodeline(*update, *wrong, store=filled, code=2).err
    lodeline("assessments", "update", "a-none", "--value", "1", store=filled, code=1)


def test_a_judgment_waits_for_its_trace(lodeline: Lodeline, filled: Path, tmp_path: Path) -> None:
    early = ("assessments", "log", "thumb", "true", "--trace", trace_id(9))
    lodeline(*early, store=filled, code=1)
    told = lodeline(*early, "--park", "-e", "Default", store=filled).out
    assert re.fullmatch(r"Waiting for its trace until \d{4}-\d\d-\d\d .*: thumb = true as a-\w+\.\n", told)
    lodeline("assessments", "log", "thumb", "true", "--session", "s", "--park", "-e", "Default", store=filled)


def test_judgments_on_sessions_spans_and_errors(lodeline: Lodeline, filled: Path) -> None:
    lodeline("assessments", "log", "solved", "true", "--session", "s-1", "-e", "Default", store=filled)
    span = b"childone".hex()
    lodeline("assessments", "log", "tool", "--error", "timeout", "--trace", trace_id(), "--span", span, store=filled)
    lodeline("assessments", "log", "note", "plain text", "--trace", trace_id(), store=filled)
    shown = lodeline("assessments", "list", store=filled).out
    assert "session s-1" in shown
    assert "error timeout" in shown
    assert "plain text" in shown
    lodeline("assessments", "log", "x", "1", "--trace", trace_id(), "--session", "s-1", store=filled, code=2)
    lodeline("assessments", "log", "x", "1", store=filled, code=2)


def test_a_judgment_on_a_session_without_traces_is_kept_and_told(lodeline: Lodeline, filled: Path) -> None:
    known = lodeline("assessments", "log", "solved", "true", "--session", "s-1", "-e", "Default", store=filled)
    assert known.err == ""
    early = lodeline("assessments", "log", "solved", "true", "--session", "s-2", "-e", "Default", store=filled)
    assert early.out.startswith("Logged solved = true as ")
    assert "no trace of experiment 0 has the session 's-2': the judgment is kept" in early.err


def test_sessions_are_listed(lodeline: Lodeline, filled: Path) -> None:
    assert "s-1" in lodeline("sessions", "list", store=filled).out
    (session,) = lodeline("sessions", "list", "--json", store=filled).lines()
    assert session["trace_count"] == 1


def test_a_session_is_found_in_whichever_experiment_has_it(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        lodeline("experiments", "create", name, store=store)
    lodeline("traces", "import", str(otlp_file(tmp_path)), "-e", "two", store=store)
    shown = lodeline("sessions", "get", "s-1", "--json", store=store).document()
    assert isinstance(shown["session"], dict)
    assert shown["session"]["experiment_id"] == "2"
    assert isinstance(shown["traces"], list)
    assert len(shown["traces"]) == 1
    refused = lodeline("sessions", "get", "s-1", "-e", "one", store=store, code=1)
    assert "session 's-1' does not exist in experiment 'one'. It is in experiment 2 (two)." in refused.err
    missing = lodeline("sessions", "get", "none", store=store, code=1)
    assert "session 'none' does not exist in any experiment." in missing.err
    refused = lodeline("sessions", "get", "s-1", "-e", "nowhere", store=store, code=1)
    assert "experiment 'nowhere' does not exist" in refused.err
    lodeline("traces", "import", str(otlp_file(tmp_path, number=2)), "-e", "three", store=store)
    refused = lodeline("sessions", "get", "s-1", store=store, code=2)
    assert "session 's-1' is in experiments" in refused.err
    assert "2 (two)" in refused.err
    assert "name one of them with -e." in refused.err


def test_feedback_stands_beside_what_is_listed(lodeline: Lodeline, filled: Path) -> None:
    def log(name: str, *value: str) -> None:
        lodeline("assessments", "log", name, *value, "-e", "Default", store=filled)

    log("reward", "0.25", "--session", "s-1")
    for value in ("true", "false", "0.125"):
        log("tone", value, "--trace", trace_id())
    log("label", "\x1b[31mred", "--trace", trace_id())
    log("safe", "--error", "TIMEOUT", "--trace", trace_id())
    log("mood", "glad", "--trace", trace_id())
    log("mood", "sad", "--trace", trace_id())
    asked = [word for name in ("tone", "label", "safe", "mood", "reward", "tone") for word in ("--feedback", name)]
    found = lodeline("traces", "search", *asked, "-f", f"id = '{trace_id()}'", store=filled).out
    head, _, row = found.splitlines()[:3]
    assert re.search(r"cost +tone +label +safe +mood +reward +about$", head)
    assert "0.375 (mean of 3)" in row
    assert "\\x1b[31mred" in row
    assert "error TIMEOUT" in row
    assert "sad (newest of 2)" in row
    (line,) = lodeline("traces", "search", *asked[:2], "--json", "-f", f"id = '{trace_id()}'", store=filled).lines()
    assert isinstance(line["assessments"], list)
    assert len(line["assessments"]) == 3
    sessions = lodeline("sessions", "list", "--feedback", "reward", "--feedback", "tone", store=filled).out
    assert re.search(r"0\.25 +–$", sessions.splitlines()[2])
    (line,) = lodeline("sessions", "list", "--feedback", "reward", "--json", store=filled).lines()
    assert isinstance(line["session"], dict)
    assert line["session"]["session"] == "s-1"
    found = lodeline("sessions", "list", "-f", "feedback.reward < 0.5", "-o", "feedback.reward", store=filled).out
    assert "s-1" in found
    told = lodeline("sessions", "list", "-f", "feedback.rewrd < 0.5", store=filled)
    assert "did you mean 'reward'?" in told.err


def test_an_experiment_moves_to_another_store_whole(lodeline: Lodeline, filled: Path, tmp_path: Path) -> None:
    lodeline("assessments", "log", "ok", "true", "--trace", trace_id(), store=filled)
    file = tmp_path / "default.zip"
    lodeline("experiments", "export", "0", str(file), store=filled)
    lodeline("experiments", "export", "0", str(file), store=filled, code=5)
    other = tmp_path / "other"
    lodeline("experiments", "import", str(file), "--as", "copy", store=other)
    command = ("traces", "get", trace_id(), "--content", "--json")
    before, after = lodeline(*command, store=filled).document(), lodeline(*command, store=other).document()
    assert after["spans"] == before["spans"]
    shown = lodeline("traces", "search", "-e", "copy", "-f", "feedback.ok = true", "--json", store=other).lines()
    assert len(shown) == 1
    again = lodeline("experiments", "import", str(file), "--as", "copy", store=other)
    assert trace_id() in again.out
    refused = lodeline("experiments", "import", str(file), "--as", "copy two", store=other, code=5)
    assert "every trace of the file is on this server already" in refused.err
    (tmp_path / "no.zip").write_bytes(b"no archive")
    lodeline("experiments", "import", str(tmp_path / "no.zip"), store=other, code=2)


def test_a_failed_export_leaves_no_file(lodeline: Lodeline, store: Path, tmp_path: Path) -> None:
    lodeline("experiments", "create", "app", store=store)
    lodeline("experiments", "export", "no such", str(tmp_path / "x.zip"), store=store, code=1)
    assert lodeline("experiments", "export", "0", str(tmp_path / "missing" / "x.zip"), store=store, code=2)
    assert not [path for path in tmp_path.iterdir() if path != store]


def test_the_store_s_own_commands(lodeline: Lodeline, filled: Path, tmp_path: Path) -> None:
    assert lodeline("db", "check", "--json", store=filled).document() == {"ok": True, "wrong": []}
    assert "nothing to do" in lodeline("db", "migrate", store=filled).out
    figures = lodeline("db", "figures", "--json", store=filled).document()
    assert figures["backend"] == "sqlite"
    copy = tmp_path / "copy"
    quiet = lodeline("db", "backup", str(copy), store=filled)
    assert (quiet.out.startswith("Copied to"), quiet.err) == (True, "")
    lodeline("db", "backup", str(copy), store=filled, code=5)
    assert len(lodeline("traces", "search", "--json", store=copy).lines()) == 1
    assert "bytes before" in lodeline("db", "vacuum", store=filled).out


def test_a_backup_says_what_it_left_out_and_what_others_left(
    lodeline: Lodeline, filled: Path, tmp_path: Path
) -> None:
    (filled / "my notes").mkdir()
    (filled / "link").symlink_to(tmp_path)
    (tmp_path / ".monday.partial-0a").mkdir()
    told = lodeline("db", "backup", str(tmp_path / "one"), store=filled).err
    assert "my notes lies in the store's folder" in told
    assert ".monday.partial-0a is what a broken-off backup left" in told
    copied = lodeline("db", "backup", str(tmp_path / "two"), "--json", store=filled).document()
    assert (copied["left_out"], copied["leftovers"]) == (["link", "my notes"], [str(tmp_path / ".monday.partial-0a")])
    assert not [name for name in ("link", "my notes") if (tmp_path / "one" / name).exists()]


def test_the_store_s_own_commands_never_make_a_store(lodeline: Lodeline, tmp_path: Path) -> None:
    for command in ("check", "figures", "vacuum", "migrate"):
        lodeline("db", command, store=tmp_path / "none", code=1)
    assert not (tmp_path / "none").exists()
    lodeline("db", "migrate", "--store", "memory:", code=6)
    lodeline("db", "check", "--store", "mysql:x", code=2)


READING = [
    ["traces", "search"],
    ["traces", "get", "tr-1"],
    ["traces", "tail", "--no-follow"],
    ["experiments", "list"],
    ["experiments", "tag", "0", "a=b"],
    ["sessions", "list"],
    ["assessments", "list"],
    ["assessments", "log", "q", "1", "--trace", "tr-1"],
    ["accounts", "list"],
    ["keys", "list"],
    ["db", "check"],
    ["version"],
]


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_mistyped_store_is_named_and_not_made(lodeline: Lodeline, store: Path, arguments: list[str]) -> None:
    refused = lodeline(*arguments, store=store, code=1)
    assert f"store '{store}' does not exist; check the path" in refused.err
    assert not store.exists()


def test_version_tells_the_store(lodeline: Lodeline, filled: Path) -> None:
    store = filled
    told = lodeline("version", "--json", store=store).document()
    assert isinstance(told["server"], dict)
    assert told["server"]["version"] == told["lodeline"]
    assert "auth off" in lodeline("version", store=store).out
    lodeline("version", "--server", "http://127.0.0.1:9", code=4)


def test_a_wrong_setting_of_the_server_is_named(lodeline: Lodeline) -> None:
    assert "port" in lodeline("server", "--port", "99999", code=2).err
    assert "grpc_port" in lodeline("server", "--grpc-port", "many", code=2).err
    assert "0.0.0.0" in lodeline("server", "--host", "0.0.0.0", "--store", "memory:", code=2).err


def test_the_audit_trail_shows_times_as_times(lodeline: Lodeline, store: Path) -> None:
    lodeline("experiments", "create", "x", store=store)
    lodeline("keys", "create", "k", "--scope", "read", "--expires-days", "9", store=store)
    (entry, *_) = lodeline("audit", "list", "--json", store=store).lines()
    assert isinstance(entry["details"], dict)
    assert "expires_ms" in entry["details"]
    shown = lodeline("audit", "list", store=store).out
    assert re.search(r"expires=\d{4}-\d\d-\d\d \d\d:\d\d", shown)
    assert "expires_ms" not in shown
