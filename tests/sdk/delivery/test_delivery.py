"""Delivery to a receiver in this process: every answer, every loss of the connection, every bound."""

import email.utils
import gc
import json
import os
import socket
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import context as otel_context
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from lodeline.sdk.delivery import start_delivery
from lodeline.sdk.delivery.dead_letters import read_letters
from lodeline.sdk.delivery.exchange import read_answer, retry_after_s
from lodeline.sdk.delivery.spool import segment_files
from tests.e2e.harness import free_port
from tests.sdk.delivery.receiver import (
    OK,
    Received,
    Receiver,
    Reply,
    assert_adds_up,
    delivering,
    names_in,
    numbered,
    receiving,
    settings,
)

WAIT_S = 60.0
WAIT_MS = int(WAIT_S * 1_000)


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.01)


def _folders(spool_dir: Path) -> list[Path]:
    return [path for path in spool_dir.iterdir() if path.is_dir() and path.name != "dead-letters"]


def test_spans_arrive_once_with_their_numbers_and_nothing_is_left(tmp_path: Path) -> None:
    names = numbered("span", 1_000)
    with receiving() as receiver:
        made = settings(receiver.url, tmp_path / "spool", experiment="küche ✓", headers={"authorization": "Bearer k"})
        with delivering(made) as (processor, end):
            end(names)
            assert processor.force_flush(WAIT_MS)
            assert receiver.kept == names
            stats = processor.stats()
            assert (stats.made, stats.sent, stats.pending, stats.dropped) == (1_000, 1_000, 0, {})
            assert stats.spool == "disk"
        assert list((tmp_path / "spool").iterdir()) == []
    headers = receiver.received[0].headers
    assert headers["authorization"] == "Bearer k"
    assert headers["x-lodeline-experiment"].encode("latin-1").decode() == "küche ✓"
    assert {each.headers["x-lodeline-instance"] for each in receiver.received} == {stats.instance}
    assert _sequences(receiver) == list(range(1, len(_sequences(receiver)) + 1))


def _sequences(receiver: Receiver) -> list[int]:
    found: list[int] = []
    for received in receiver.received:
        for part in received.headers["x-lodeline-sequence"].split(","):
            first, _, last = part.partition("-")
            found.extend(range(int(first), int(last or first) + 1))
    return found


def test_nothing_is_begun_without_spans_and_unsampled_ones_are_none(tmp_path: Path) -> None:
    processor = start_delivery(settings("http://127.0.0.1:9", tmp_path / "spool"))
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    provider.get_tracer("tests").start_span("unsampled").end()
    assert processor.force_flush(10)
    assert processor.stats().made == 0
    processor.shutdown()
    processor.shutdown()
    assert not (tmp_path / "spool").exists()


def test_files_are_for_this_user_only_and_hold_no_secret(tmp_path: Path) -> None:
    made = settings("http://127.0.0.1:9", tmp_path / "spool", headers={"authorization": "Bearer top-secret"})
    with delivering(made) as (processor, end):
        end(["secret"])
        _until(lambda: processor.stats().spool_bytes > 0)
        _until(lambda: processor.stats().last_error is not None)
    assert "top-secret" not in repr(made)
    for path in (tmp_path / "spool").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.name != "lock":
            assert mode == (0o700 if path.is_dir() else 0o600), path
        if path.is_file():
            assert b"top-secret" not in path.read_bytes()


@pytest.mark.parametrize("disk", [True, False], ids=["disk", "memory"])
def test_a_receiver_that_comes_late_gets_everything_in_order(tmp_path: Path, disk: bool) -> None:
    port = free_port()
    names = numbered("early", 500)
    made = settings(f"http://127.0.0.1:{port}", tmp_path / "spool" if disk else None)
    with delivering(made) as (processor, end):
        end(names)
        assert not processor.force_flush(200)
        assert processor.stats().spool == ("disk" if disk else "memory")
        assert_adds_up(processor)
        with receiving(port=port) as receiver:
            assert processor.force_flush(WAIT_MS)
            assert receiver.kept == names
        stats = processor.stats()
        assert (stats.sent, stats.pending) == (500, 0)
        assert stats.retries >= 1


def test_retryable_answers_are_tried_again(tmp_path: Path) -> None:
    answers = [
        Reply(503, headers={"retry-after": "0"}),
        Reply(429),
        Reply(502),
        Reply(504),
        Reply(500),
        Reply(drop_connection=True),
        Reply(drop_connection=True, accept=False),
        Reply(200, b"\xff\xff not protobuf"),
    ]
    names = numbered("span", 10)

    def script(_: Received) -> Reply:
        return answers.pop(0) if answers else OK

    with receiving(script) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(names)
        assert processor.force_flush(WAIT_MS)
        assert answers == []
        counted = Counter(receiver.kept)
        assert set(counted) == set(names)
        assert set(counted.values()) == {2}  # once when the connection was lost after it was kept, and once after
        assert processor.stats().sent == 10
        assert processor.stats().retries == 6  # of two lost connections in a row the first was an old one


