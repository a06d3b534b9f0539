"""Requests over httpx; the server's errors come back as the same classes of `domain.errors`."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager

import httpx
import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess

from lodeline import __version__
from lodeline.cli.client import JSON, Content, Parameters
from lodeline.domain import errors
from lodeline.domain.span import JsonValue

_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""Imports and purges take their time; whoever waits for something else has Ctrl-C."""
_KINDS: dict[int, type[errors.LodelineError]] = {
    400: errors.Invalid,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    415: errors.Invalid,
    422: errors.Invalid,
    501: errors.Unsupported,
}
_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/\[\]:@]+)(:(?P<port>[0-9]{1,5}))?(/\S*)?")
_BUSY = frozenset({429, 502, 503, 504})


class HttpWire:
    """Implements `client.Wire` for a server's URL, or for the application behind `transport`."""

    def __init__(self, server: str, *, key: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        wrong = errors.Invalid.value("server", server, "a URL such as 'http://127.0.0.1:5000'")
        match = _URL.fullmatch(server)
        if match is None or int(match["port"] or 0) > 65_535:
            raise wrong
        self._server = server.rstrip("/")
        headers = {"user-agent": f"lodeline-cli/{__version__}", "accept": JSON}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        try:
            self._http = httpx.Client(base_url=self._server, headers=headers, transport=transport, timeout=_TIMEOUT)
        except httpx.InvalidURL:
            raise wrong from None

    def close(self) -> None:
        """Let go of connections; again is fine."""
        self._http.close()

    @contextmanager
    def stream(
        self, method: str, path: str, *, params: Parameters, content: Content | None, headers: Mapping[str, str]
    ) -> Generator[Iterator[bytes]]:
        """Give the parts of an answer's body, as `client.Wire` has it."""
        given = {key: value for key, value in params.items() if value is not None}
        with self._reaching():
            request = self._http.build_request(method, path, params=given, content=content, headers=dict(headers))
            answer = self._http.send(request, stream=True)
        try:
            if answer.status_code >= 400:
                with self._reaching():
                    answer.read()
                raise problem(answer.status_code, answer.content, answer.headers.get("content-type", ""))
            yield self._parts(answer)
        finally:
            answer.close()

    def _parts(self, answer: httpx.Response) -> Iterator[bytes]:
        with self._reaching():
            yield from answer.iter_bytes()

    @contextmanager
    def _reaching(self) -> Generator[None]:
        """Turn failures of the connection into Unavailable."""
        try:
            yield
        except httpx.TimeoutException as error:
            raise errors.Unavailable(f"{self._server} did not answer in time; try again.", code="timeout") from error
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise errors.Unavailable(
                f"no Lodeline server answers at {self._server} ({reason}); start one with 'lodeline server', or name "
                "another with --server, or a store with --store.",
                code="unreachable",
            ) from error


def problem(status: int, content: bytes, content_type: str = JSON) -> errors.LodelineError:
    """Return the error that an answer stands for: a problem of the API, or a Status of the OTLP door."""
    given = {"message": _status_message(content)} if "protobuf" in content_type else _object_in(content)
    said = given.get("detail") or given.get("message")
    message = str(said or f"the server answered {status} without saying why.")
    code = str(given["code"]) if given.get("code") else None
    details = _object(given.get("details"))
    if status in _BUSY:
        wait_s = details.get("retry_after_s")
        retry_after_s = wait_s if isinstance(wait_s, int | float) else 1.0
        return errors.Unavailable(message, retry_after_s=retry_after_s, code=code)
    kind = _KINDS.get(status, errors.LodelineError)
    if status == 409 and code is not None and code.endswith("deleted"):
        kind = errors.Deleted
    return kind(message, code=code, details=details)


def _status_message(content: bytes) -> str:
    """Return the message of a protobuf Status: it has the number and type of a partial success's message."""
    try:
        return ExportTracePartialSuccess.FromString(content).error_message
    except DecodeError:
        return ""


def _object_in(content: bytes) -> Mapping[str, JsonValue]:
    try:
        return _object(orjson.loads(content))
    except orjson.JSONDecodeError:
        return {}


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}
