"""One process that decodes OTLP requests for a server: both ends of the line to it, and its program.

It is started as ``-m lodeline.services.decoder FD``, where FD is its end of a socket pair, and ends with the line.
The server sends a job and the request's body; back come questions (the settings of an experiment that a resource
names, room for a body that grows as it is decompressed, a model's prices, whose package is slow to import), each
answered before the next message, and at last the packed request, or the error. The two ends trust each other: they
are one program.
"""

import contextlib
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import ExperimentSettings
from lodeline.ingest import prices
from lodeline.ingest.compression import Hold
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.otlp import Packed, PackedTrace, SettingsFor, decode
from lodeline.ingest.payload import load_facts
from lodeline.ingest.resources import ExperimentHint

_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 5.0
_BUFFER_BYTES = 1024 * 1024
_LENGTH_BYTES = 8
_GC_OBJECTS = 20_000


def collect_seldom() -> None:
    """Look for cycles of garbage seldom: decoding makes many objects and hardly a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_OBJECTS, 10, 20)


@dataclass(frozen=True, slots=True)
class Work:
    """One request to decode; `limits`, `settings_for`, `hold` and `with_text` as `ingest.otlp.decode` has them.

    `usual` is what `settings_for` answers for resources that name no experiment, or for all of them when it is
    `for_all`: known beforehand, it saves the question. None when it is not known.
    """

    body: bytes
    content_type: str
    encoding: str | None
    limits: IngestLimits
    settings_for: SettingsFor
    hold: Hold
    usual: ExperimentSettings | None = None
    for_all: bool = False
    with_text: bool = True


def decode_work(work: Work) -> Packed:
    """Decode and pack in this process."""
    decoded = decode(
        work.body,
        work.content_type,
        encoding=work.encoding,
        limits=work.limits,
        settings_for=work.settings_for,
        hold=work.hold,
        with_text=work.with_text,
    )
    return decoded.packed()


class _Job(NamedTuple):
    content_type: str
    encoding: str | None
    limits: IngestLimits
    usual: ExperimentSettings | None
    for_all: bool
    with_text: bool


class _Message(NamedTuple):
    """What the process says: a question, to be answered, or how its job ended."""

    kind: Literal["settings", "hold", "prices", "done", "failed", "unforeseen", "given up"]
    value: Any = None


class _GivenUp(Exception):
    """The server could not answer a question; it knows why."""


class _Line:
    """One end of the socket pair: whole messages, each after its length.

    A message is received by one call that waits for all of it: `multiprocessing`'s connections copy what comes piece
    by piece, which costs three times as much. EOFError where the other end has closed.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def wait(self, timeout_s: float) -> None:
        """Wait until something comes; TimeoutError when nothing does."""
        self._end.settimeout(timeout_s)
        self._end.recv(1, socket.MSG_PEEK)
        self._end.settimeout(None)

    def send(self, value: object, *more: bytes) -> None:
        """Send a value, and after it as many messages of bytes, all by one call: every call lets go of the
        interpreter, and gets it back when others do."""
        messages = (pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL), *more)
        parts = [part for data in messages for part in (len(data).to_bytes(_LENGTH_BYTES, "little"), data)]
        sent = self._end.sendmsg(parts)
        if sent < sum(map(len, parts)):
            self._end.sendall(memoryview(b"".join(parts))[sent:])

    def receive(self) -> Any:
        """Return the next value."""
        return pickle.loads(self.receive_bytes())  # noqa: S301 - from the other end, which is the same program

    def receive_bytes(self) -> bytes:
        """Return the next bytes."""
        return self._exactly(int.from_bytes(self._exactly(_LENGTH_BYTES), "little"))

    def _exactly(self, size_bytes: int) -> bytes:
        data = self._end.recv(size_bytes, socket.MSG_WAITALL) if size_bytes else b""
        if len(data) < size_bytes:
            raise EOFError("the line has ended")
        return data

    def close(self) -> None:
        """Close this end."""
        self._end.close()


