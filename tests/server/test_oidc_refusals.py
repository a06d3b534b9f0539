"""Whom single sign-on refuses: tokens, people, and answers that belong to nothing."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.datastructures import QueryParams

from lodeline.auth.actor import LOCAL
from lodeline.auth.oidc import ATTEMPT_MS
from lodeline.server.access import COOKIE as LOGIN
from lodeline.server.api.oidc_logins import BEGIN_PATH, CALLBACK_PATH, COOKIE, answer_of
from lodeline.server.oidc import MAX_AGE_MS, REFETCH_MS
from tests.server.oidc_journey import SECRET, Journey, refusal
from tests.server.oidc_tokens import PRIVATE, public, signed


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


def test_nobody_is_linked_to_a_provider_that_no_one_signs_in_by(journey: Journey) -> None:
    services, client = journey.world.services, journey.world.client
    (root,) = services.accounts.list(LOCAL)
    key = services.keys.create(LOCAL, "links", ["admin"], owner_id=root.account_id)
    place, headers = f"/api/v1/accounts/{root.account_id}/external", {"authorization": f"Bearer {key.secret}"}
    other = {"issuer": "https://login.example.com", "subject": "s-1"}
    answer = client.put(place, headers=headers, json=other)
    assert answer.status_code == 400
    assert all(
        word in answer.json()["detail"] for word in ("issuer", "https://login.example.com", journey.provider.url)
    )
    answer = client.put(place, headers=headers, json={**other, "issuer": journey.provider.url})
    assert answer.json()["external"] == {"issuer": journey.provider.url, "subject": "s-1"}
