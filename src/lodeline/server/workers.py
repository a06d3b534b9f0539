"""Workers: several server processes over one listening socket and one store, and the supervisor that keeps them.

The supervisor serves nothing itself. On Linux workers are forks of it, which has imported what they need: they start
sooner, and share that memory. It has one thread and no open store then. Elsewhere, where system libraries do not
stand a fork, each is a Python of its own. Worker 1 leads: it has the gRPC door and runs the jobs that are for the
whole store. A worker that dies is started again, after a pause that grows while it keeps dying; what it had
acknowledged is in the store, and clients send again what it had not. Workers are told to stop by the signal that the
supervisor gets, or by the end of their line to it.
"""

import contextlib
import gc
import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn, Protocol

from lodeline.auth.credentials import Credentials
from lodeline.auth.throttle import shared_tables
from lodeline.domain.errors import Unavailable, Unsupported
from lodeline.server.settings import Settings
from lodeline.server.shared_door import Tally, shared_file
from lodeline.server.shared_figures import Part, forget_present, shared_folder
from lodeline.storage.open import open_stores, store_directory

FIRST_PAUSE_S = 0.5
MOST_PAUSE_S = 10.0
DEATHS = 5
"""So many within `WINDOW_S` are too many."""
WINDOW_S = 60.0
_STOP_GRACE_S = 10.0
FORKS = sys.platform == "linux"
"""Whether workers are forks of the supervisor here."""
_WORKER = "lodeline.server.worker"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_log = logging.getLogger("lodeline.workers")


def supervise(settings: Settings, listener: socket.socket, say: Callable[[str], None]) -> None:
    """Serve with `settings.workers` processes until SIGINT or SIGTERM, and return when all have finished.

    `say` is given the lines of the first process that is ready. Unsupported where processes cannot share a socket or
    the store; whatever opening the store raises; Unavailable when a worker keeps dying.
    """
    check_workers(settings)
    _Supervisor(settings, listener, say).run()


def check_workers(settings: Settings) -> None:
    """Return when several processes can serve the store, which exists and is up to date then."""
    if sys.platform == "win32":
        raise Unsupported("workers: Windows serves with one process only; leave workers at 1.")
    stores = open_stores(settings.store)
    try:
        if not stores.capabilities.multi_process:
            raise Unsupported(
                f"workers: store {settings.store!r} is for one process only; set workers to 1, or choose a directory."
            )
    finally:
        stores.close()
    Credentials.load(store_directory(settings.store))


