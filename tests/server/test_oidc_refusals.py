"""Single sign-on against a provider that answers what it should not."""

import base64
import contextlib
import hmac
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.datastructures import QueryParams

from lodeline.auth.actor import LOCAL
from lodeline.auth.oidc import ATTEMPT_MS, Refusal
from lodeline.domain.errors import Unavailable
from lodeline.query.ast import Search
from lodeline.server import oidc
from lodeline.server.access import COOKIE as LOGIN
from lodeline.server.api import oidc_logins
from lodeline.server.api.oidc_logins import BEGIN_PATH, CALLBACK_PATH, COOKIE, answer_of
from lodeline.server.oidc import MAX_AGE_MS, MAX_BYTES, REFETCH_MS, HttpProvider
from lodeline.server.single_sign_on import SingleSignOn
from tests.server.oidc_tokens import CLIENT, PRIVATE, Provider, answering, public, signed
from tests.server.world import World, serve
from tests.services.access import PASSWORD

SECRET = "not for anybody else"


@dataclass
class Journey:
    """A browser, a server of ours, and a provider."""

    world: World
    provider: Provider

    def begin(self, to: str = "/reviews") -> tuple[dict[str, str], str]:
        """Go to the provider; return what it was asked, and the cookie."""
        answer = self.world.client.get(BEGIN_PATH, params={"to": to}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        place = urlsplit(answer.headers["location"])
        assert f"{place.scheme}://{place.netloc}{place.path}" == f"{self.provider.url}/authorize"
        return dict(parse_qsl(place.query)), answer.cookies[COOKIE]

    def claims(self, asked: Mapping[str, str], **more: object) -> dict[str, object]:
        """Return the claims of a right token, and others."""
        now_s = self.world.clock.now_ms() // 1000
        return {
            "iss": self.provider.url, "aud": CLIENT, "sub": "s-1", "nonce": asked["nonce"], "iat": now_s,
            "exp": now_s + 300, "email": "ada@example.org", "email_verified": True, **more,
        }  # fmt: skip

    def come_back(self, query: Mapping[str, str], cookie: str | None):
        """Come back from the provider with these parameters, and with a cookie alone."""
        self.world.client.cookies.clear()
        headers = {} if cookie is None else {"cookie": f"{COOKIE}={cookie}"}
        return self.world.client.get(CALLBACK_PATH, params=dict(query), headers=headers, follow_redirects=False)

    def outcome(self, token: str, asked: Mapping[str, str], cookie: str) -> str:
        """Come back while the provider gives this token; return where that leads."""
        self.provider.give(token)
        return self.come_back({"state": asked["state"], "code": "c-1"}, cookie).headers["location"]

    def signed_in(self, **claims: object) -> str:
        """Sign in with a right token but for these claims; return where that leads."""
        asked, cookie = self.begin()
        return self.outcome(signed(self.claims(asked, **claims)), asked, cookie)


def refusal(code: str) -> str:
    return f"/sign-in?error={code}&back=%2Freviews"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "client.secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def journey(secret_file: Path) -> Iterator[Journey]:
    with (
        answering() as provider,
        serve(
            auth=True,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret_file=str(secret_file),
            oidc_default_role="none",
        ) as world,
    ):
        world.services.accounts.create(LOCAL, "root", role="admin", password=PASSWORD)
        yield Journey(world, provider)


def test_a_right_token_signs_in(journey: Journey) -> None:
    asked, cookie = journey.begin("/experiments/1/traces?filter=state+%3D+'OK'")
    assert asked["redirect_uri"] == f"http://127.0.0.1:5000{CALLBACK_PATH}"
    assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == (
        "code", "openid email profile", "S256",
    )  # fmt: skip
    journey.provider.give(signed(journey.claims(asked)))
    answer = journey.come_back({"state": asked["state"], "code": "c-1", "session_state": "theirs"}, cookie)
    assert answer.headers["location"] == "/experiments/1/traces?filter=state+%3D+'OK'"
    cookies = answer.headers.get_list("set-cookie")
    login = next(each for each in cookies if each.startswith(f"{LOGIN}="))
    assert "HttpOnly" in login
    assert "SameSite=strict" in login
    gone = next(each for each in cookies if each.startswith(f"{COOKIE}="))
    assert "Max-Age=0" in gone
    assert f"Path={CALLBACK_PATH}" in gone
    me = journey.world.client.get("/api/v1/me").json()
    assert (me["kind"], me["name"], me["role"], me["sign_in_with"]) == ("account", "ada@example.org", None, None)
    _, headers, form = next(each for each in journey.provider.asked if each[0] == "/token")
    assert form["code"] == ["c-1"]
    assert form["redirect_uri"] == [asked["redirect_uri"]]
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"lodeline:not+for+anybody+else"


def test_the_cookie_of_an_attempt_is_for_the_callback_alone(journey: Journey) -> None:
    answer = journey.world.client.get(BEGIN_PATH, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert f"Path={CALLBACK_PATH};" in cookie
    for word in ("HttpOnly", "SameSite=lax", "Max-Age=600"):
        assert word in cookie


def test_nobody_is_told_by_what_name_to_sign_in(journey: Journey) -> None:
    me = journey.world.client.get("/api/v1/me").json()
    assert (me["kind"], me["sign_in_with"]) == ("anonymous", "single sign-on")


@pytest.mark.parametrize("key", ["rsa", "ec", "ed"])
def test_keys_of_every_kind_sign(journey: Journey, key: str) -> None:
    algorithms = {"rsa": "PS512", "ec": "ES256", "ed": "EdDSA"}
    asked, cookie = journey.begin()
    assert (
        journey.outcome(signed(journey.claims(asked), key=key, algorithm=algorithms[key]), asked, cookie)
        == "/reviews"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["lodeline", "another"]},
        {"azp": "another"},
        {"iss": "https://evil.example.org"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": None},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(journey: Journey, wrong: dict[str, object]) -> None:
    assert journey.signed_in(**wrong) == refusal("oidc_token")
    assert journey.world.client.get("/api/v1/me").json()["kind"] == "anonymous"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"email_verified": False}, "oidc_email"),
        ({"email": "a b"}, "oidc_name"),
        ({"email": "root"}, "oidc_taken"),
    ],
)
def test_a_person_who_is_not_let_in(journey: Journey, wrong: dict[str, object], code: str) -> None:
    assert journey.signed_in(**wrong) == refusal(code)