def test_retry_after_is_kept_even_when_somebody_flushes(tmp_path: Path) -> None:
    times: list[float] = []

    def script(_: Received) -> Reply:
        times.append(time.monotonic())
        return Reply(503, headers={"retry-after": "1"}) if len(times) == 1 else OK

    with receiving(script) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(["one"])
        _until(lambda: len(times) == 1)
        assert not processor.force_flush(100)
        assert processor.force_flush(WAIT_MS)
        assert times[1] - times[0] >= 1.0
        assert receiver.kept == ["one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0.0), ("7", 7.0), ("99999999", 3_600.0), ("soon", None), ("", None), ("-1", None), ("1.5", None)],
)
def test_retry_after_in_seconds(text: str, expected: float | None) -> None:
    assert retry_after_s(text) == expected


def test_retry_after_as_a_date() -> None:
    wait_s = retry_after_s(email.utils.formatdate(time.time() + 100, usegmt=True))
    assert wait_s is not None
    assert 90 < wait_s <= 100
    assert retry_after_s("Thu, 01 Jan 1970 00:00:00 GMT") == 0.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 301, 501])
def test_what_is_refused_for_good_becomes_a_dead_letter(tmp_path: Path, status: int) -> None:
    body = json.dumps({"message": "no \x1b[31mway"}).encode()
    refusal = Reply(status, body, {"content-type": "application/json", "location": "http://there"})

    def script(received: Received) -> Reply:
        return refusal if "bad" in received.names[0] else OK

    with receiving(script) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(numbered("bad", 3))
        assert processor.force_flush(WAIT_MS)
        end(["good"])
        assert processor.force_flush(WAIT_MS)
        stats = processor.stats()
        assert (stats.made, stats.sent, stats.refused, stats.pending) == (4, 1, 3, 0)
        assert receiver.kept == ["good"]
        [(file, letter)] = list(read_letters(tmp_path))
        assert names_in(file.read_bytes()) == tuple(numbered("bad", 3))
        assert letter is not None
        assert (letter.status, letter.spans, letter.refused, letter.sequence) == (status, 3, 3, "1")
        assert "no  [31mway" in letter.reason
        assert stats.last_error is not None
        assert "refused" in stats.last_error
    [kept] = _folders(tmp_path)  # the report of a loss outlives the process
    assert json.loads((kept / "status.json").read_bytes())["refused"] == 3


def test_a_web_page_is_no_acknowledgement(tmp_path: Path) -> None:
    page = Reply(200, b"<html>Sign in first</html>", {"content-type": "text/html; charset=utf-8"})
    signed_in = threading.Event()

    def script(received: Received) -> Reply:
        assert received.names
        return OK if signed_in.is_set() else page

    with receiving(script) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(["kept"])
        assert not processor.force_flush(500)
        stats = processor.stats()
        assert (stats.sent, stats.pending, stats.refused) == (0, 1, 0)
        assert stats.last_error is not None
        assert "web page" in stats.last_error
        signed_in.set()
        assert processor.force_flush(WAIT_MS)
        assert processor.stats().sent == 1


def test_partial_success_is_counted_and_kept(tmp_path: Path) -> None:
    message = ExportTraceServiceResponse()
    message.partial_success.rejected_spans = 2
    message.partial_success.error_message = "span 1: no name"
    answer = Reply(200, message.SerializeToString())
    with receiving(lambda _: answer) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(numbered("span", 5))
        assert processor.force_flush(WAIT_MS)
        stats = processor.stats()
        assert (stats.sent, stats.refused, stats.pending) == (3, 2, 0)
        [(file, letter)] = list(read_letters(tmp_path))
        assert letter is not None
        assert (letter.spans, letter.refused, letter.reason) == (5, 2, "span 1: no name")
        assert len(names_in(file.read_bytes())) == 5


def test_answers_that_lie_do_not_spoil_the_counters(tmp_path: Path) -> None:
    answer = Reply(200, b'{"partialSuccess": {"rejectedSpans": "99999"}}', {"content-type": "application/json"})
    with receiving(lambda _: answer) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(numbered("span", 5))
        assert processor.force_flush(WAIT_MS)
        assert_adds_up(processor)
        assert processor.stats().refused == 5
    for body in (b"[" * 100_000, b'"text"', b'{"partialSuccess": [1]}'):
        assert read_answer(200, {"content-type": "application/json"}, body).rejected == 0
        assert read_answer(500, {"content-type": "application/json"}, body).kind == "later"


