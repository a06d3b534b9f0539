"""Single sign-on against a provider that answers what it should not, or not at all."""

import contextlib
import logging
import re
import socket
import threading
import time
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from lodeline.auth.oidc import Refusal
from lodeline.domain.errors import Unavailable
from lodeline.query.ast import Search
from lodeline.server import oidc
from lodeline.server.api import oidc_logins
from lodeline.server.api.oidc_logins import BEGIN_PATH
from lodeline.server.oidc import AWAY_MS, MAX_BYTES, REFETCH_MS, HttpProvider
from lodeline.server.single_sign_on import SingleSignOn
from tests.server.oidc_journey import SECRET, Journey, begun, refusal
from tests.server.oidc_tokens import CLIENT, PRIVATE, answering, public, signed
from tests.server.world import serve


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
    journey.world.clock.advance(AWAY_MS / 1000)
    assert journey.signed_in() == "/reviews"


def test_a_provider_that_was_just_away_is_not_asked_by_each_who_comes(journey: Journey) -> None:
    well_known = "/.well-known/openid-configuration"
    journey.provider.say(well_known, b"{}", status=503)
    asked = journey.provider.count(well_known)
    assert [begun(journey) for _ in range(3)] == [refusal("oidc_unavailable")] * 3
    assert journey.provider.count(well_known) == asked + 1
    journey.world.clock.advance(AWAY_MS / 1000)
    assert begun(journey) == refusal("oidc_unavailable")
    assert journey.provider.count(well_known) == asked + 2


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
