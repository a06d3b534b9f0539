"""Clients that send traces until told to stop or until the server is gone, and that know what was acknowledged."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

import grpc
import httpx

from lodeline.cli.otlp_answer import partial_success
from lodeline.demo.otlp import SpanDraft
from lodeline.domain.errors import NotFound
from lodeline.domain.span import Span
from lodeline.domain.trace import Trace
from lodeline.sdk.client.clients import LodelineClient
from tests.e2e.harness import Server, export, post, span, span_id, trace_id

GRPC_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
RETRYABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
"""What a server that goes away may answer: OTLP's senders try again after both."""
_SPANS = 4
_LATE_BY = 2


class Fate(Enum):
    """What a client knows about a batch that it sent."""

    ACKNOWLEDGED = 1
    REFUSED = 2
    DOUBTFUL = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """One export request."""

    spans: tuple[SpanDraft, ...]

    @property
    def body(self) -> bytes:
        """What is sent."""
        return export(self.spans)


@dataclass(slots=True)
class Ledger:
    """What became of every batch. Thread-safe."""

    fates: list[tuple[Batch, Fate]] = field(default_factory=list[tuple[Batch, Fate]])
    surprises: list[str] = field(default_factory=list[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, batch: Batch, fate: Fate) -> None:
        """Remember a batch's fate."""
        with self._lock:
            self.fates.append((batch, fate))

    def surprise(self, text: str) -> None:
        """Remember an answer that no server should give."""
        with self._lock:
            self.surprises.append(text)

    def count(self, fate: Fate) -> int:
        """Return how many batches had this fate."""
        with self._lock:
            return sum(found is fate for _, found in self.fates)

    def wait_for(self, acknowledged: int, *, timeout_s: float = 60.0) -> None:
        """Return once so many batches are acknowledged."""
        until = time.monotonic() + timeout_s
        while self.count(Fate.ACKNOWLEDGED) < acknowledged:
            assert time.monotonic() < until, f"only {self.count(Fate.ACKNOWLEDGED)} batches were acknowledged"
            assert not self.surprises, self.surprises[:3]
            time.sleep(0.005)


def word(trace: str) -> str:
    """Return a word that only this trace's text contains."""
    return "w" + trace_id(trace)[3:19]


def batch(name: str, number: int) -> Batch:
    """Return batch `number` of a sender: a new trace, and a late span of one that it sent before."""
    fresh = f"{name}-{number}"
    spans = [span(fresh, index, text=f"{word(fresh)} says {index}") for index in range(_SPANS)]
    if number >= _LATE_BY:
        earlier = f"{name}-{number - _LATE_BY}"
        spans.append(span(earlier, _SPANS, text=f"{word(earlier)} is late"))
    return Batch(tuple(spans))


@contextmanager
def sending(
    servers: Sequence[Server], ledger: Ledger, name: str, *, connections: int = 3, pause_s: float = 0.0
) -> Generator[None]:
    """Send to all the servers while the block runs, over several connections each, and over gRPC where it is on.

    Leaving the block stops the senders once their requests under way are answered or broken.
    """
    stop = threading.Event()
    work = [
        threading.Thread(target=_send_http, args=(server, ledger, f"{name}.{index}.{sender}", stop, pause_s))
        for index, server in enumerate(servers)
        for sender in range(connections)
    ]
    work += [
        threading.Thread(target=_send_grpc, args=(server.grpc, ledger, f"{name}.{index}.g", stop, pause_s))
        for index, server in enumerate(servers)
        if server.grpc is not None
    ]
    for thread in work:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in work:
            thread.join()


def _send_http(server: Server, ledger: Ledger, name: str, stop: threading.Event, pause_s: float) -> None:
    """Send batches, every third one twice at the same time over two connections."""
    with server.http() as first, server.http() as second, ThreadPoolExecutor(1) as beside:
        number = 0
        while not stop.is_set():
            made = batch(name, number)
            twin = beside.submit(_post, second, made, ledger) if number % 3 == 2 else None
            fates = [_post(first, made, ledger)]
            if twin is not None:
                fates.append(twin.result())
            fate = _known(fates)
            ledger.note(made, fate)
            if fate is Fate.DOUBTFUL:
                return
            number += 1
            stop.wait(pause_s)


def _known(fates: Sequence[Fate]) -> Fate:
    """Return what is known of a batch that was sent several times."""
    for fate in (Fate.ACKNOWLEDGED, Fate.DOUBTFUL):
        if fate in fates:
            return fate
    return Fate.REFUSED


def _post(http: httpx.Client, made: Batch, ledger: Ledger) -> Fate:
    try:
        answer = post(http, made.body)
    except httpx.TransportError:
        return Fate.DOUBTFUL
    if answer.status_code == 200:
        rejected, why = partial_success(answer.content)
        if rejected:
            ledger.surprise(f"{rejected} spans rejected: {why}")
        return Fate.ACKNOWLEDGED
    if answer.status_code != 503 or "retry-after" not in answer.headers:
        ledger.surprise(f"{answer.status_code}: {answer.content[:200]!r}")
    return Fate.REFUSED


@contextmanager
def calling(address: str, *, timeout_s: float = 60.0) -> Generator[Callable[[bytes], bytes]]:
    """Give a function that sends export requests to a gRPC door."""
    with grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", 2**24)]) as channel:
        call = cast("Callable[..., bytes]", channel.unary_unary(GRPC_METHOD))
        yield lambda body: call(body, timeout=timeout_s)


def _send_grpc(address: str, ledger: Ledger, name: str, stop: threading.Event, pause_s: float) -> None:
    with calling(address) as call:
        number = 0
        while not stop.is_set():
            made = batch(name, number)
            try:
                rejected, why = partial_success(call(made.body))
            except grpc.RpcError as error:
                ledger.note(made, Fate.DOUBTFUL)
                if cast(grpc.Call, error).code() not in RETRYABLE:
                    ledger.surprise(f"gRPC: {error}")
                return
            if rejected:
                ledger.surprise(f"{rejected} spans rejected: {why}")
            ledger.note(made, Fate.ACKNOWLEDGED)
            number += 1
            stop.wait(pause_s)


def verify(client: LodelineClient, ledger: Ledger) -> None:
    """Hold a store against a ledger: all of what was acknowledged, once and as it was sent; of a doubtful batch all
    or nothing; nothing of a refused one; summaries and full text that agree."""
    assert not ledger.surprises, ledger.surprises[:3]
    summaries = _summaries(client)
    stored = _stored(client, ledger)
    for made, fate in ledger.fates:
        present = [span_id(each) in stored[each.trace_id] for each in made.spans]
        expected = {Fate.ACKNOWLEDGED: [True], Fate.REFUSED: [False], Fate.DOUBTFUL: [True, False]}[fate]
        assert len(set(present)) == 1, f"{fate}: {made.spans[0].name} is stored in part"
        assert present[0] in expected, f"{fate}: {made.spans[0].name} is{'' if present[0] else ' not'} stored"
        for each in made.spans:
            if present[0]:
                assert_same(stored[each.trace_id][span_id(each)], each)
    for raw, spans in stored.items():
        summary = summaries.get("tr-" + raw.hex())
        assert (summary.span_count if summary else 0) == len(spans)
    _verify_text(client, ledger)


def _summaries(client: LodelineClient) -> dict[str, Trace]:
    """Return every trace of the store, each of which a walk through all pages must meet once."""
    found = client.traces.search().all()
    by_id: dict[str, Trace] = {trace.trace_id: trace for trace in found}
    assert len(by_id) == len(found)
    return by_id


def _stored(client: LodelineClient, ledger: Ledger) -> dict[bytes, dict[str, Span]]:
    """Return the spans that are stored of every trace in the ledger; no span may be there twice or be unknown."""
    sent: dict[bytes, set[str]] = {}
    for made, _ in ledger.fates:
        for each in made.spans:
            sent.setdefault(each.trace_id, set()).add(span_id(each))
    stored: dict[bytes, dict[str, Span]] = {}
    for raw, ids in sent.items():
        try:
            found = client.traces.spans(f"tr-{raw.hex()}")
        except NotFound:
            found = ()
        stored[raw] = {each.span_id: each for each in found}
        assert len(stored[raw]) == len(found), f"tr-{raw.hex()} has a span twice"
        assert stored[raw].keys() <= ids, f"tr-{raw.hex()} has a span that nobody sent"
    return stored


def assert_same(stored: Span, sent: SpanDraft) -> None:
    """Compare a stored span with what was sent."""
    assert stored.name == sent.name
    assert (stored.parent_id or "") == sent.parent_id.hex()
    assert (stored.start_ns, stored.end_ns) == (sent.start_ns, sent.end_ns)
    assert stored.attributes == sent.attributes


def _verify_text(client: LodelineClient, ledger: Ledger, *, most: int = 20) -> None:
    """Search for the word of some acknowledged traces; each is in one trace only."""
    names = [made.spans[0].name.partition(" ")[0] for made, fate in ledger.fates if fate is Fate.ACKNOWLEDGED]
    for name in names[:: max(1, len(names) // most)]:
        found = client.traces.search(filter=f"text ~ '{word(name)}'", limit=50)
        assert [trace.trace_id for trace in found] == [trace_id(name)]