def test_too_large_is_split_down_to_single_spans(tmp_path: Path) -> None:
    def script(received: Received) -> Reply:
        return Reply(413) if len(received.names) > 3 or "huge" in received.names else OK

    names = [*numbered("a", 40), "huge", *numbered("b", 40)]
    with receiving(script) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(names)
        assert processor.force_flush(WAIT_MS)
        assert sorted(receiver.kept) == sorted(name for name in names if name != "huge")
        stats = processor.stats()
        assert (stats.sent, stats.refused, stats.pending) == (80, 1, 0)
        [(file, letter)] = list(read_letters(tmp_path))
        assert names_in(file.read_bytes()) == ("huge",)
        assert letter is not None
        assert letter.status == 413
        end(numbered("c", 10))
        assert processor.force_flush(WAIT_MS)
        assert len(receiver.kept) == 90


def test_an_endless_fault_of_the_server_ends_as_a_dead_letter(tmp_path: Path) -> None:
    def script(received: Received) -> Reply:
        return Reply(500) if received.names == ("poison",) else OK

    with receiving(script) as receiver:
        made = settings(receiver.url, tmp_path, first_retry_s=0.001, max_retry_s=0.002)
        with delivering(made) as (processor, end):
            end(["poison"])
            assert processor.force_flush(WAIT_MS)
            end(["fine"])
            assert processor.force_flush(WAIT_MS)
            assert receiver.kept == ["fine"]
            assert processor.stats().refused == 1


def test_a_long_outage_that_ends_with_a_fault_loses_nothing(tmp_path: Path) -> None:
    answers = [*[Reply(503)] * 20, *[Reply(500)] * 9, OK]
    with receiving(lambda _: answers.pop(0)) as receiver:
        made = settings(receiver.url, tmp_path / "spool", first_retry_s=0.001, max_retry_s=0.001)
        with delivering(made) as (processor, end):
            end(["span"])
            assert processor.force_flush(WAIT_MS)
            assert receiver.kept == ["span"]
            assert (processor.stats().sent, processor.stats().refused) == (1, 0)


def test_an_encoding_that_the_receiver_does_not_take_is_left(tmp_path: Path) -> None:
    encodings: list[str] = []

    def script(received: Received) -> Reply:
        encodings.append(received.headers.get("content-encoding", "none"))
        return OK if encodings[-1] == "none" else Reply(415)

    with receiving(script) as receiver:
        made = settings(receiver.url, tmp_path, compression="zstd")
        with delivering(made) as (processor, end):
            for _ in range(2):
                end(numbered("x" * 100, 50))
                assert processor.force_flush(WAIT_MS)
            assert encodings == ["zstd", "gzip", "none", "none"]
            assert processor.stats().sent == 100


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_compression(tmp_path: Path, compression: str) -> None:
    with receiving() as receiver:
        made = settings(receiver.url, tmp_path, compression=compression)
        with delivering(made) as (processor, end):
            end(numbered("x" * 100, 50))
            assert processor.force_flush(WAIT_MS)
    [received] = receiver.received
    assert received.headers["content-encoding"] == compression
    assert received.size_bytes < 5_000
    assert len(receiver.kept) == 50


def test_a_full_spool_loses_the_oldest_and_counts_them(tmp_path: Path) -> None:
    port = free_port()
    made = settings(f"http://127.0.0.1:{port}", tmp_path, max_spool_bytes=400_000, max_batch_spans=10)
    names = numbered("x" * 500, 2_000)
    with delivering(made) as (processor, end):
        for start in range(0, 2_000, 50):
            end(names[start : start + 50])
            assert not processor.force_flush(20)
            assert processor.stats().spool_bytes <= 400_000
        _until(lambda: "spool_full" in processor.stats().dropped)
        assert not processor.force_flush(20)
        lost = processor.stats().dropped["spool_full"]
        with receiving(port=port) as receiver:
            assert processor.force_flush(WAIT_MS)
            assert processor.stats().sent == len(receiver.kept) == 2_000 - lost
            assert_adds_up(processor)
            assert receiver.kept[-1] == names[-1]
            assert receiver.kept == sorted(receiver.kept, key=names.index)


