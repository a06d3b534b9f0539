"""One request to the server and what its answer means."""

import email.utils
import gzip
import ipaddress
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from lodeline import __version__
from lodeline.sdk.delivery.settings import DeliverySettings

if TYPE_CHECKING:
    import httpx

PROTOBUF = "application/x-protobuf"
INSTANCE_HEADER, SEQUENCE_HEADER = "x-lodeline-instance", "x-lodeline-sequence"
EXPERIMENT_HEADER = "x-lodeline-experiment"
Encoding = Literal["zstd", "gzip", "none"]
_LATER = frozenset({429, 502, 503, 504})
_DOUBTFUL = frozenset({408, 500})
_SMALL_BYTES = 1_024
_MAX_ANSWER_BYTES = 65_536
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
    """Posts export requests to one endpoint over a kept-open connection; used by one thread at a time.

    httpx is imported with the first request, and its transport is used without its client: that would write a line
    into the program's log for each request.
    """

    def __init__(self, settings: DeliverySettings) -> None:
        self._settings = settings
        self._host = urlsplit(settings.endpoint).hostname or ""
        self._transport: httpx.HTTPTransport | None = None
        self._compress: dict[Encoding, Callable[[bytes], bytes]] = {}
        self._encoding: Encoding | None = None
        self._encoding_taken = False
        self.sent_bytes = 0

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
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _try(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            return self._send(body, headers)
        except OSError as error:  # what the system says before httpx has a name for it
            return Answer("later", f"no answer from {self._host}: {error}")
        except Exception as error:
            self.close()
            httpx = import_module("httpx")
            reason = str(error) or type(error).__name__
            if isinstance(error, httpx.TransportError):
                return Answer("later", f"no answer from {self._host}: {reason}")
            return Answer("later", f"the request failed: {reason}", doubtful=True)

    def _send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        import httpx  # noqa: PLC0415 - it takes longer to import than all the rest

        if self._encoding is None:
            self._encoding = self._first_encoding()
        if self._transport is None:
            self._transport = self._connect()
        content, extra = self._packed(body)
        settings = self._settings
        timeouts = httpx.Timeout(settings.request_timeout_s, connect=settings.connect_timeout_s)
        request = httpx.Request(
            "POST",
            settings.endpoint,
            content=content,
            headers=_headers(
                {
                    "user-agent": f"lodeline-sdk/{__version__}",
                    "content-type": PROTOBUF,
                    "accept-encoding": "identity",
                    **settings.headers,
                    **headers,
                    **extra,
                }
            ),
            extensions={"timeout": timeouts.as_dict()},
        )
        response = self._transport.handle_request(request)
        try:
            said = _read(response)
        finally:
            response.close()
        self.sent_bytes += len(content)
        return read_answer(response.status_code, response.headers, said)

    def _connect(self) -> "httpx.HTTPTransport":
        import httpx  # noqa: PLC0415 - as above

        secure = self._settings.endpoint.lower().startswith("https:")
        verify: ssl.SSLContext | bool = httpx.create_ssl_context() if secure else False
        proxy = None
        if not is_local(self._host) and not proxy_bypass(self._host):
            found = getproxies()
            proxy = found.get("https" if secure else "http") or found.get("all")
        return httpx.HTTPTransport(verify=verify, proxy=proxy, trust_env=False)

    def _first_encoding(self) -> Encoding:
        wanted = self._settings.compression
        if wanted == "auto":
            wanted = "none" if is_local(self._host) else "zstd"
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


def _headers(given: Mapping[str, str]) -> "httpx.Headers":
    """Return headers whose values may hold any text, such as an experiment's name, as UTF-8."""
    import httpx  # noqa: PLC0415 - as above

    shown = {name: "".join(c if c.isprintable() else " " for c in value).strip() for name, value in given.items()}
    return httpx.Headers(shown, encoding="utf-8")


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return what an answer of a server means."""
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
    try:
        at_s = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, at_s - time.time()), _MAX_RETRY_AFTER_S)


def is_local(host: str) -> bool:
    """Tell whether a host is this machine, which compression would only cost time."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(response: "httpx.Response") -> bytes:
    """Return the beginning of an answer's body."""
    parts: list[bytes] = []
    size_bytes = 0
    for part in cast("Any", response.stream):
        parts.append(part)
        size_bytes += len(part)
        if size_bytes >= _MAX_ANSWER_BYTES:
            break
    return b"".join(parts)[:_MAX_ANSWER_BYTES]


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
