"""A kept-open HTTP connection to one endpoint, also through a proxy.

It is the standard library's: importing httpx takes a quarter of a second of processor time, which a thread of ours
would take from the traced program just when that starts.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from lodeline.domain.loopback import is_loopback
from lodeline.sdk.delivery.settings import DeliverySettings

if TYPE_CHECKING:
    from http.client import HTTPConnection

_MAX_BODY_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Names of headers are in lower case; of the body only the beginning is kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """Posts to one endpoint; used by one thread at a time. Raises OSError and HTTPException."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._settings = settings
        self._url = urlsplit(settings.endpoint)
        self._extra: dict[str, str] = {}
        self._target = self._url.path or "/"
        if self._url.query:
            self._target += f"?{self._url.query}"
        self._open: HTTPConnection | None = None

    def post(self, content: bytes, headers: Mapping[str, bytes]) -> Response:
        """Send a request and return its answer.

        A server may have closed a connection that was not used for a while, which only shows when it is used: then
        the request is sent again over a new one.
        """
        if self._open is not None:
            from http.client import HTTPException  # noqa: PLC0415 - nothing here is needed before the first request

            try:
                return self._exchange(self._open, content, headers)
            except (ConnectionError, HTTPException):
                self.close()
        self._open = self._connected()
        return self._exchange(self._open, content, headers)

    def close(self) -> None:
        """Let go of the connection; again is fine."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _exchange(self, connection: "HTTPConnection", content: bytes, headers: Mapping[str, bytes]) -> Response:
        connection.putrequest("POST", self._target, skip_accept_encoding=True)
        connection.putheader("content-length", str(len(content)))
        for name, value in self._extra.items():
            connection.putheader(name, value)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(content)
        with connection.getresponse() as response:
            body = response.read(_MAX_BODY_BYTES)
            unread = not response.isclosed() and response.read(1) != b""
            answer = Response(response.status, {n.lower(): v for n, v in response.getheaders()}, body)
        if unread:  # the rest of it would be taken for the next answer
            self.close()
        return answer

    def _connected(self) -> "HTTPConnection":
        from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415 - as above
        from ssl import create_default_context  # noqa: PLC0415 - as above

        settings, url = self._settings, self._url
        secure, host = url.scheme == "https", url.hostname or ""
        proxy = _proxy(url)
        via = proxy or url
        port = via.port or (443 if via.scheme == "https" else 80)
        made: HTTPConnection
        if secure:
            context = create_default_context()
            made = HTTPSConnection(via.hostname or "", port, timeout=settings.connect_timeout_s, context=context)
        else:
            made = HTTPConnection(via.hostname or "", port, timeout=settings.connect_timeout_s)
        if proxy is not None:
            if secure:
                made.set_tunnel(host, url.port or 443, headers=_proxy_headers(proxy))
            else:
                self._extra = _proxy_headers(proxy)
                self._target = settings.endpoint
        made.connect()
        made.sock.settimeout(settings.request_timeout_s)
        return made


def _proxy(url: SplitResult) -> SplitResult | None:
    """Return the proxy that the environment names for this URL; None when there is none."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - as above

    host = url.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    found = getproxies()
    named = found.get(url.scheme) or found.get("all")
    if not named:
        return None
    return urlsplit(named if "://" in named else f"http://{named}")


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    said = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"proxy-authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}
