"""A small typed client of the native API; the server's errors come back as the same classes of `domain.errors`."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

import httpx
import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess

from lodeline import __version__
from lodeline.cli.decoding import decode, decode_page
from lodeline.domain import errors
from lodeline.domain.page import Page
from lodeline.domain.span import JsonValue

T = TypeVar("T")
Parameter: TypeAlias = str | int | float | bool | list[str] | None
Parameters: TypeAlias = Mapping[str, Parameter]
Body: TypeAlias = Mapping[str, object]

API = "/api/v1"
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
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


class Client:
    """Calls one server. Paths are relative to the native API unless they say otherwise; close it when done."""

    def __init__(self, server: str, *, key: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self.server = server.rstrip("/")
        headers = {"user-agent": f"lodeline-cli/{__version__}", "accept": "application/json"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        try:
            self._http = httpx.Client(base_url=self.server, headers=headers, transport=transport, timeout=_TIMEOUT)
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise errors.Invalid.value("server", server, "a URL such as 'http://127.0.0.1:5000'") from error

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def json(
        self, method: str, path: str, *, params: Parameters | None = None, body: Body | None = None
    ) -> JsonValue:
        """Return the JSON of an answer; None of an empty one. Raises what the server answered as an error."""
        answer = self.send(
            method, f"{API}{path}", params=params, content=None if body is None else orjson.dumps(body)
        )
        return _loads(answer.content) if answer.content else None

    def one(
        self,
        kind: type[T],
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        body: Body | None = None,
    ) -> T:
        """Return the answer as a value of `kind`."""
        return decode(kind, self.json(method, path, params=params, body=body))

    def many(self, kind: type[T], path: str, *, params: Parameters | None = None) -> tuple[T, ...]:
        """Return the answer, a bare list, as values of `kind`."""
        return decode_page(kind, {"items": self.json("GET", path, params=params)}).items

    def page(self, kind: type[T], path: str, *, params: Parameters | None = None) -> Page[T]:
        """Return one page of a list."""
        return decode_page(kind, self.json("GET", path, params=params))

    def pages(self, kind: type[T], path: str, *, params: Parameters, limit: int | None) -> Iterator[Page[T]]:
        """Yield pages until the list ends or `limit` items (None: no limit) were yielded."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = 1_000 if left is None else min(left, 1_000)
            page = self.page(kind, path, params={**params, "limit": size, "cursor": cursor})
            yield page
            left = None if left is None else left - len(page.items)
            cursor = page.cursor
            if cursor is None:
                return

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        content: bytes | Iterator[bytes] | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return the whole answer to a request with a path from the server's root."""
        with self.stream(
            method, path, params=params, content=content, content_type=content_type, headers=headers
        ) as answer:
            with _reaching(self.server):
                answer.read()
            return answer

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        content: bytes | Iterator[bytes] | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Generator[httpx.Response]:
        """Give the answer with its body unread, for long ones."""
        given = {key: value for key, value in (params or {}).items() if value is not None}
        sent = dict(headers or {})
        if content is not None:
            sent["content-type"] = content_type
        with _reaching(self.server):
            request = self._http.build_request(method, path, params=given, content=content, headers=sent)
            answer = self._http.send(request, stream=True)
        try:
            if answer.status_code >= 400:
                with _reaching(self.server):
                    answer.read()
                raise problem(answer.status_code, answer.content, answer.headers.get("content-type", ""))
            yield answer
        finally:
            answer.close()


def problem(status: int, content: bytes, content_type: str = "application/json") -> errors.LodelineError:
    """Return the error that an answer stands for: a problem of the API, or a Status of the OTLP door."""
    given = {"message": _status_message(content)} if "protobuf" in content_type else _object_in(content)
    said = given.get("detail") or given.get("message")
    message = str(said or f"the server answered {status} without saying why.")
    code = str(given["code"]) if given.get("code") else None
    details = _object(given.get("details"))
    if status in {429, 502, 503, 504}:
        wait_s = details.get("retry_after_s")
        retry_after_s = wait_s if isinstance(wait_s, int | float) else 1.0
        return errors.Unavailable(message, retry_after_s=retry_after_s, code=code)
    kind = _KINDS.get(status, errors.LodelineError)
    if status == 409 and code is not None and code.endswith("deleted"):
        kind = errors.Deleted
    return kind(message, code=code, details=details)


@contextmanager
def _reaching(server: str) -> Generator[None]:
    """Turn failures of the connection into Unavailable."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise errors.Unavailable(f"{server} did not answer in time; try again.", code="timeout") from error
    except httpx.UnsupportedProtocol as error:
        raise errors.Invalid.value("server", server, "a URL such as 'http://127.0.0.1:5000'") from error
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise errors.Unavailable(
            f"no Lodeline server answers at {server} ({reason}); start one with 'lodeline server', or name another "
            "with --server, or a store with --store.",
            code="unreachable",
        ) from error


def _loads(content: bytes) -> JsonValue:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise errors.Unavailable(
            "the server's answer is not JSON; is this a Lodeline server?", code="unreadable_answer"
        ) from error


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