def unsigned(claims: Mapping[str, object], header: Mapping[str, object], secret: bytes | None = None) -> str:
    """Return a token that is signed with a secret, or not at all; made by hand, as PyJWT refuses to."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    body = b".".join(parts)
    proof = b"" if secret is None else hmac.digest(secret, body, "sha256")
    return (body + b"." + base64.urlsafe_b64encode(proof).rstrip(b"=")).decode()


def tampered(
    claims: Mapping[str, object], *, body: Mapping[str, object] | None = None, proof: str | None = None
) -> str:
    """Return a right token with another body or signature."""
    head, said, signature = signed(claims).split(".")
    other = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode() if body else said
    return f"{head}.{other}.{signature if proof is None else signature[: -len(proof) or None] + proof}"


PEM = PRIVATE["rsa"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
FORGED: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "none": lambda claims: unsigned(claims, {"alg": "none"}),
    "none, written otherwise": lambda claims: unsigned(claims, {"alg": "None", "kid": "rsa"}),
    "no algorithm": lambda claims: unsigned(claims, {"kid": "rsa"}),
    "the public key as a secret": lambda claims: unsigned(claims, {"alg": "HS256", "kid": "rsa"}, PEM),
    "the client's secret": lambda claims: unsigned(claims, {"alg": "HS256"}, SECRET.encode()),
    "several algorithms": lambda claims: unsigned(claims, {"alg": ["RS256"], "kid": "rsa"}),
    "no signature": lambda claims: unsigned(claims, {"alg": "RS256", "kid": "rsa"}),
    "a key id that is no text": lambda claims: unsigned(claims, {"alg": "RS256", "kid": 7}),
    "an unknown key": lambda claims: signed(claims, key="other"),
    "an unknown key under a known name": lambda claims: signed(claims, key="other", kid="rsa"),
    "a key of its own": lambda claims: signed(claims, jwk=public("other"), key="other", kid="x"),
    "the name of a key of another kind": lambda claims: signed(claims, kid="ec"),
    "another kind under that name": lambda claims: signed(claims, key="ec", algorithm="ES256", kid="rsa"),
    "another subject": lambda claims: tampered(claims, body={**claims, "sub": "s-2"}),
    "another signature": lambda claims: tampered(claims, proof="AAAA"),
    "two parts": lambda claims: signed(claims).rpartition(".")[0],
    "five parts": lambda claims: f"{signed(claims)}.a.b",
    "a deep header": lambda claims: base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".e30.AAAA",
    "no token": lambda claims: "no token",
    "nothing": lambda claims: "",
}


@pytest.mark.parametrize("forgery", FORGED)
def test_what_no_key_of_the_provider_has_signed_is_refused(journey: Journey, forgery: str) -> None:
    asked, cookie = journey.begin()
    claims = journey.claims(asked)
    assert journey.outcome(FORGED[forgery](claims), asked, cookie) == refusal("oidc_token")
    assert journey.outcome(signed(claims), asked, cookie) == "/reviews"


@pytest.mark.parametrize(
    "key",
    [
        public("rsa", alg="PS256"),
        public("rsa", use="enc"),
        public("rsa", kty="EC"),
        public("rsa", n="AA"),
        public("rsa", n=7),
        {},
        1,
    ],
)
def test_a_key_that_is_for_something_else_signs_nothing(journey: Journey, key: object) -> None:
    journey.provider.say("/jwks", {"keys": [key]})
    assert journey.signed_in() == refusal("oidc_token")


def test_a_short_key_signs_nothing(journey: Journey) -> None:
    journey.provider.say("/jwks", {"keys": [public("short")]})
    asked, cookie = journey.begin()
    body = unsigned(journey.claims(asked), {"alg": "RS256", "kid": "short"}).removesuffix(".")
    proof = PRIVATE["short"].sign(body.encode(), PKCS1v15(), SHA256())
    token = f"{body}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"
    assert journey.outcome(token, asked, cookie) == refusal("oidc_token")


def test_keys_are_read_again_for_an_unknown_one_but_seldom(journey: Journey) -> None:
    assert journey.signed_in() == "/reviews"
    for _ in range(3):
        asked, cookie = journey.begin()
        token = signed(journey.claims(asked), key="other")
        assert journey.outcome(token, asked, cookie) == refusal("oidc_token")
    assert journey.provider.count("/jwks") == 1
    journey.world.clock.advance(REFETCH_MS / 1000)
    journey.provider.say("/jwks", {"keys": [public("other")]})
    asked, cookie = journey.begin()
    assert journey.outcome(signed(journey.claims(asked), key="other"), asked, cookie) == "/reviews"
    assert journey.provider.count("/jwks") == 2
    journey.world.clock.advance(MAX_AGE_MS / 1000)
    journey.provider.say("/jwks", {"keys": [public("rsa")]})
    asked, cookie = journey.begin()
    assert journey.outcome(signed(journey.claims(asked), key="other"), asked, cookie) == refusal("oidc_token")
    assert journey.provider.count("/.well-known/openid-configuration") == 2


def test_an_answer_is_taken_once(journey: Journey) -> None:
    asked, cookie = journey.begin()
    assert journey.outcome(signed(journey.claims(asked)), asked, cookie) == "/reviews"
    # The browser has forgotten the cookie; and for who kept it the provider redeems no code twice.
    answer = journey.come_back({"state": asked["state"], "code": "c-1"}, None)
    assert answer.headers["location"] == "/sign-in?error=oidc_expired"
    journey.provider.say("/token", {"error": "invalid_grant"}, status=400)
    answer = journey.come_back({"state": asked["state"], "code": "c-1"}, cookie)
    assert answer.headers["location"] == refusal("oidc_provider")


def test_an_answer_to_another_browser_or_with_a_changed_cookie_is_refused_unasked(journey: Journey) -> None:
    asked, cookie = journey.begin()
    other, _ = journey.begin()
    body, _, proof = cookie.partition(".")
    padded = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    forged = base64.urlsafe_b64encode(padded.replace(b"/reviews", b"//evil.e")).rstrip(b"=").decode()
    for query, kept in (
        ({"state": other["state"], "code": "c"}, cookie),
        ({"code": "c"}, cookie),
        ({"state": asked["state"], "code": "c"}, f"{forged}.{proof}"),
        ({"state": asked["state"], "code": "c"}, f"{body}.{proof[:-1]}"),
        ({"state": asked["state"], "code": "c"}, body),
        ({"state": asked["state"], "code": "c"}, "."),
        ({}, None),
    ):
        location = journey.come_back(query, kept).headers["location"]
        assert location in {"/sign-in?error=oidc_expired", refusal("oidc_expired")}
    journey.world.clock.advance(ATTEMPT_MS / 1000)
    late = journey.come_back({"state": asked["state"], "code": "c"}, cookie)
    assert late.headers["location"] == "/sign-in?error=oidc_expired"
    assert journey.provider.count("/token") == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("code=b", "oidc_provider"),
        ("state=b", "oidc_expired"),
        ("iss={issuer}&iss=https://evil.example.org", "oidc_provider"),
        ("iss=https://evil.example.org&iss={issuer}", "oidc_provider"),
        ("error=", "oidc_denied"),
    ],
)
def test_parameters_that_come_twice_say_nothing(journey: Journey, more: str, code: str) -> None:
    asked, cookie = journey.begin()
    journey.provider.give(signed(journey.claims(asked)))
    path = f"{CALLBACK_PATH}?state={asked['state']}&code=a&{more.format(issuer=journey.provider.url)}"
    answer = journey.world.client.get(path, headers={"cookie": f"{COOKIE}={cookie}"}, follow_redirects=False)
    assert answer.headers["location"] == refusal(code)
    assert journey.provider.count("/token") == 0


def test_any_number_of_other_parameters_is_passed_over() -> None:
    """Were each looked for among all, this would take hours."""
    many = "&".join(f"x{number}" for number in range(300_000))
    assert answer_of(QueryParams(f"{many}&state=a&code=b&code=c")) == {"state": "a"}


@pytest.mark.parametrize(
    "to", ["//evil.example.org", "https://evil.example.org", "/\\evil.example.org", "/api/v1/me"]
)
def test_no_other_place_is_gone_to(journey: Journey, to: str) -> None:
    asked, cookie = journey.begin(to)
    assert journey.outcome(signed(journey.claims(asked)), asked, cookie) == "/experiments"


def test_nothing_of_the_address_is_repeated(journey: Journey) -> None:
    asked, cookie = journey.begin()
    answer = journey.come_back(
        {"state": asked["state"], "error": "<b>call us</b>", "error_description": "evil", "error_uri": "evil"}, cookie
    )
    assert answer.headers["location"] == refusal("oidc_denied")
    assert b"evil" not in answer.content


def test_an_issuer_that_is_named_has_to_be_the_one_that_was_asked(journey: Journey) -> None:
    asked, cookie = journey.begin()
    journey.provider.give(signed(journey.claims(asked)))
    query = {"state": asked["state"], "code": "c"}
    wrong = journey.come_back({**query, "iss": "https://evil.example.org"}, cookie)
    assert wrong.headers["location"] == refusal("oidc_provider")
    assert journey.come_back({**query, "iss": journey.provider.url}, cookie).headers["location"] == "/reviews"


def test_a_provider_that_always_names_itself_has_to(journey: Journey) -> None:
    journey.provider.describe(authorization_response_iss_parameter_supported=True)
    assert journey.signed_in() == refusal("oidc_provider")


def begun(journey: Journey) -> str:
    answer = journey.world.client.get(BEGIN_PATH, params={"to": "/reviews"}, follow_redirects=False)
    assert COOKIE not in answer.cookies
    return answer.headers["location"]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://evil.example.org/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://["},
        {"authorization_endpoint": 7},
        {"padding": "x" * (MAX_BYTES + 1)},
    ],
)
def test_a_description_that_is_wrong_leads_nowhere(
    journey: Journey, document: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    journey.provider.describe(**document)
    assert begun(journey) == refusal("oidc_provider")
    assert "single sign-on: " in caplog.text


@pytest.mark.parametrize(
    ("status", "kind", "body", "code"),
    [
        (200, "text/html", b"{}", "oidc_provider"),
        (200, "application/json", b"[]", "oidc_provider"),
        (200, "application/json", b"{", "oidc_provider"),
        (404, "application/json", b"{}", "oidc_provider"),
        (302, "application/json", b"{}", "oidc_provider"),
        (500, "application/json", b"{}", "oidc_unavailable"),
        (429, "application/json", b"{}", "oidc_unavailable"),
    ],
)
def test_an_answer_that_is_none(journey: Journey, status: int, kind: str, body: bytes, code: str) -> None:
    journey.provider.say("/.well-known/openid-configuration", body, status=status, kind=kind)
    assert begun(journey) == refusal(code)
    assert journey.provider.count("/elsewhere") == 0
    journey.provider.describe()
    assert journey.signed_in() == "/reviews"


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "xn--"])
def test_a_host_that_is_no_name(journey: Journey, host: str) -> None:
    journey.provider.describe(token_endpoint=f"https://{host}/token")
    assert journey.signed_in() in {refusal("oidc_provider"), refusal("oidc_unavailable")}


def test_an_access_token_that_is_none(journey: Journey) -> None:
    asked, cookie = journey.begin()
    bare = {name: value for name, value in journey.claims(asked).items() if name != "email"}
    journey.provider.give(signed(bare), access_token="\u20ac")
    answer = journey.come_back({"state": asked["state"], "code": "c-1"}, cookie)
    assert answer.headers["location"] == refusal("oidc_provider")


def test_keys_without_names_are_read_again_once_they_have_changed(journey: Journey) -> None:
    def outcome(key: str) -> str:
        asked, cookie = journey.begin()
        token = jwt.encode(journey.claims(asked), PRIVATE[key], "RS256")
        return journey.outcome(token, asked, cookie)

    nameless = [{name: value for name, value in public(key).items() if name != "kid"} for key in ("rsa", "other")]
    journey.provider.say("/jwks", {"keys": nameless[:1]})
    assert outcome("rsa") == "/reviews"
    journey.provider.say("/jwks", {"keys": nameless[1:]})
    assert outcome("other") == refusal("oidc_token")
    journey.world.clock.advance(REFETCH_MS / 1000)
    assert outcome("other") == "/reviews"
    assert outcome("rsa") == refusal("oidc_token")
    assert journey.provider.count("/jwks") == 2


def test_an_answer_that_never_ends_is_given_up(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a piece of it comes: here a byte of a header every now and then."""
    monkeypatch.setattr(oidc, "DEADLINE_S", 0.5)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while True:
                    connection.sendall(b"y")
                    time.sleep(0.05)
            ended.set()

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        provider = HttpProvider(f"http://127.0.0.1:{listener.getsockname()[1]}", CLIENT, None)
        with pytest.raises(Unavailable, match="TimeoutError"):
            provider.authorization_url({})
        assert ended.wait(60)
        dripping.join()


