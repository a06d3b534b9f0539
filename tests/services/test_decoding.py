"""Decoding in processes of their own: the same answers, the same errors, and nothing left behind."""

import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lodeline.domain.errors import Forbidden, Invalid, TooLarge, Unavailable, Unsupported
from lodeline.domain.experiment import ExperimentSettings
from lodeline.ingest.compression import Hold
from lodeline.ingest.limits import DEFAULT_LIMITS, IngestLimits
from lodeline.ingest.otlp import Packed, SettingsFor, no_settings
from lodeline.ingest.resources import ExperimentHint
from lodeline.services.decoder import Work, decode_work
from lodeline.services.decoding import Decoding
from tests.ingest.build import JSON, PROTOBUF, request, resource_spans, span

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="decodes in one process only")
CAPTURES = sorted((Path(__file__).parents[1] / "data" / "otlp").glob("*/*.gz"))
_PATIENCE_S = 120.0
BODY = request(resource_spans(span(1), span(2, parent=1, attributes={"gen_ai.request.model": "gpt-4o"})))


def _nothing(_size_bytes: int) -> None:
    pass


def _work(
    body: bytes = BODY,
    content_type: str = PROTOBUF,
    *,
    encoding: str | None = None,
    limits: IngestLimits = DEFAULT_LIMITS,
    settings_for: SettingsFor = no_settings,
    hold: Hold = _nothing,
    usual: ExperimentSettings | None = None,
    for_all: bool = False,
    with_text: bool = True,
) -> Work:
    return Work(body, content_type, encoding, limits, settings_for, hold, usual, for_all, with_text)


def _until(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.01)


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children())


@contextmanager
def _started(processes: int = 1) -> Generator[tuple[Decoding, set[psutil.Process]]]:
    """Give a decoding whose processes run, and them: started by two requests at one time."""
    before = _children()
    decoding = Decoding(processes)
    first_is_at_it, second_is_done = threading.Event(), threading.Event()

    def keep_busy(_hint: ExperimentHint | None) -> ExperimentSettings:
        first_is_at_it.set()
        assert second_is_done.wait(_PATIENCE_S)
        return ExperimentSettings()

    first = threading.Thread(target=lambda: decoding.run(_work(settings_for=keep_busy)))
    try:
        first.start()
        assert first_is_at_it.wait(_PATIENCE_S)
        assert not decoding.processes()
        decoding.run(_work())
        second_is_done.set()
        first.join()
        _until(lambda: decoding.processes() == processes)
        yield decoding, _children() - before
    finally:
        second_is_done.set()
        decoding.close()


@pytest.fixture(scope="module")
def decoding() -> Generator[Decoding]:
    with _started() as (made, _):
        yield made


def test_one_request_at_a_time_starts_no_process() -> None:
    before = _children()
    decoding = Decoding(2)
    for _ in range(3):
        assert decoding.run(_work()) == decode_work(_work())
    assert (decoding.processes(), _children()) == (0, before)
    decoding.close()


def test_what_real_programs_sent_is_decoded_there_as_here(decoding: Decoding) -> None:
    assert CAPTURES
    for path in CAPTURES:
        work = _work(gzip.decompress(path.read_bytes()), JSON if ".json" in path.name else PROTOBUF)
        assert decoding.run(work) == decode_work(work), path


def test_rejected_spans_and_warnings_come_along(decoding: Decoding) -> None:
    body = request(resource_spans(span(1), span(0))) + request(resource_spans(span(3, name="caf\xe9")))
    work = _work(body.replace("caf\xe9".encode(), b"caf\xff\xff"))
    made = decoding.run(work)
    assert made == decode_work(work)
    assert made.rejected
    assert made.warnings


def test_text_that_is_not_wanted_is_not_made(decoding: Decoding) -> None:
    work = _work(with_text=False)
    made = decoding.run(work)
    assert made == decode_work(work)
    assert [trace.text for trace in made.traces] == [None]


@pytest.mark.parametrize(
    ("work", "kind"),
    [
        (_work(content_type="text/plain"), Unsupported),
        (_work(b"\xff\xff"), Invalid),
        (_work(b"{", JSON), Invalid),
        (_work(encoding="br"), Unsupported),
        (_work(limits=IngestLimits(max_body_bytes=10)), TooLarge),
    ],
    ids=["type", "protobuf", "json", "encoding", "size"],
)
def test_errors_are_the_same(decoding: Decoding, work: Work, kind: type[Exception]) -> None:
    with pytest.raises(kind) as here:
        decode_work(work)
    with pytest.raises(kind) as there:
        decoding.run(work)
    assert type(there.value) is type(here.value)
    assert vars(there.value) == vars(here.value)
    assert str(there.value) == str(here.value)


