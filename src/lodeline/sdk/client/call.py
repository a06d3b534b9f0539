"""Calls as values, and the descriptors that make them methods of both clients.

A noun's file describes each route once: a method decorated with `call` returns a `Call`, one decorated with `listing`
a `Listing`, one decorated with `download` a `Call` of bytes. On a noun of a `LodelineClient` (``Noun[Sync]``) the
decorated method sends it and returns the answer; on a noun of an `AsyncLodelineClient` (``Noun[Async]``) the same
method returns what is awaited. Type checkers see exactly that.
"""

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, Generic, Literal, ParamSpec, Protocol, Self, TypeAlias, TypeVar, overload
from urllib.parse import quote

from lodeline.domain.page import Page
from lodeline.sdk.client.decoding import decode, decode_page, parsed
from lodeline.sdk.client.paging import AsyncItems, Items

T = TypeVar("T")
P = ParamSpec("P")
Parameter: TypeAlias = str | int | float | bool | Sequence[str] | None
Content: TypeAlias = bytes | Path | Iterable[bytes]
"""A body: bytes or a file, which can be sent again, or parts, which cannot."""
Repeat = Literal["always", "refused", "never"]
"""When a call may be sent again: whatever happened (it changes nothing the second time); only when the server said
that it did nothing (429, 503) or was never reached; never."""

API = "/api/v1"
JSON = "application/json"
OCTETS = "application/octet-stream"
LONG_S = 600.0
"""For calls that take their time: imports, exports, purges, deletes."""
_REPEATED: Mapping[str, Repeat] = {"GET": "always", "PUT": "always"}


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and how its answer is read. `path` is from the server's root, its segments quoted.

    `body` is sent as JSON, `content` as it is. Parameters that are None are left out. `timeout_s` None takes the
    client's. `login` says that the answer begins or ends a login.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    params: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    body: Mapping[str, object] | None = None
    content: Content | None = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    repeat: Repeat | None = None
    timeout_s: float | None = None
    login: Literal["begins", "ends"] | None = None

    @property
    def repeats(self) -> Repeat:
        """When this call may be sent again; by its method unless it says so itself."""
        if self.content is not None and not isinstance(self.content, bytes | Path):
            return "never"
        return self.repeat or _REPEATED.get(self.method, "refused")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list to be read page by page from `cursor` on: at most `limit` items, all when it is None."""

    path: str
    kind: type[T]
    params: Mapping[str, Parameter]
    limit: int | None = None
    cursor: str | None = None

    def page(self, cursor: str | None, size: int) -> Call[Page[T]]:
        """Return the call of one page."""
        params = {**self.params, "limit": size, "cursor": cursor}
        return Call("GET", self.path, page_of(self.kind), params=params)


class Carrier(Protocol):
    """Sends calls; of both kinds, so its results are of either kind."""

    def send(self, call: Call[Any]) -> Any:
        """Return the answer, or what is awaited for it."""
        ...

    def stream(self, call: Call[bytes]) -> Any:
        """Return the context manager of a long answer's parts."""
        ...


class Sync:
    """Marks nouns whose methods return answers."""


class Async:
    """Marks nouns whose methods return awaitables."""


ModeT = TypeVar("ModeT", Sync, Async)


class Noun(Generic[ModeT]):
    """The calls of one noun of a client."""

    def __init__(self, carrier: Carrier, *, awaited: bool) -> None:
        self.carrier = carrier
        self.awaited = awaited


class call(Generic[P, T]):  # noqa: N801 - a decorator, as `property` is
    """Makes a method of a noun out of a description of its call."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, noun: None, owner: type) -> Self: ...
    @overload
    def __get__(self, noun: Noun[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, noun: Noun[Async], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, noun: "Noun[Any] | None", owner: type) -> object:
        if noun is None:
            return self

        @functools.wraps(self.describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> object:
            return noun.carrier.send(self.describe(noun, *args, **kwargs))

        return method


class listing(Generic[P, T]):  # noqa: N801 - a decorator, as `property` is
    """Makes a method of a noun that returns the items of a list, page after page as they are read."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Listing[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, noun: None, owner: type) -> Self: ...
    @overload
    def __get__(self, noun: Noun[Sync], owner: type) -> Callable[P, Items[T]]: ...
    @overload
    def __get__(self, noun: Noun[Async], owner: type) -> Callable[P, AsyncItems[T]]: ...
    def __get__(self, noun: "Noun[Any] | None", owner: type) -> object:
        if noun is None:
            return self

        @functools.wraps(self.describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> object:
            wanted = self.describe(noun, *args, **kwargs)

            def fetch(cursor: str | None, size: int) -> Any:
                return noun.carrier.send(wanted.page(cursor, size))

            kind = AsyncItems[T] if noun.awaited else Items[T]
            return kind(fetch, limit=wanted.limit, cursor=wanted.cursor)

        return method


class download(Generic[P]):  # noqa: N801 - a decorator, as `property` is
    """Makes a method of a noun that gives the parts of a long answer."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[bytes]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, noun: None, owner: type) -> Self: ...
    @overload
    def __get__(self, noun: Noun[Sync], owner: type) -> Callable[P, AbstractContextManager[Iterator[bytes]]]: ...
    @overload
    def __get__(
        self, noun: Noun[Async], owner: type
    ) -> Callable[P, AbstractAsyncContextManager[AsyncIterator[bytes]]]: ...
    def __get__(self, noun: "Noun[Any] | None", owner: type) -> object:
        if noun is None:
            return self

        @functools.wraps(self.describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> object:
            return noun.carrier.stream(self.describe(noun, *args, **kwargs))

        return method


def path_of(*segments: str) -> str:
    """Return the path of the native API with these segments, each quoted whole."""
    return API + "".join(f"/{_quoted(segment)}" for segment in segments)


def page_path(experiment_id: str, *segments: str) -> str:
    """Return the path of an experiment's page, or of one below it, each segment quoted whole."""
    return "".join(f"/{_quoted(segment)}" for segment in ("experiments", experiment_id, *segments))


def _quoted(segment: str) -> str:
    """A segment of dots alone would be taken for a step up or for nothing."""
    quoted = quote(segment, safe="")
    return quoted.replace(".", "%2E") if not segment.strip(".") else quoted


def one(kind: type[T]) -> Callable[[bytes], T]:
    """Return what reads an answer as a value of `kind`."""
    return lambda answer: decode(kind, parsed(answer))


def many(kind: type[T]) -> Callable[[bytes], tuple[T, ...]]:
    """Return what reads an answer, a bare list, as values of `kind`."""
    return lambda answer: decode_page(kind, {"items": parsed(answer)}).items


def page_of(kind: type[T]) -> Callable[[bytes], Page[T]]:
    """Return what reads an answer as a page of `kind`."""
    return lambda answer: decode_page(kind, parsed(answer))


def nothing(answer: bytes) -> None:
    """Read an answer that has no body."""


def whole(answer: bytes) -> bytes:
    """Read an answer as the bytes it is."""
    return answer


def given(**fields: object) -> dict[str, object]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def names(texts: str | Sequence[str] | None) -> Sequence[str] | None:
    """Return one text as a list of it; None stays."""
    return [texts] if isinstance(texts, str) else texts