def test_an_answer_that_is_compressed(journey: Journey, caplog: pytest.LogCaptureFixture) -> None:
    journey.provider.encoding = "gzip"
    assert begun(journey) == refusal("oidc_provider")
    assert "compressed" in caplog.text


def test_the_page_has_a_sentence_for_each_refusal() -> None:
    words = (Path(__file__).parents[2] / "ui/src/strings/frame.ts").read_text(encoding="utf-8")
    named = set(re.findall(r"^ +(oidc_\w+): \"", words, re.MULTILINE))
    assert named == {*get_args(Refusal), "oidc_unavailable"}


def test_a_server_starts_without_its_provider_and_says_that_it_is_away() -> None:
    with answering() as provider:
        pass
    with serve(auth=True, oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_name="Example") as world:
        assert begun(Journey(world, provider)) == refusal("oidc_unavailable")
        assert world.client.get("/api/v1/me").json()["sign_in_with"] == "Example"


def test_what_the_token_lacks_is_asked_for(journey: Journey) -> None:
    journey.provider.say("/userinfo", {"sub": "s-1", "email": "late@example.org", "email_verified": True})
    assert journey.signed_in(email=None, email_verified=None) == refusal("oidc_name")
    asked, cookie = journey.begin()
    bare = {name: value for name, value in journey.claims(asked).items() if not name.startswith("email")}
    assert journey.outcome(signed(bare), asked, cookie) == "/reviews"
    assert journey.world.client.get("/api/v1/me").json()["name"] == "late@example.org"
    _, headers, _ = next(each for each in journey.provider.asked if each[0] == "/userinfo")
    assert headers["authorization"] == "Bearer at-secret"
    journey.provider.say("/userinfo", {"sub": "s-2", "email": "root@example.org", "email_verified": True})
    asked, cookie = journey.begin()
    bare["nonce"] = asked["nonce"]
    assert journey.outcome(signed(bare), asked, cookie) == refusal("oidc_token")


