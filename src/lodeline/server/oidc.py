"""The way to a provider of OpenID Connect: its documents, the exchange of a code, signatures of ID tokens.

Imported only where single sign-on is set up: PyJWT and cryptography come with the extra `oidc`.
"""

import asyncio
import base64
import logging
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import orjson
from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from lodeline.auth.oidc import refused
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Unavailable, shown
from lodeline.server.settings import is_secure
from lodeline.services.oidc_logins import Tokens

ALGORITHMS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
"""How a token may be signed, and by which type of key: asymmetric ones alone. With HS256 whoever knows the client's
secret, or takes a public key for one, could sign."""
MAX_BYTES = 2**20
TIMEOUT_S = 5.0
"""For connecting, and for each piece of an answer."""
DEADLINE_S = 15.0
"""For an answer as a whole, from connecting to its end."""
MAX_AGE_MS = 3_600_000
"""After so long the provider's documents are read again."""
REFETCH_MS = 60_000
"""So seldom keys are read again for a token that none of those has signed."""
AWAY_MS = 5_000
"""For so long a provider that could not be reached is not asked for its description again."""
MAX_KEYS = 100
_WELL_KNOWN = "/.well-known/openid-configuration"
_JSON = ("application/json", "application/jwk-set+json")
_log = logging.getLogger(__name__)


