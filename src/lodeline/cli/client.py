"""A small typed client of the native API, over whatever carries its requests (`wire`)."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias, TypeVar

import orjson

from lodeline.cli.decoding import decode, decode_page
from lodeline.domain.errors import Unavailable
from lodeline.domain.page import MAX_LIMIT, Page
from lodeline.domain.span import JsonValue

T = TypeVar("T")
Parameter: TypeAlias = str | int | float | bool | list[str] | None
Parameters: TypeAlias = Mapping[str, Parameter]
Content: TypeAlias = bytes | Iterator[bytes]

API = "/api/v1"
JSON = "application/json"


class Wire(Protocol):
    """Carries requests to one server."""

    def stream(
        self, method: str, path: str, *, params: Parameters, content: Content | None, headers: Mapping[str, str]
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give the parts of an answer's body; paths are from the server's root.

        Raises what the server answered as the same error of `domain.errors`, and Unavailable when none answers.
        """
        ...

    def close(self) -> None:
        """Let go of connections; again is fine."""
        ...


class Client:
    """Calls one server. Paths are relative to the native API unless they say otherwise; close it when done."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._headers: dict[str, str] = {}

    def close(self) -> None:
        """Let go of connections; again is fine."""
        self._wire.close()

    def sign_in(self, name: str, password: str) -> None:
        """Act as an account from now on, through a login that `sign_out` ends."""
        identity = self.json("POST", "/login", body={"name": name, "password": password})
        token = identity.get("csrf_token") if isinstance(identity, Mapping) else None
        self._headers["x-lodeline-csrf"] = str(token or "")

    def sign_out(self) -> None:
        """End the login; without one it is fine."""
        if self._headers:
            self.json("POST", "/logout")
            self._headers.clear()

    def json(
        self, method: str, path: str, *, params: Parameters | None = None, body: Mapping[str, object] | None = None
    ) -> JsonValue:
        """Return the JSON of an answer; None of an empty one."""
        content = None if body is None else orjson.dumps(body)
        answer = self.send(method, f"{API}{path}", params=params, content=content)
        return parsed(answer) if answer else None

    def one(
        self,
        kind: type[T],
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        body: Mapping[str, object] | None = None,
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
            size = MAX_LIMIT if left is None else min(left, MAX_LIMIT)
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
        content: Content | None = None,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return the whole body of the answer to a request with a path from the server's root."""
        sent = {**self._headers, **(headers or {})}
        if content is not None:
            sent["content-type"] = content_type
        with self._wire.stream(method, path, params=params or {}, content=content, headers=sent) as parts:
            return b"".join(parts)

    def download(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """Give the parts of a long answer."""
        return self._wire.stream("GET", f"{API}{path}", params={}, content=None, headers={})


def parsed(answer: bytes) -> JsonValue:
    """Return an answer as JSON; Unavailable when it is none."""
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise Unavailable(
            "the server's answer is not JSON; is this a Lodeline server?", code="unreadable_answer"
        ) from error
