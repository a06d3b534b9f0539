"""One process that decodes OTLP requests for a server: both ends of the line to it, and its program.

It is started as ``-m lodeline.services.decoder FD``, where FD is its end of a socket pair, and ends with the line.
The server sends a job and the request's body; back come questions (the settings of an experiment that a resource
names, room for a body that grows as it is decompressed), each answered before the next message, and at last the
packed request, or the error. The two ends trust each other: they are one program.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal, NamedTuple

from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import ExperimentSettings
from lodeline.ingest import prices
from lodeline.ingest.compression import Hold
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.otlp import Packed, PackedTrace, SettingsFor, decode
from lodeline.ingest.payload import dump_facts, load_facts
from lodeline.ingest.resources import ExperimentHint

_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 5.0
_BUFFER_BYTES = 1024 * 1024
_GC_OBJECTS = 20_000


def collect_seldom() -> None:
    """Look for cycles of garbage seldom: decoding makes many objects and hardly a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_OBJECTS, 10, 20)


@dataclass(frozen=True, slots=True)
class Work:
    """One request to decode; `limits`, `settings_for` and `hold` as `ingest.otlp.decode` has them.

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


def decode_work(work: Work) -> Packed:
    """Decode and pack in this process."""
    decoded = decode(
        work.body,
        work.content_type,
        encoding=work.encoding,
        limits=work.limits,
        settings_for=work.settings_for,
        hold=work.hold,
    )
    return decoded.packed()


class _Job(NamedTuple):
    content_type: str
    encoding: str | None
    limits: IngestLimits
    usual: ExperimentSettings | None
    for_all: bool


class _Message(NamedTuple):
    """What the process says: a question, to be answered, or how its job ended."""

    kind: Literal["settings", "hold", "done", "failed", "unforeseen", "given up"]
    value: Any = None


class _GivenUp(Exception):
    """The server could not answer a question; it knows why."""


class DecoderProcess:
    """The server's end; used by one thread at a time. OSError or EOFError when the process has ended."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        self._line = Connection(ours.detach())
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
        if not self._line.poll(_START_TIMEOUT_S):
            raise TimeoutError(f"it was not ready within {_START_TIMEOUT_S:g} s")
        self._line.recv_bytes()

    def decode(self, work: Work) -> Packed:
        """Decode and pack there; raises what `decode_work` raises."""
        self.in_step = False
        job = _Job(work.content_type, work.encoding, work.limits, work.usual, work.for_all)
        _send(self._line, job)
        self._line.send_bytes(work.body)
        reason: Exception | None = None
        kind, value = _receive(self._line)
        while kind in {"settings", "hold"}:
            try:
                answer = work.settings_for(value) if kind == "settings" else work.hold(value)
            except Exception as error:  # whatever it is, the process must hear of it
                reason, answer = error, _GivenUp()
            _send(self._line, answer)
            kind, value = _receive(self._line)
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


def main(arguments: Sequence[str]) -> int:
    """Decode until the line ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor = int(arguments[0])
    os.set_inheritable(descriptor, False)
    prices.load()  # else the first request that needs a price would wait for them
    collect_seldom()
    with Connection(descriptor) as line, contextlib.suppress(EOFError, ConnectionError):
        line.send_bytes(b"ready")
        while True:
            job: _Job = _receive(line)
            _send(line, _carry_out(line, job, line.recv_bytes()))
    return 0


def _carry_out(line: Connection, job: _Job, body: bytes) -> _Message:
    def ask(kind: Literal["settings", "hold"]) -> Callable[[Any], Any]:
        def asked(value: Any) -> Any:
            _send(line, _Message(kind, value))
            answer = _receive(line)
            if isinstance(answer, _GivenUp):
                raise answer
            return answer

        return asked

    settings = ask("settings")

    def settings_for(hint: ExperimentHint | None) -> ExperimentSettings:
        known = job.usual if job.for_all or hint is None else None
        return settings(hint) if known is None else known

    work = Work(body, job.content_type, job.encoding, job.limits, settings_for, ask("hold"))
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


def _pack(made: Packed) -> tuple[Any, ...]:
    """Return the request as plain values: facts as bytes cost the server a third of what objects do."""
    traces = [(each.trace_id, each.hint, dump_facts(each.spans), each.chunk, each.text) for each in made.traces]
    return traces, made.rejected, made.warnings


def _unpack(traces: list[Any], rejected: Any, warnings: Any) -> Packed:
    return Packed(
        tuple(
            PackedTrace(trace_id, hint, load_facts(facts), chunk, text)
            for trace_id, hint, facts, chunk, text in traces
        ),
        rejected,
        warnings,
    )


def _send(line: Connection, value: object) -> None:
    line.send_bytes(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))


def _receive(line: Connection) -> Any:
    return pickle.loads(line.recv_bytes())  # noqa: S301 - from the other end, which is the same program


if __name__ == "__main__":
    # Not as `__main__`: what goes over the line must be of the classes that the server knows.
    from lodeline.services.decoder import main as run

    sys.exit(run(sys.argv[1:]))