def test_settings_are_asked_for_and_hold(decoding: Decoding) -> None:
    asked: list[ExperimentHint | None] = []

    def settings_for(hint: ExperimentHint | None) -> ExperimentSettings:
        asked.append(hint)
        return ExperimentSettings(mask_patterns=("st.p",))

    body = request(
        resource_spans(span(1, name="a step")),
        resource_spans(span(2, name="a step"), resource={"lodeline.experiment": "shop"}),
    )
    made = decoding.run(_work(body, settings_for=settings_for))
    assert {facts.name for trace in made.traces for facts in trace.spans} == {"a [masked]"}
    assert set(asked) <= {None, ExperimentHint("shop", "either")}
    assert len(asked) == len(set(asked)) > 0


def test_settings_that_are_known_are_not_asked_for(decoding: Decoding) -> None:
    def settings_for(hint: ExperimentHint | None) -> ExperimentSettings:
        raise AssertionError(f"asked for {hint}")

    usual = ExperimentSettings(mask_patterns=("st.p",))
    named = request(resource_spans(span(2), resource={"lodeline.experiment": "shop"}))
    for work in (
        _work(settings_for=settings_for, usual=usual),
        _work(named, settings_for=settings_for, usual=usual, for_all=True),
    ):
        (trace,) = decoding.run(work).traces
        assert {facts.name for facts in trace.spans} == {"[masked]"}


def test_errors_of_what_is_asked_pass_through(decoding: Decoding) -> None:
    def settings_for(_hint: ExperimentHint | None) -> ExperimentSettings:
        raise Forbidden("not yours")

    with pytest.raises(Forbidden, match="not yours"):
        decoding.run(_work(settings_for=settings_for))
    assert decoding.run(_work()) == decode_work(_work())


def test_a_body_that_grows_is_held(decoding: Decoding) -> None:
    held: list[int] = []
    decoding.run(_work(gzip.compress(BODY), encoding="gzip", hold=held.append))
    assert held[-1] == len(BODY)

    def refuse(_size_bytes: int) -> None:
        raise Unavailable("full", code="queue_full")

    with pytest.raises(Unavailable, match="full"):
        decoding.run(_work(gzip.compress(BODY), encoding="gzip", hold=refuse))
    assert decoding.run(_work()) == decode_work(_work())


def test_many_threads_share_the_processes() -> None:
    bodies = [request(resource_spans(span(number, name=f"step {number}"))) for number in range(1, 41)]
    found: dict[int, Packed] = {}
    with _started(2) as (decoding, processes):
        assert len(processes) == 2

        def run(part: int) -> None:
            for number in range(part, len(bodies), 8):
                found[number] = decoding.run(_work(bodies[number]))

        threads = [threading.Thread(target=run, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: decode_work(_work(body)) for number, body in enumerate(bodies)}


def test_a_killed_process_costs_its_request_only() -> None:
    with _started() as (decoding, (process,)):
        at_it, killed = threading.Event(), threading.Event()

        def kill(_hint: ExperimentHint | None) -> ExperimentSettings:
            at_it.set()
            process.kill()
            process.wait(_PATIENCE_S)
            killed.set()
            return ExperimentSettings()

        with pytest.raises(Unavailable, match="send the spans again"):
            decoding.run(_work(settings_for=kill))
        assert killed.is_set()
        assert decoding.processes() == 0
        assert decoding.run(_work()) == decode_work(_work())


def test_closing_ends_the_processes() -> None:
    with _started(2) as (decoding, processes):
        decoding.close()
        _, alive = psutil.wait_procs(list(processes), timeout=_PATIENCE_S)
        assert not alive
        decoding.close()
        assert decoding.run(_work()) == decode_work(_work())


def test_a_process_ends_with_the_server_that_started_it() -> None:
    program = (
        "import os\n"
        "from lodeline.services.decoder import DecoderProcess\n"
        "made = DecoderProcess()\n"
        "made.wait_until_ready()\n"
        "print(made._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False)
    _until(lambda: not psutil.pid_exists(int(finished.stdout)))