def test_a_record_over_the_bound_of_the_spool_waits_in_memory(tmp_path: Path) -> None:
    port = free_port()
    made = settings(f"http://127.0.0.1:{port}", tmp_path, max_spool_bytes=5_000, max_memory_bytes=100_000)
    with delivering(made) as (processor, end):
        for name in ("y" * 20_000, "z" * 300_000, "small"):
            end([name])
            processor.force_flush(100)
        with receiving(port=port) as receiver:
            assert processor.force_flush(WAIT_MS)
            assert processor.stats().dropped == {"too_large": 1}
            assert sorted(receiver.kept) == ["small", "y" * 20_000]


def test_full_memory_loses_the_oldest_and_counts_them(tmp_path: Path) -> None:
    port = free_port()
    made = settings(f"http://127.0.0.1:{port}", None, max_memory_bytes=60_000, max_batch_spans=10)
    names = numbered("x" * 500, 1_000)
    with delivering(made) as (processor, end):
        for start in range(0, 1_000, 20):
            end(names[start : start + 20])
            _until(lambda start=start: processor.stats().made == start + 20)
        assert not processor.force_flush(50)
        assert processor.stats().dropped["memory_full"] > 500
        assert_adds_up(processor)
        with receiving(port=port) as receiver:
            assert processor.force_flush(WAIT_MS)
            assert receiver.kept[-1] == names[-1]
            assert_adds_up(processor)
            assert processor.stats().pending == 0


def test_a_full_queue_counts_what_it_does_not_take(tmp_path: Path) -> None:
    with receiving() as receiver:
        made = settings(receiver.url, tmp_path, max_queue_spans=10, write_delay_s=3)
        with delivering(made) as (processor, end):
            end(numbered("span", 50))
            assert processor.force_flush(WAIT_MS)
            stats = processor.stats()
            assert stats.made == 50
            assert stats.dropped["queue_full"] >= 30
            assert stats.sent == len(receiver.kept) == 50 - stats.dropped["queue_full"]


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX file system")
def test_a_spool_that_cannot_be_made_is_said_once_and_memory_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    port = free_port()
    made = settings(f"http://127.0.0.1:{port}", tmp_path / "file" / "spool")
    with delivering(made) as (processor, end):
        for _ in range(5):
            end(numbered("span", 10))
            assert not processor.force_flush(30)
        assert processor.stats().spool == "memory"
        with receiving(port=port) as receiver:
            assert processor.force_flush(WAIT_MS)
            assert len(receiver.kept) == 50
    assert sum("in memory only" in record.getMessage() for record in caplog.records) == 1


def test_what_another_process_left_is_sent_under_its_own_number(tmp_path: Path) -> None:
    port = free_port()
    first = settings(f"http://127.0.0.1:{port}", tmp_path, experiment="first", exit_timeout_s=0.1)
    with delivering(first) as (processor, end):
        end(numbered("left", 100))
        _until(lambda: processor.stats().spool_bytes > 0)
        left_by = processor.stats().instance
    assert segment_files(tmp_path / left_by)
    with receiving(port=port) as receiver:
        second = settings(receiver.url, tmp_path, experiment="second")
        with delivering(second) as (processor, end):
            end(["new"])
            assert processor.force_flush(WAIT_MS)
            _until(lambda: processor.stats().adopted == 100)
            assert sorted(receiver.kept) == sorted([*numbered("left", 100), "new"])
            sent = {each.headers["x-lodeline-instance"]: each.headers for each in receiver.received}
            assert sent[left_by]["x-lodeline-experiment"] == "first"
            assert sent[processor.stats().instance]["x-lodeline-experiment"] == "second"
            assert processor.stats().sent == 1
        _until(lambda: list(tmp_path.iterdir()) == [])


def test_spans_after_shutdown_are_counted(tmp_path: Path) -> None:
    with receiving() as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(["before"])
        processor.shutdown()
        end(["after"])
        assert receiver.kept == ["before"]
        stats = processor.stats()
        assert (stats.made, stats.sent, stats.dropped) == (2, 1, {"exit": 1})


def test_every_root_is_delivered_before_it_returns_when_asked_for(tmp_path: Path) -> None:
    with receiving() as receiver, delivering(settings(receiver.url, tmp_path, flush_roots=True)) as (_, end):
        for name in numbered("call", 5):
            end([name])
            assert receiver.kept[-1] == name