def share_of(settings: Settings) -> Settings:
    """Return the settings of one worker: its part of what all may take on at one time."""
    return replace(
        settings,
        ingest_bytes_in_flight=-(-settings.ingest_bytes_in_flight // settings.workers),
        ingest_requests_in_flight=-(-settings.ingest_requests_in_flight // settings.workers),
        ingest_processes=0,  # they decode side by side as it is
    )


class _Process(Protocol):
    """What the supervisor does with a process that it has started; `subprocess.Popen` is one."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def wait(self) -> int:
        """Return its exit code, less than 0 for a signal, once it has ended."""
        ...

    def send_signal(self, sig: int, /) -> None:
        """Send it a signal, unless it has been waited for."""
        ...


class _Fork:
    """A fork of this process that calls `run` with `arguments` and ends with the exit code that it returns."""

    def __init__(self, run: Callable[..., int], *arguments: object) -> None:
        self._code: int | None = None
        for output in (sys.stdout, sys.stderr):
            output.flush()  # else both would write what is in it
        self.pid = os.fork()
        if self.pid == 0:
            _end(run, *arguments)

    def wait(self) -> int:
        """Return the exit code, less than 0 for a signal, once it has ended."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code

    def send_signal(self, sig: int, /) -> None:
        """Send a signal, unless it has been waited for: its number may be another's by then."""
        if self._code is None:
            os.kill(self.pid, sig)


def _end(run: Callable[..., int], *arguments: object) -> NoReturn:
    """Run, and end this process without what the one it is a fork of would do at its end."""
    code = 1
    try:
        code = run(*arguments)
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for output in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                output.flush()
        os._exit(code)


@dataclass(slots=True)
class _Worker:
    """A place for a process, and the process in it if there is one."""

    number: int
    process: _Process | None = None
    line: socket.socket | None = None
    said: bytes = b""
    start_at: float = 0.0
    deaths: deque[float] = field(default_factory=lambda: deque[float](maxlen=DEATHS))


class _Supervisor:
    """Keeps the workers running, from one thread."""

    def __init__(self, settings: Settings, listener: socket.socket, say: Callable[[str], None]) -> None:
        self._settings = share_of(settings)
        self._listener = listener
        self._say = say
        self._workers = [_Worker(number) for number in range(1, settings.workers + 1)]
        self._grpc_port = settings.grpc_port
        self._announced = False
        self._signals: list[int] = []
        self._failure: Unavailable | None = None
        self._selector = selectors.DefaultSelector()
        self._tally_file = shared_file(settings.workers)
        self._logins_file = shared_tables()
        self._figures = shared_folder() if settings.metrics else None
        self._tally = Tally(self._tally_file.fileno(), settings.workers)

    def run(self) -> None:
        """Run until a signal comes or a worker keeps dying; end as a process does that gets this signal."""
        if FORKS:
            import_module(_WORKER)
            import_module("lodeline.server.process").prepare()
            if self._figures is not None:
                import_module("lodeline.server.metrics")
            gc.collect()
            gc.freeze()  # a look for garbage would write to what all share
        folder = self._figures or contextlib.nullcontext()
        with self._selector, self._signals_noted(), self._tally_file, self._logins_file, folder:
            try:
                while not self._signals and self._failure is None:
                    self._start_due()
                    self._wait(self._next_start_s())
            finally:
                self._stop()
        if self._failure is not None:
            raise self._failure
        for number in self._signals[:1]:
            signal.raise_signal(number)

    @contextmanager
    def _signals_noted(self) -> Generator[None]:
        """Note signals instead of obeying them, and let them end a wait."""
        woken, wake = self._wakers = socket.socketpair()
        with woken, wake:
            for end in self._wakers:
                end.setblocking(False)
            self._selector.register(woken, selectors.EVENT_READ)
            before_fd = signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
            before = {number: signal.signal(number, self._note) for number in _SIGNALS}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)
                signal.set_wakeup_fd(before_fd)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _start_due(self) -> None:
        for worker in self._workers:
            if worker.process is None and worker.start_at <= time.monotonic():
                self._start(worker)

    def _start(self, worker: _Worker) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            files = (self._listener, self._tally_file, self._logins_file, theirs)
            descriptors = [file.fileno() for file in files]
            try:
                worker.process = self._begin(descriptors, ours)
            except OSError as error:
                ours.close()
                self._plan(worker, f"could not be started ({error.strerror})")
                return
        worker.line, worker.said = ours, b""
        self._selector.register(ours, selectors.EVENT_READ, worker)
        settings = replace(self._settings, grpc_port=self._grpc_port if worker.number == 1 else None)
        folder = None if self._figures is None else self._figures.name
        order = json.dumps({"settings": asdict(settings), "place": worker.number - 1, "figures": folder})
        with contextlib.suppress(ConnectionError):  # it is dead already, which the end of the line tells
            ours.sendall(order.encode() + b"\n")

    def _begin(self, descriptors: Sequence[int], ours: socket.socket) -> _Process:
        """Return a process that works with these descriptors and holds none of the lines to other workers."""
        if not FORKS:
            return _command(descriptors)
        lines = [worker.line for worker in self._workers if worker.line is not None]
        # A signal that comes before the fork obeys it waits until it does.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            return _Fork(_work, descriptors, [self._selector, *self._wakers, *lines, ours])
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _next_start_s(self) -> float | None:
        """Return how long until a worker is to be started; None when none is."""
        due = [worker.start_at for worker in self._workers if worker.process is None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _wait(self, timeout_s: float | None) -> None:
        """Handle what workers say, and their deaths, until something came or the time is up."""
        for key, _ in self._selector.select(timeout_s):
            if not isinstance(key.data, _Worker):
                key.fileobj.recv(4096)  # type: ignore[union-attr]
                continue
            self._hear(key.data)

    def _hear(self, worker: _Worker) -> None:
        assert worker.process is not None and worker.line is not None  # noqa: S101, PT018 - it is registered
        try:
            heard = worker.line.recv(65_536)
        except ConnectionError:
            heard = b""
        if not heard:
            self._bury(worker)
            return
        worker.said += heard
        if worker.said.endswith(b"\n"):
            _log.info("worker %d (process %d) serves", worker.number, worker.process.pid)
            self._note_ready(worker, json.loads(worker.said))

    def _note_ready(self, worker: _Worker, ready: dict[str, Any]) -> None:
        if worker.number != 1:
            return
        if ready["grpc_port"] is not None:
            self._grpc_port = ready["grpc_port"]  # a port that was chosen freely stays when the worker is replaced
        if not self._announced:
            self._announced = True
            for line in ready["lines"]:
                self._say(line)

    def _bury(self, worker: _Worker) -> None:
        """Take note that a worker has ended; unless all are to, plan its start."""
        assert worker.process is not None and worker.line is not None  # noqa: S101, PT018 - it has just ended
        self._selector.unregister(worker.line)
        worker.line.close()
        how = _ended(worker.process.wait())
        worker.process = worker.line = None
        self._tally.leave(worker.number - 1)
        if self._figures is not None:
            forget_present(Part(self._figures.name, worker.number - 1))
        if not self._signals and self._failure is None:
            self._plan(worker, how)

    def _plan(self, worker: _Worker, how: str) -> None:
        """Plan the start of a worker that ended, or give up."""
        now = time.monotonic()
        worker.deaths.append(now)
        recent = sum(now - death < WINDOW_S for death in worker.deaths)
        if not self._announced:
            self._give_up(f"worker {worker.number} {how} before anything was served")
        elif recent >= DEATHS:
            self._give_up(f"worker {worker.number} died {recent} times within {WINDOW_S:g} s, last it {how}")
        else:
            pause_s = min(FIRST_PAUSE_S * 2 ** (recent - 1), MOST_PAUSE_S)
            worker.start_at = now + pause_s
            _log.warning("worker %d %s; starting it again in %g s", worker.number, how, pause_s)

    def _give_up(self, why: str) -> None:
        self._failure = Unavailable(f"{why}; what it wrote above says why.", code="worker_failed")

    def _stop(self) -> None:
        """Tell all workers to stop and wait until they have; kill those that take far too long."""
        passed_on = 0
        if not self._signals:
            self._signal_all(signal.SIGTERM)
        # Each has this long for its requests, its gRPC calls and its jobs.
        until = time.monotonic() + 3 * self._settings.shutdown_timeout_s + _STOP_GRACE_S
        while any(worker.process is not None for worker in self._workers):
            for number in self._signals[passed_on:]:
                self._signal_all(number)
                passed_on += 1
            left_s = until - time.monotonic()
            if left_s <= 0:
                _log.warning("workers are killed: they did not finish in time")
                self._signal_all(signal.SIGKILL)
                return
            self._wait(left_s)

    def _signal_all(self, number: int) -> None:
        for worker in self._workers:
            if worker.process is not None:
                worker.process.send_signal(number)


def _work(descriptors: Sequence[int], others: Sequence[selectors.BaseSelector | socket.socket]) -> int:
    """Be a worker, in a fork; `others` are the supervisor's, whose end the other workers would not see else."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.setpgid(0, 0)  # else Ctrl-C would reach it past the supervisor
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    for each in others:
        each.close()
    code: int = import_module(_WORKER).main([str(each) for each in descriptors])
    return code


def _command(descriptors: Sequence[int]) -> _Process:
    """Return a worker that is a Python of its own."""
    return subprocess.Popen(  # noqa: S603 - numbers only
        # -P: what lies in the working directory must not stand in for a module.
        [sys.executable, "-P", "-m", _WORKER, *map(str, descriptors)],
        stdin=subprocess.DEVNULL,
        pass_fds=descriptors,
        process_group=0,  # else Ctrl-C would reach it past the supervisor
    )


def _ended(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
