"""A provider of OpenID Connect whose every answer a test decides: real HTTP, real keys, tokens of its own making."""

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

CLIENT = "lodeline"
PRIVATE: Mapping[str, Any] = {
    "rsa": new_rsa(65_537, 2048),
    "other": new_rsa(65_537, 2048),
    "short": new_rsa(65_537, 1024),  # noqa: S505 - to be refused
    "ec": new_ec(SECP256R1()),
    "ed": Ed25519PrivateKey.generate(),
}


def public(name: str, **more: object) -> dict[str, object]:
    """Return the public key of that name as a JWK."""
    key = PRIVATE[name].public_key()
    if isinstance(PRIVATE[name], RSAPrivateKey):
        shown = RSAAlgorithm.to_jwk(key)
    elif isinstance(PRIVATE[name], EllipticCurvePrivateKey):
        shown = ECAlgorithm.to_jwk(key)
    else:
        shown = OKPAlgorithm.to_jwk(key)
    return {**json.loads(shown), "kid": name, **more}


@dataclass
class Provider:
    """What it answers, by path, and what it was asked; `url` is its issuer."""

    url: str = ""
    encoding: str | None = None
    answers: dict[str, Callable[[], tuple[int, str, bytes]]] = field(
        default_factory=dict[str, Callable[[], tuple[int, str, bytes]]]
    )
    asked: list[tuple[str, Mapping[str, str], dict[str, list[str]]]] = field(
        default_factory=list[tuple[str, Mapping[str, str], dict[str, list[str]]]]
    )

    def say(self, path: str, value: object, *, status: int = 200, kind: str = "application/json") -> None:
        """Answer a path with JSON, or with bytes as they are."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.answers[path] = lambda: (status, kind, body)

    def describe(self, **more: object) -> None:
        """Answer with its description of itself; a value of None leaves one out."""
        whole: dict[str, object] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            **more,
        }
        described = {name: value for name, value in whole.items() if value is not None}
        self.say("/.well-known/openid-configuration", described)

    def give(self, id_token: str, **more: object) -> None:
        """Give this token for every code."""
        self.say("/token", {"id_token": id_token, "token_type": "Bearer", "access_token": "at-secret", **more})

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(1 for asked, _, _ in self.asked if asked == path)


def signed(claims: Mapping[str, object], *, key: str = "rsa", algorithm: str = "RS256", **header: object) -> str:
    """Return a token with these claims; its header names the key unless it is given otherwise."""
    return jwt.encode(dict(claims), PRIVATE[key], algorithm, headers={"kid": key, **header})


@contextmanager
def answering() -> Generator[Provider]:
    """Give a provider on a free port that describes itself and has the keys `rsa`, `ec` and `ed`."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self.answer(parse_qs(body.decode()))

        def answer(self, form: dict[str, list[str]]) -> None:
            path = self.path.partition("?")[0]
            provider.asked.append((path, {k.lower(): v for k, v in self.headers.items()}, form))
            status, kind, body = provider.answers.get(path, lambda: (404, "text/plain", b""))()
            self.send_response(status)
            self.send_header("content-type", kind)
            if provider.encoding is not None:
                self.send_header("content-encoding", provider.encoding)
            if status in {301, 302, 307}:
                self.send_header("location", f"{provider.url}/elsewhere")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    provider.describe()
    provider.say("/jwks", {"keys": [public("rsa"), public("ec"), public("ed")]})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
