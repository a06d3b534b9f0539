"""What both transports share: where a server is, how a call becomes a request, and when it is sent again."""

import os
import random
import re
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from lodeline import __version__
from lodeline.domain import errors
from lodeline.domain.loopback import is_loopback
from lodeline.sdk.client.call import JSON, Call, Repeat
from lodeline.sdk.client.problems import problem

DEFAULT_URL = "http://127.0.0.1:5000"
TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 5.0
MAX_RETRIES = 2
LONGEST_WAIT_S = 30.0
"""A server that wants to be left alone for longer is not waited for: the error says how long."""
_FIRST_WAIT_S = 0.2
_PART_BYTES = 2**18
_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/\[\]:@]+)(:(?P<port>[0-9]{1,5}))?(/\S*)?")
_REFUSED = frozenset({429, 503})
_LOST = frozenset({502, 504})
_own_random = random.Random()  # noqa: S311 - spreads retries; and the program's own generator may be seeded


@dataclass(frozen=True, slots=True)
class Connection:
    """One server and how to talk to it."""

    url: str
    api_key: str | None = field(repr=False)
    timeout_s: float = TIMEOUT_S
    max_retries: int = MAX_RETRIES
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(
        cls,
        url: str | None,
        api_key: str | None,
        *,
        timeout_s: float = TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        headers: Mapping[str, str] | None = None,
    ) -> "Connection":
        """Return a checked connection; what is None comes from LODELINE_URL and LODELINE_KEY.

        Invalid for what is no URL of a server, or for a negative number of retries.
        """
        where = url or os.environ.get("LODELINE_URL") or DEFAULT_URL
        match = _URL.fullmatch(where)
        if match is None or int(match["port"] or 0) > 65_535:
            raise errors.Invalid.value("server", where, f"a URL such as {DEFAULT_URL!r}")
        if max_retries < 0:
            raise errors.Invalid.value("max_retries", max_retries, "a number from 0 on")
        key = api_key or os.environ.get("LODELINE_KEY") or None
        return cls(where.rstrip("/"), key, timeout_s, max_retries, dict(headers or {}))

    @property
    def options(self) -> dict[str, Any]:
        """The options that httpx's clients of both kinds are made with."""
        sent = {"user-agent": f"lodeline-python/{__version__}", "accept": JSON, **self.headers}
        found: dict[str, Any] = {"base_url": self.url, "headers": sent, "timeout": self.timeout(None)}
        if self.url.startswith("http:"):
            # Reading the certificates of all authorities takes longer than most calls. This context trusts none.
            found["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return found

    @property
    def credentials(self) -> dict[str, str]:
        """The headers that say who asks while no login does."""
        return {} if self.api_key is None else {"authorization": f"Bearer {self.api_key}"}

    def keep_login(self, cookies: httpx.Cookies) -> None:
        """Let the cookie of a login be sent to this machine over HTTP, too, though a server behind HTTPS marks it
        `Secure`: as browsers do."""
        if self.url.startswith("http:") and is_loopback(httpx.URL(self.url).host):
            for cookie in cookies.jar:
                cookie.secure = False

    def timeout(self, timeout_s: float | None) -> httpx.Timeout:
        """Return httpx's form of how long to wait for each part of an answer."""
        return httpx.Timeout(timeout_s or self.timeout_s, connect=min(CONNECT_TIMEOUT_S, self.timeout_s))

    @contextmanager
    def checking_url(self) -> Generator[None]:
        """Turn httpx's refusal of the URL into Invalid."""
        try:
            yield
        except httpx.InvalidURL:
            raise errors.Invalid.value("server", self.url, f"a URL such as {DEFAULT_URL!r}") from None

    def unreachable(self, error: httpx.RequestError) -> errors.Unavailable:
        """Return the error for a failure of the connection."""
        if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
            return errors.Unavailable(f"{self.url} did not answer in time; try again.", code="timeout")
        return errors.Unavailable(
            f"no Lodeline server answers at {self.url} ({error or type(error).__name__}); start one with 'lodeline "
            "server', or name another by LODELINE_URL (--server at the command line), or open a store in process.",
            code="unreachable",
        )

    @contextmanager
    def reaching(self) -> Generator[None]:
        """Turn failures of the connection into Unavailable."""
        try:
            yield
        except httpx.RequestError as error:
            raise self.unreachable(error) from None


def request_arguments(call: Call[Any], credentials: Mapping[str, str]) -> dict[str, Any]:
    """Return what httpx builds the request of a call from, but for its content when that is in parts."""
    headers = {**credentials, **call.headers}
    whole = call.content if isinstance(call.content, bytes) else None
    content = whole if call.body is None else _json(call.body)
    if content is not None or call.content is not None:
        headers["content-type"] = JSON if call.body is not None else call.content_type
    params = {key: value for key, value in call.params.items() if value is not None}
    return {"method": call.method, "url": call.path, "params": params, "content": content, "headers": headers}


def parts_of(call: Call[Any]) -> Iterator[bytes] | None:
    """Return a body that is sent in parts; None when it is not."""
    if isinstance(call.content, Path):
        return _file_parts(call.content)
    return None if call.content is None or isinstance(call.content, bytes) else iter(call.content)


def refusal(answer: httpx.Response) -> errors.LodelineError:
    """Return the error of an answer whose body has been read."""
    if answer.is_redirect:
        return errors.Unavailable(
            f"the server sends on to {errors.shown(answer.headers.get('location', ''))}; use that address.",
            code="redirected",
        )
    head = answer.headers
    return problem(
        answer.status_code, answer.content, head.get("content-type", ""), retry_after=head.get("retry-after")
    )


def wait_s(error: Exception, repeat: Repeat, attempt: int, most: int) -> float | None:
    """Return how long to wait before sending again after attempt number `attempt` (from 0); None: give up.

    `error` is what httpx raised, or a `Refused`.
    """
    if attempt >= most or repeat == "never":
        return None
    backoff_s = _FIRST_WAIT_S * 2.0**attempt * (0.75 + _own_random.random() / 2)
    if isinstance(error, Refused):
        if error.status in _LOST:
            return backoff_s if repeat == "always" else None
        asked_s = error.error.retry_after_s if isinstance(error.error, errors.Unavailable) else None
        if error.status not in _REFUSED or asked_s is None or asked_s > LONGEST_WAIT_S:
            return None
        return max(asked_s, backoff_s)
    never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return backoff_s if never_sent or repeat == "always" else None


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, error: errors.LodelineError) -> None:
        super().__init__(status)
        self.status = status
        self.error = error


def changed_credentials(connection: Connection, call: Call[Any], result: object) -> dict[str, str] | None:
    """Return the headers of later requests when a call began or ended a login; None when it did neither.

    A login takes the place of the key: what is asked through it is asked by its account and by nobody else.
    """
    if call.login is None:
        return None
    token = getattr(result, "csrf_token", None)
    return {"x-lodeline-csrf": str(token)} if call.login == "begins" and token else connection.credentials


def _json(body: object) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise errors.Invalid(f"a value cannot be written as JSON: {error}.", code="not_json") from error


def _file_parts(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while part := stream.read(_PART_BYTES):
            yield part