def test_many_threads(tmp_path: Path) -> None:
    with receiving() as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        threads = [threading.Thread(target=end, args=(numbered(f"t{number}", 200),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert processor.force_flush(WAIT_MS)
        expected = [name for number in range(8) for name in numbered(f"t{number}", 200)]
        assert sorted(receiver.kept) == sorted(expected)


def test_a_connection_that_the_server_has_closed_meanwhile_is_no_failure(tmp_path: Path) -> None:
    closing = Reply(close_silently=True)
    with receiving(lambda _: closing) as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        for name in numbered("span", 3):
            end([name])
            assert processor.force_flush(WAIT_MS)
        stats = processor.stats()
        assert (stats.sent, stats.retries, stats.last_error) == (3, 0, None)


def test_a_proxy_is_used_but_for_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:pass%20word@"))
        for url in ("http://far.example:81", receiver.url):
            with delivering(settings(url, tmp_path)) as (processor, end):
                end([url])
                assert processor.force_flush(WAIT_MS)
    assert [(each.path, each.names) for each in proxy.received] == [
        ("http://far.example:81/v1/traces", ("http://far.example:81",))
    ]
    assert proxy.received[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
    assert proxy.received[0].headers["host"] == "far.example:81"
    assert [each.path for each in receiver.received] == ["/v1/traces"]
    assert "proxy-authorization" not in receiver.received[0].headers


class _Unencodable(ReadableSpan):
    @property
    def kind(self) -> SpanKind:
        raise RuntimeError("no kind of mine")


def test_a_span_that_cannot_be_encoded_costs_only_itself(tmp_path: Path) -> None:
    context = SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1))
    with receiving() as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        end(numbered("before", 20))
        processor.on_end(_Unencodable("bad", context))
        end(numbered("after", 20))
        assert processor.force_flush(WAIT_MS)
        assert receiver.kept == [*numbered("before", 20), *numbered("after", 20)]
        assert processor.stats().dropped == {"unencodable": 1}
        assert_adds_up(processor)


def test_whatever_is_given_on_end_does_not_raise(tmp_path: Path) -> None:
    processor = start_delivery(settings("http://127.0.0.1:9", tmp_path))
    processor.on_end(None)  # type: ignore[arg-type]
    processor.on_end(ReadableSpan("without a context"))
    assert processor.stats().made == 0
    processor.shutdown()


def test_large_spans_go_in_records_of_their_own(tmp_path: Path) -> None:
    with receiving() as receiver:
        # Nothing goes before the flush, which comes when all is written.
        made = settings(receiver.url, tmp_path, max_batch_bytes=10_000, write_delay_s=0.1, send_delay_s=3_600)
        with delivering(made) as (processor, end):
            names = [f"{number} {'x' * 3_000}" for number in range(20)]
            end(names)
            assert processor.force_flush(WAIT_MS)
            assert receiver.kept == names
            assert max(len(each.names) for each in receiver.received) <= 2


def test_the_program_may_change_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with delivering(settings("http://127.0.0.1:9", Path("spool"))) as (processor, end):
        monkeypatch.chdir(tmp_path / "elsewhere")
        end(["span"])
        assert processor.persist(WAIT_MS)
        assert _folders(tmp_path / "spool")
        assert list((tmp_path / "elsewhere").iterdir()) == []


def test_spans_may_end_in_finalisers(tmp_path: Path) -> None:
    """The collector of garbage runs anywhere, also inside `on_end` itself."""

    class Abandoned:
        def __init__(self, name: str) -> None:
            self.itself = self
            self.name = name

        def __del__(self) -> None:
            end([self.name])
            finalised.append(self.name)

    finalised: list[str] = []
    before = gc.get_threshold()
    with receiving() as receiver, delivering(settings(receiver.url, tmp_path)) as (processor, end):
        gc.set_threshold(1, 1, 1)
        try:
            for name in numbered("left", 300):
                Abandoned(name)
                end([f"plain {name}"])
        finally:
            gc.set_threshold(*before)
        until = time.monotonic() + WAIT_MS / 1_000
        while len(finalised) < 300 and time.monotonic() < until:
            gc.collect()  # does nothing while another thread collects
            time.sleep(0.01)
        assert processor.force_flush(WAIT_MS)
        assert sorted(receiver.kept) == sorted(
            name for left in numbered("left", 300) for name in (left, f"plain {left}")
        )


def test_requests_of_delivery_are_no_spans_themselves(tmp_path: Path) -> None:
    """An instrumentation that follows the convention sees that the sender's thread is telemetry's own."""
    seen: set[object] = set()

    def patched(*arguments: Any, **more: Any) -> Any:
        seen.add(otel_context.get_value(vars(otel_context)["_SUPPRESS_INSTRUMENTATION_KEY"]))
        return original(*arguments, **more)

    original = socket.create_connection
    with receiving() as receiver, pytest.MonkeyPatch.context() as patching:
        patching.setattr(socket, "create_connection", patched)
        with delivering(settings(receiver.url, tmp_path)) as (processor, end):
            end(["span"])
            assert processor.force_flush(WAIT_MS)
    assert seen == {True}