class HttpProvider:
    """Implements `services.oidc_logins.OidcProvider` over HTTP; thread-safe.

    Follows no redirect, and reads at most 1 MiB of an answer.
    """

    def __init__(self, issuer: str, client_id: str, secret: str | None, clock: Clock = system_clock) -> None:
        """Return one that has asked nothing yet; without a `secret` the client is a public one."""
        self._issuer = issuer
        self._local = issuer.startswith("http:")
        self._client_id = client_id
        self._secret = secret
        self._clock = clock
        self._tls = httpx.create_ssl_context()
        self._metadata: tuple[Mapping[str, object], int] | None = None
        self._absence: tuple[str, int] | None = None
        self._keys: tuple[list[Mapping[str, object]], int] | None = None

    def __repr__(self) -> str:
        return f"HttpProvider({self._issuer!r})"

    def authorization_url(self, asked: Mapping[str, str]) -> str:
        """Return where to send the browser with this request."""
        place = self._address("authorization_endpoint")
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}"

    def names_itself(self) -> bool:
        """Tell whether it always says who it is when it sends a browser back (RFC 9207)."""
        return self._document().get("authorization_response_iss_parameter_supported") is True

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        """Return what the code stands for."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        if self._secret is None:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in (ways := self._ways()):
            pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif "client_secret_post" in ways:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        else:
            raise refused(
                "oidc_provider", f"the provider takes no secret in any way that is known here: {shown(ways)}."
            )
        answer = self._ask("POST", self._address("token_endpoint"), headers, form)
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str):
            raise refused("oidc_provider", "the provider gave no ID token; is 'openid' among oidc_scopes?")
        return Tokens(id_token, access_token if isinstance(access_token, str) else None)

    def verified(self, id_token: str) -> Mapping[str, object]:
        """Return the claims of a token; an error of code `oidc_token` unless one of the provider's keys signed it."""
        signatures = PyJWS(algorithms=list(ALGORITHMS), options={"enforce_minimum_key_length": True})
        try:
            header = signatures.get_unverified_header(id_token)
        except (PyJWTError, ValueError, RecursionError) as error:
            raise refused("oidc_token", "the ID token is none.") from error
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise refused(
                "oidc_token", f"the ID token is signed with {shown(algorithm)}; allowed are asymmetric ones."
            )
        for key in self._keys_tried(algorithm, kid):
            try:
                content = signatures.decode(id_token, PyJWK(dict(key), algorithm), algorithms=[algorithm])
                claims: object = orjson.loads(content)
            except (PyJWTError, orjson.JSONDecodeError):
                continue
            if isinstance(claims, dict):
                return cast("dict[str, object]", claims)
        raise refused("oidc_token", "no key of the provider has signed the ID token.")

    def userinfo(self, access_token: str) -> Mapping[str, object]:
        """Return what else it says of somebody; nothing when it has no such address."""
        if "userinfo_endpoint" not in self._document():
            return {}
        return self._ask("GET", self._address("userinfo_endpoint"), {"authorization": f"Bearer {access_token}"})

    def _document(self) -> Mapping[str, object]:
        """Return the provider's description of itself, read again once in an hour; soon after it could not be reached
        the same error, without asking."""
        kept, now_ms = self._metadata, self._clock.now_ms()
        if kept is not None and 0 <= now_ms - kept[1] < MAX_AGE_MS:
            return kept[0]
        if self._absence is not None and 0 <= now_ms - self._absence[1] < AWAY_MS:
            raise _unavailable(self._absence[0])
        try:
            found = self._ask("GET", self._issuer.rstrip("/") + _WELL_KNOWN)
        except Unavailable as error:
            self._absence = (error.message, self._clock.now_ms())
            raise
        if found.get("issuer") != self._issuer:
            raise refused(
                "oidc_provider",
                f"the provider calls itself {shown(found.get('issuer'))}; set oidc_issuer to the very same.",
            )
        self._metadata = (found, self._clock.now_ms())
        return found

    def _address(self, name: str) -> str:
        place = self._document().get(name)
        if not isinstance(place, str) or not (is_secure(place) and (self._local or place.startswith("https:"))):
            raise refused("oidc_provider", f"the provider's {name} is no https URL: {shown(place)}.")
        return place

    def _ways(self) -> list[object]:
        """Return how the provider takes a client's secret, as it says or by default."""
        ways = self._document().get("token_endpoint_auth_methods_supported")
        return cast("list[object]", ways) if isinstance(ways, list) else ["client_secret_basic"]

    def _keys_tried(self, algorithm: str, kid: object) -> Iterator[Mapping[str, object]]:
        """Give the keys that may have signed a token; when none of those that are known has, they are read again."""
        now_ms = self._clock.now_ms()
        known = self._keys
        age_ms = MAX_AGE_MS if known is None else now_ms - known[1]
        if known is not None and 0 <= age_ms < MAX_AGE_MS:
            yield from (key for key in known[0] if _fits(key, algorithm, kid))
            if age_ms < REFETCH_MS:
                return
            self._keys = (known[0], now_ms)  # so that nobody else reads them for the same reason
        self._keys = (self._read_keys(), now_ms)
        yield from (key for key in self._keys[0] if _fits(key, algorithm, kid))

    def _read_keys(self) -> list[Mapping[str, object]]:
        keys = self._ask("GET", self._address("jwks_uri")).get("keys")
        if not isinstance(keys, list):
            raise refused("oidc_provider", "the provider has no list of keys at its jwks_uri.")
        listed = cast("list[object]", keys)
        return [cast("dict[str, object]", key) for key in listed[:MAX_KEYS] if isinstance(key, dict)]

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Mapping[str, object]:
        """Return the JSON object that the provider answers."""
        try:
            status, kind, body = asyncio.run(self._answer(method, url, headers or {}, form))
        except (httpx.HTTPError, TimeoutError) as error:
            raise _away(f"{method} {_place_of(url)} failed: {type(error).__name__}") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise refused("oidc_provider", f"{_place_of(url)} cannot be asked: {type(error).__name__}.") from error
        if status >= 500 or status == 429:
            raise _away(f"{method} {_place_of(url)} answered {status}")
        try:
            answer: object = orjson.loads(body) if kind in _JSON else None
        except orjson.JSONDecodeError:
            answer = None
        found = cast("dict[str, object]", answer) if isinstance(answer, dict) else None
        if status != 200 or found is None:
            said = "" if found is None or "error" not in found else f" ({shown(found['error'])})"
            what = "no JSON object" if status == 200 else f"{status}{said}"
            raise refused("oidc_provider", f"{method} {_place_of(url)} answered {what}.")
        return found

    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[int, str, bytes]:
        """Return an answer's status, content type and body. TimeoutError when it takes too long, however it does:
        awaited, since a blocking read can be bounded for each piece alone."""
        sent = {"accept": "application/json", "accept-encoding": "identity", **headers}
        async with (
            asyncio.timeout(DEADLINE_S),
            httpx.AsyncClient(verify=self._tls, timeout=TIMEOUT_S, follow_redirects=False) as http,
            http.stream(method, url, headers=sent, data=form) as response,
        ):
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return response.status_code, kind, await _bounded(response)


def _fits(key: Mapping[str, object], algorithm: str, kid: object) -> bool:
    return (
        key.get("kty") == ALGORITHMS[algorithm]
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
        and (kid is None or key.get("kid") == kid)
    )


async def _bounded(response: httpx.Response) -> bytes:
    """Return the body; `oidc_provider` when it is too large or encoded."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise refused("oidc_provider", "the provider's answer is compressed, which was not asked for.")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_BYTES:
            raise refused("oidc_provider", f"{_place_of(str(response.url))} answered more than {MAX_BYTES} bytes.")
    return bytes(body)


def _place_of(url: str) -> str:
    """Return a URL without its query, for messages."""
    return shown(url.partition("?")[0])


def _away(what: str) -> Unavailable:
    _log.warning("single sign-on: %s.", what)
    return _unavailable(f"single sign-on: {what}; try again later.")


def _unavailable(message: str) -> Unavailable:
    return Unavailable(message, retry_after_s=30.0, code="oidc_unavailable")
