"""Files beside a trace, uploaded in the background once the server knows the trace.

They wait in memory, within a bound. A file whose trace does not arrive in time, or that the server refuses, is
complained of and dropped; a process that ends waits for them as long as for its spans.
"""

import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from opentelemetry.trace import get_current_span

from lodeline.sdk.provider import at_flush, get_settings, pipeline, runtime
from lodeline.sdk.quiet import complain, quietly

EVENT = "lodeline.attachment"
"""The event that says on the span which file was attached."""
_MAX_WAITING_BYTES = 64 * 2**20
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.1, 5.0
_GIVE_UP_S = 120.0
"""How long after the end of its trace a file is still tried."""
_AGAIN = frozenset((404, 408, 425, 429, 500, 502, 503, 504))
"""Answers after which a file is tried again; 404 is what a trace gives that has not arrived yet."""


@dataclass(slots=True)
class _File:
    """A file that waits. `given_up_at` is set when its trace has ended."""

    trace_id: int
    name: str
    data: bytes
    next_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    given_up_at: float | None = None
    problem: str = "the server was not asked"


@dataclass(slots=True)
class _Uploads:
    """What waits in this process, and the thread that sends it. Guarded by `changed`."""

    pid: int = field(default_factory=os.getpid)
    changed: threading.Condition = field(default_factory=threading.Condition)
    files: deque[_File] = field(default_factory=deque[_File])
    waiting_bytes: int = 0
    sender: threading.Thread | None = None


_uploads = _Uploads()


@quietly("A file could not be attached")
def log_attachment(name: str, data: bytes | str | os.PathLike[str], *, trace_id: str | None = None) -> None:
    """Store a file beside the current trace, or the one of this id: bytes, a text, or the content of a path.

    It is read now and sent in the background; a file of the same name is replaced. Nothing is sent when the trace is
    not sampled, when the capture mode is not ``full``, or when there is a mask, which cannot look into files. The API
    key must be allowed to edit traces.

    >>> import lodeline
    >>> with lodeline.start_span("draw"):
    ...     lodeline.log_attachment("plan.txt", "first this, then that")
    """
    span = get_current_span()
    context = span.get_span_context()
    if trace_id is None and (not context.is_valid or not context.trace_flags.sampled):
        if not context.is_valid and runtime.tracer is not None:
            complain("log_attachment was called without a trace that is in progress")
        return
    settings = get_settings()
    if settings.capture != "full" or settings.mask is not None or not settings.enabled:
        complain("Files are not attached while content is masked or left out")
        return
    content = _content(data)
    wanted = context.trace_id if trace_id is None else int(trace_id.removeprefix("tr-"), 16)
    added = _add(_File(wanted, str(name), content)) if runtime.sends else True
    if added and trace_id is None:
        span.add_event(EVENT, {"name": str(name), "size_bytes": len(content)})


def flush_attachments(timeout_s: float) -> bool:
    """Wait until the files of traces that have ended are sent or given up; False when that takes longer."""
    uploads = _own()
    until = time.monotonic() + timeout_s
    with uploads.changed:
        while any(pipeline.root(one.trace_id) is None for one in uploads.files):
            left = until - time.monotonic()
            if left <= 0:
                return False
            uploads.changed.wait(min(left, 0.5))
    return True


at_flush.append(flush_attachments)


def _content(data: bytes | str | os.PathLike[str]) -> bytes:
    if isinstance(data, str):
        return data.encode("utf-8", "replace")
    return data if isinstance(data, bytes) else Path(data).read_bytes()


def _own() -> _Uploads:
    """Return this process's uploads: what a parent has waiting is the parent's."""
    global _uploads  # noqa: PLW0603 - one a process
    if _uploads.pid != os.getpid():
        _uploads = _Uploads()
    return _uploads


def _add(file: _File) -> bool:
    uploads = _own()
    with uploads.changed:
        if uploads.waiting_bytes + len(file.data) > _MAX_WAITING_BYTES:
            complain(f"Files are dropped: more than {_MAX_WAITING_BYTES:,} bytes of them wait to be sent")
            return False
        uploads.files.append(file)
        uploads.waiting_bytes += len(file.data)
        if uploads.sender is None:
            uploads.sender = threading.Thread(target=_send_all, args=(uploads,), name="lodeline-files", daemon=True)
            uploads.sender.start()
        uploads.changed.notify_all()
    return True


def _send_all(uploads: _Uploads) -> None:
    """Send files until none is left for a while."""
    httpx: Any = import_module("httpx")  # here, where its import takes nobody's time
    with httpx.Client(timeout=30.0) as client:
        while True:
            with uploads.changed:
                if not uploads.files:
                    uploads.changed.wait(10.0)
                if not uploads.files:
                    uploads.sender = None
                    return
                file = uploads.files[0]
                uploads.files.rotate(-1)
                delay_s = file.next_at - time.monotonic()
                if delay_s > 0:
                    uploads.changed.wait(min(delay_s, 0.25))
                    continue
            done = _send(file, client)
            with uploads.changed:
                if done:
                    uploads.files.remove(file)
                    uploads.waiting_bytes -= len(file.data)
                uploads.changed.notify_all()


def _send(file: _File, client: Any) -> bool:
    """Try to send a file; true when there is nothing left to do about it."""
    now = time.monotonic()
    if pipeline.root(file.trace_id) is not None:
        file.next_at = now + _FIRST_PAUSE_S
        return False
    file.given_up_at = file.given_up_at or now + _GIVE_UP_S
    settings = get_settings()
    address = f"{settings.url}/api/v1/traces/tr-{file.trace_id:032x}/attachments/{quote(file.name, safe='')}"
    headers = {**settings.all_headers, "content-type": "application/octet-stream"}
    try:
        status = client.put(address, content=file.data, headers=headers).status_code
    except Exception as error:  # whatever it is: the thread has to go on with the other files
        status, file.problem = 503, type(error).__name__
    else:
        file.problem = f"the server answered {status}"
    if status < 300:
        return True
    if status not in _AGAIN or now > file.given_up_at:
        complain(f"The file {file.name!r} was not attached: {file.problem}")
        return True
    file.next_at, file.pause_s = now + file.pause_s, min(2 * file.pause_s, _LAST_PAUSE_S)
    return False