class DecoderProcess:
    """The server's end; used by one thread at a time. OSError or EOFError when the process has ended."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        self._line = _Line(ours)
        self.in_step = True
        """Whether it waits for a job: false when an exchange broke off, after which it is of no more use."""
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - a number only
                    # -P: what lies in the working directory must not stand in for a module.
                    [sys.executable, "-P", "-m", "lodeline.services.decoder", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # else Ctrl-C would end it before the server has finished
                )
            except OSError:
                self._line.close()
                raise

    def wait_until_ready(self) -> None:
        """Return when it can decode; OSError when that takes too long."""
        self._line.wait(_START_TIMEOUT_S)
        self._line.receive()

    def decode(self, work: Work) -> Packed:
        """Decode and pack there; raises what `decode_work` raises."""
        self.in_step = False
        job = _Job(work.content_type, work.encoding, work.limits, work.usual, work.for_all, work.with_text)
        self._line.send(job, work.body)
        reason: Exception | None = None
        kind, value = self._line.receive()
        while kind in {"settings", "hold", "prices"}:
            try:
                answer = _answer(work, kind, value)
            except Exception as error:  # whatever it is, the process must hear of it
                reason, answer = error, _GivenUp()
            self._line.send(answer)
            kind, value = self._line.receive()
        self.in_step = True
        match kind:
            case "done":
                return _unpack(*value)
            case "given up" if reason is not None:
                raise reason
            case "failed":
                raise value
            case _:
                raise RuntimeError(f"a request could not be decoded, in a process of its own:\n{value}")

    def end(self) -> None:
        """End it, and wait until it has; again is fine."""
        with contextlib.suppress(OSError):
            self._line.close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _answer(work: Work, kind: str, value: Any) -> object:
    match kind:
        case "settings":
            return work.settings_for(value)
        case "hold":
            return work.hold(value)
        case _:
            return prices.listed(*value)


def main(arguments: Sequence[str]) -> int:
    """Decode until the line ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor = int(arguments[0])
    os.set_inheritable(descriptor, False)
    collect_seldom()
    with socket.socket(fileno=descriptor) as end, contextlib.suppress(EOFError, ConnectionError):
        line = _Line(end)
        prices.find_by(lambda model, provider: _ask(line, "prices", (model, provider)))
        line.send("ready")
        while True:
            job: _Job = line.receive()
            line.send(_carry_out(line, job, line.receive_bytes()))
    return 0


def _carry_out(line: _Line, job: _Job, body: bytes) -> _Message:
    def settings_for(hint: ExperimentHint | None) -> ExperimentSettings:
        known = job.usual if job.for_all or hint is None else None
        return _ask(line, "settings", hint) if known is None else known

    work = Work(
        body,
        job.content_type,
        job.encoding,
        job.limits,
        settings_for,
        lambda held: _ask(line, "hold", held),
        with_text=job.with_text,
    )
    try:
        return _Message("done", _pack(decode_work(work)))
    except _GivenUp:
        return _Message("given up")
    except LodelineError as error:
        return _Message("failed", error.with_traceback(None))
    except (EOFError, ConnectionError):
        raise
    except Exception as error:
        return _Message("unforeseen", "".join(traceback.format_exception(error)))


def _ask(line: _Line, kind: Literal["settings", "hold", "prices"], value: Any) -> Any:
    line.send(_Message(kind, value))
    answer = line.receive()
    if isinstance(answer, _GivenUp):
        raise answer
    return answer


def _pack(made: Packed) -> tuple[Any, ...]:
    """Return the request as plain values: facts as bytes cost the server a third of what objects do."""
    traces = [(each.trace_id, each.hint, each.facts, each.chunk, each.text) for each in made.traces]
    return traces, made.rejected, made.warnings


def _unpack(traces: list[Any], rejected: Any, warnings: Any) -> Packed:
    return Packed(
        tuple(
            PackedTrace(trace_id, hint, load_facts(facts), facts, chunk, text)
            for trace_id, hint, facts, chunk, text in traces
        ),
        rejected,
        warnings,
    )


if __name__ == "__main__":
    # Not as `__main__`: what goes over the line must be of the classes that the server knows.
    from lodeline.services.decoder import main as run

    sys.exit(run(sys.argv[1:]))