@pytest.mark.parametrize(
    ("ways", "where"), [(["client_secret_post"], "form"), (["private_key_jwt"], None), (None, "header")]
)
def test_the_secret_goes_as_the_provider_wants_it(
    journey: Journey, ways: list[str] | None, where: str | None
) -> None:
    journey.provider.describe(token_endpoint_auth_methods_supported=ways)
    assert journey.signed_in() == ("/reviews" if where else refusal("oidc_provider"))
    sent = [(headers, form) for path, headers, form in journey.provider.asked if path == "/token"]
    assert len(sent) == (1 if where else 0)
    for headers, form in sent:
        assert ("authorization" in headers) == (where == "header")
        assert (form.get("client_secret") == [SECRET]) == (where == "form")


def test_no_secret_and_no_token_is_in_a_log_or_an_error(journey: Journey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked, cookie = journey.begin()
    token = signed(journey.claims(asked, aud="another"))
    assert journey.outcome(token, asked, cookie) == refusal("oidc_token")
    journey.provider.say("/token", {"error": "invalid_client", "error_description": SECRET}, status=401)
    answer = journey.come_back({"state": asked["state"], "code": "code-1"}, cookie)
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx2"]  # the browser's client
    trail = journey.world.services.stores.audit.search(Search(limit=100)).items
    logged = f"{ours} {trail} {answer.headers} {HttpProvider('https://a.example.org', CLIENT, SECRET)!r}"
    assert "invalid_client" in logged
    assert "login.refuse" in logged
    for secret in (SECRET, "code-1", token, "at-secret", asked["nonce"]):
        assert secret not in logged


def test_behind_https_the_cookies_insist_on_it() -> None:
    with (
        answering() as provider,
        serve(auth=True, oidc_issuer=provider.url, oidc_client_id=CLIENT, secure_cookies=True) as world,
    ):
        answer = world.client.get(BEGIN_PATH, follow_redirects=False)
        assert answer.headers["set-cookie"].startswith("__Host-lodeline_oidc=")
        assert "; Path=/; " in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"]
        assert parse_qs(urlsplit(answer.headers["location"]).query)["client_id"] == [CLIENT]


def test_a_provider_that_stalls_holds_up_nobody_else(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, go_on = threading.Event(), threading.Event()
    right = journey.provider.answers["/.well-known/openid-configuration"]

    def stalling() -> tuple[int, str, bytes]:
        arrived.set()
        assert go_on.wait(60)
        return right()

    journey.provider.answers["/.well-known/openid-configuration"] = stalling
    single: SingleSignOn = journey.world.app.state.single_sign_on
    single.places.total_tokens = 1
    monkeypatch.setattr(oidc_logins, "MAX_WAITING", 1)
    found: list[str] = []

    def begin() -> None:
        answer = journey.world.client.get(BEGIN_PATH, follow_redirects=False)
        found.append(answer.headers["location"].partition("?")[0])

    threads = [threading.Thread(target=begin) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        assert arrived.wait(60)
        until = time.monotonic() + 60
        while single.places.statistics().tasks_waiting < 1 and time.monotonic() < until:
            time.sleep(0.01)
        assert begun(journey) == refusal("oidc_unavailable")
        assert journey.world.client.get("/api/v1/me").status_code == 200
        assert found == []
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
    assert found == [f"{journey.provider.url}/authorize"] * 2
