"""One request to the server and what its answer means."""

import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, cast
from urllib.parse import urlsplit

from lodeline import __version__
from lodeline.domain.loopback import is_loopback
from lodeline.sdk.delivery.connection import Connection
from lodeline.sdk.delivery.settings import DeliverySettings

PROTOBUF = "application/x-protobuf"
INSTANCE_HEADER, SEQUENCE_HEADER = "x-lodeline-instance", "x-lodeline-sequence"
EXPERIMENT_HEADER = "x-lodeline-experiment"
Encoding = Literal["zstd", "gzip", "none"]
_LATER = frozenset({429, 502, 503, 504})
_DOUBTFUL = frozenset({408, 500})
_SMALL_BYTES = 1_024
_MAX_RETRY_AFTER_S = 3_600.0
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request.

    accepted: stored, but for `rejected` spans. later: nothing is known or nothing was stored, send again, not before
    `retry_after_s`; when `doubtful`, not for ever. too_large: send less at a time. refused: sending again is useless.
    """

    kind: Literal["accepted", "later", "too_large", "refused"]
    message: str = ""
    status: int | None = None
    rejected: int = 0
    retry_after_s: float | None = None
    doubtful: bool = False


class Exchange:
    """Posts export requests to one endpoint over a kept-open connection; used by one thread at a time."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._settings = settings
        self._host = urlsplit(settings.endpoint).hostname or ""
        self._connection: Connection | None = None
        self._compress: dict[Encoding, Callable[[bytes], bytes]] = {}
        self._encoding: Encoding | None = None
        self._encoding_taken = False
        self.sent_bytes = 0

    def beside(self) -> "Exchange":
        """Return one for another thread, with a connection of its own; it knows what this one has learned."""
        other = Exchange(self._settings)
        other._encoding, other._encoding_taken = self._encoding, self._encoding_taken
        return other

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send an export request; never raises for what the network or the server does."""
        answer = self._try(body, headers)
        if answer.status in {400, 415} and self._encoding != "none" and not self._encoding_taken:
            # Not every receiver knows every encoding, and some say no more than that the request is bad.
            self._encoding = "gzip" if self._encoding == "zstd" else "none"
            return self.post(body, headers)
        if answer.kind == "accepted":
            self._encoding_taken = True
        return answer

    def close(self) -> None:
        """Let go of the connection; again is fine."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            if self._encoding is None:
                self._encoding = self._first_encoding()
            content, extra = self._packed(body)
            fields = {
                "user-agent": f"lodeline-sdk/{__version__}",
                "content-type": PROTOBUF,
                "accept-encoding": "identity",
                **self._settings.headers,
                **headers,
                **extra,
            }
            if self._connection is None:
                self._connection = Connection(self._settings)
            response = self._connection.post(content, {name: _field(value) for name, value in fields.items()})
            self.sent_bytes += len(content)
            return read_answer(response.status, response.headers, response.body)
        except Exception as error:
            self.close()
            reason = str(error) or type(error).__name__
            if isinstance(error, OSError | import_module("http.client").HTTPException):
                return Answer("later", f"no answer from {self._host}: {reason}")
            return Answer("later", f"the request failed: {reason}", doubtful=True)

    def _first_encoding(self) -> Encoding:
        wanted = self._settings.compression
        if wanted == "auto":
            wanted = "none" if is_loopback(self._host) else "zstd"
        if wanted == "zstd" and _zstd() is None:
            return "gzip"
        return wanted

    def _packed(self, body: bytes) -> tuple[bytes, dict[str, str]]:
        encoding = self._encoding
        if encoding is None or encoding == "none" or len(body) < _SMALL_BYTES:
            return body, {}
        compress = self._compress.get(encoding)
        if compress is None:
            made = _zstd() if encoding == "zstd" else None
            compress = self._compress[encoding] = made or _gzip
        return compress(body), {"content-encoding": encoding}


def _field(value: str) -> bytes:
    """Return a header's value, which may be any text, such as an experiment's name, as UTF-8 on one line."""
    return "".join(c if c.isprintable() else " " for c in value).strip().encode()


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return what an answer of a server means."""
    if 200 <= status < 300 and "html" in headers.get("content-type", ""):
        return Answer(
            "later", f"{status}: a web page answers, not a server for traces; something stands before it", status
        )
    if 200 <= status < 300:
        rejected, message = _partial_success(headers.get("content-type", ""), body)
        return Answer("accepted", message, status, rejected=rejected)
    message = f"{status}: {_said(headers.get('content-type', ''), body)}"
    if status == 413:
        return Answer("too_large", message, status)
    if status in _LATER:
        return Answer("later", message, status, retry_after_s=retry_after_s(headers.get("retry-after", "")))
    if status in _DOUBTFUL:
        return Answer("later", message, status, doubtful=True)
    if 300 <= status < 400:
        message += f" The endpoint has moved to {_clean(headers.get('location', ''))}; set that one."
    return Answer("refused", message, status)


def retry_after_s(text: str) -> float | None:
    """Return how long a Retry-After header asks to wait, at most an hour; None when it says nothing of use."""
    text = text.strip()
    if text.isdecimal():
        return min(float(text), _MAX_RETRY_AFTER_S)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - seldom needed, and slow to import

    try:
        at_s = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, at_s - time.time()), _MAX_RETRY_AFTER_S)


def _partial_success(content_type: str, body: bytes) -> tuple[int, str]:
    """Return how many spans the server rejected, and why."""
    if not body:
        return 0, ""
    if "json" in content_type:
        found = _object(_object(_json(body)).get("partialSuccess"))
        count = str(found.get("rejectedSpans", "0"))
        return (int(count) if count.isdecimal() else 0), _clean(str(found.get("errorMessage", "")))
    messages = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    try:
        partial = messages.ExportTraceServiceResponse.FromString(body).partial_success
    except Exception:  # protobuf's own error class, of a module that is not imported here
        return 0, ""
    return max(0, partial.rejected_spans), _clean(partial.error_message)


def _said(content_type: str, body: bytes) -> str:
    """Return the text of an error: of a Status message, a problem document, or nothing."""
    if "json" in content_type:
        found = _object(_json(body))
        return _clean(str(found.get("detail") or found.get("message") or ""))
    if "protobuf" in content_type:
        messages = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
        try:  # a Status has its message where a partial success has it
            return _clean(messages.ExportTracePartialSuccess.FromString(body).error_message)
        except Exception:  # as above
            return ""
    return "" if "html" in content_type else _clean(body.decode("utf-8", "replace"))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _clean(text: str) -> str:
    """Return text of a server as one line of moderate length."""
    shown = "".join(c if c.isprintable() else " " for c in text[: _SHOWN * 2]).strip()
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=1)


def _zstd() -> Callable[[bytes], bytes] | None:
    """Return a compressor where the interpreter or an installed package has one."""
    for name in ("compression.zstd", "zstandard"):
        try:
            module = import_module(name)
        except ImportError:
            continue
        if name == "zstandard":
            return cast("Callable[[bytes], bytes]", module.ZstdCompressor(level=1).compress)
        return lambda data: cast("bytes", module.compress(data, 1))
    return None
