"""What guards every request: Host header, other origins, CSRF, security headers, body bounds, request ids."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.domain.account import Allowed, Identity
from lodeline.domain.ids import ExperimentId
from lodeline.sdk.client.decoding import decode
from lodeline.server.access import COOKIE
from lodeline.server.security import HostGuard, host_of
from tests.server.world import ROLE_NAMES, RoleName, World, populated, serve
from tests.services.access import PASSWORD

API = "/api/v1"
FOREIGN = {"origin": "https://evil.example"}
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as opened:
        yield opened


async def _nothing(*_: object) -> None:
    raise AssertionError("not reached")


@pytest.mark.parametrize(
    ("host", "bound", "admitted"),
    [
        ("127.0.0.1:5000", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("app.localhost:5000", "127.0.0.1", True),
        ("[::1]:5000", "127.0.0.1", True),
        ("127.8.9.1", "127.0.0.1", True),
        ("evil.example", "127.0.0.1", False),
        ("evil.example:5000", "127.0.0.1", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("192.168.1.5:5000", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
        ("192.168.1.5:5000", "0.0.0.0", True),
        ("[2001:db8::1]", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("me.example.org", "0.0.0.0", True),
        ("x.sub.example.net", "0.0.0.0", True),
        ("sub.example.net", "0.0.0.0", False),
        ("notsub.example.net", "0.0.0.0", False),
        ("server.lan:80", "server.lan", True),
        ("SERVER.LAN", "server.lan", True),
    ],
)
def test_the_host_header_must_name_this_server(host: str | None, bound: str, admitted: bool) -> None:
    guard = HostGuard(_nothing, bound=bound, allowed=["Me.example.org", "*.sub.example.net"])
    assert guard.admits(host) is admitted


def test_a_foreign_host_header_is_refused_on_every_path(world: World) -> None:
    for path in ("/health", f"{API}/traces", "/nowhere"):
        answer = world.client.get(path, headers={"host": "evil.example"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "host_not_allowed"
        assert "evil.example" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("a.b:80", "a.b"), ("[::1]:80", "::1"), ("::1", "::1"), ("A", "a"), ("", ""), ("[", ""), (":", "")],
)
def test_the_host_of_a_header(host: str, expected: str) -> None:
    assert host_of(host) == expected


def test_a_page_of_another_site_changes_nothing(world: World) -> None:
    for headers in (FOREIGN, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"origin": "http://localhost:1"}):
        for method, path in (("POST", f"{API}/experiments/0/purge"), ("DELETE", f"{API}/x")):
            answer = world.client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed"), (method, path, headers)


def test_the_servers_own_page_may_change_things(world: World) -> None:
    headers = {"origin": "http://127.0.0.1:5000", "sec-fetch-site": "same-origin"}
    assert world.client.post(f"{API}/experiments", json={"name": "a"}, headers=headers).status_code == 201


def test_another_site_may_not_read_what_it_fetched(world: World) -> None:
    answer = world.client.get(f"{API}/traces", headers=FOREIGN)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_preflights_of_unlisted_origins_are_refused(world: World) -> None:
    answer = world.client.options(f"{API}/traces", headers=FOREIGN | PREFLIGHT)
    assert answer.status_code == 403
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_listed_origins_may_call_with_credentials() -> None:
    with serve(cors_origins=["https://app.example"]) as world:
        listed = {"origin": "https://app.example"}
        preflight = world.client.options(f"{API}/experiments", headers=listed | PREFLIGHT)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "https://app.example"
        assert preflight.headers["access-control-allow-headers"] == "content-type"
        answer = world.client.post(f"{API}/experiments", json={"name": "a"}, headers=listed)
        assert answer.status_code == 201
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "origin" in answer.headers["vary"].lower()
        assert world.client.post(f"{API}/experiments", json={"name": "b"}, headers=FOREIGN).status_code == 403


@pytest.mark.parametrize("path", ["/health", f"{API}/traces", f"{API}/nowhere", f"{API}/docs", "/v1/traces"])
def test_every_answer_carries_the_security_headers(world: World, path: str) -> None:
    headers = world.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_a_login_is_a_cookie_that_scripts_and_other_sites_cannot_use() -> None:
    with populated() as world:
        body = {"name": "editor", "password": PASSWORD}
        cookie = world.client.post(f"{API}/login", json=body).headers["set-cookie"].lower()
        for part in ("httponly", "samesite=strict", "path=/", f"{COOKIE}="):
            assert part in cookie
        assert "secure" not in cookie


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host() -> None:
    with serve(auth=True, secure_cookies=True) as world:
        token = world.services.accounts.setup_token()
        body = {"token": token, "name": "root", "password": PASSWORD}
        assert world.client.post(f"{API}/setup", json=body).status_code == 201
        answer = world.client.post(f"{API}/login", json={"name": "root", "password": PASSWORD})
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__host-lodeline_login=")
        assert "secure" in cookie


def test_a_cookie_alone_changes_nothing() -> None:
    with populated() as world:
        cookie = {"cookie": world.headers["admin"]["cookie"]}
        assert world.client.get(f"{API}/experiments", headers=cookie).status_code == 200
        for wrong in (
            {},
            {"x-lodeline-csrf": "guess"},
            {"x-lodeline-csrf": world.headers["editor"]["x-lodeline-csrf"]},
        ):
            answer = world.client.post(f"{API}/experiments", json={"name": "a"}, headers=cookie | wrong)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        assert world.services.stores.experiments.find("a") is None


def test_signing_in_and_out_through_the_api() -> None:
    with populated() as world:
        client = world.client
        wrong = client.post(f"{API}/login", json={"name": "editor", "password": "wrong password"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")
        assert "set-cookie" not in wrong.headers
        identity = client.post(f"{API}/login", json={"name": "editor", "password": PASSWORD}).json()
        assert (identity["kind"], identity["name"], identity["role"]) == ("account", "editor", "editor")
        me = client.get(f"{API}/me").json()
        assert me == identity
        token = {"x-lodeline-csrf": me["csrf_token"]}
        assert (
            client.post(f"{API}/experiments", json={"name": "mine"}, headers=token).json()["created_by"] == "editor"
        )
        assert client.post(f"{API}/logout").status_code == 403
        assert client.post(f"{API}/logout", headers=token).status_code == 204
        assert client.get(f"{API}/me").json()["kind"] == "anonymous"


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_everybody_is_told_what_they_may_do_and_that_is_what_the_policy_says(role: RoleName) -> None:
    with populated() as world:
        told = decode(Identity, world.client.get(f"{API}/me", headers=world.headers[role]).json())
        one = world.names["experiment"]
        expected = {
            "admin": (True, True, True, True), "editor": (True, True, False, True),
            "viewer": (True, False, False, False), "reviewer": (False, False, False, False),
            "nobody": (False, False, False, False), "ingest": (False, False, False, False),
        }  # fmt: skip
        asked = ("trace.read", "trace.edit", "experiment.purge")
        assert (*(told.may(each, one) for each in asked), told.may("experiment.create")) == expected[role]
        assert told.may("trace.ingest", one) == (role in {"admin", "editor", "ingest"})


def test_roles_in_single_experiments_and_the_bounds_of_a_key_are_told() -> None:
    with populated() as world:
        ingest = decode(Identity, world.client.get(f"{API}/me", headers=world.headers["ingest"]).json())
        one = world.names["experiment"]
        assert ingest.experiment_actions["trace.ingest"] == Allowed((ExperimentId(one),), all_but=False)
        assert (ingest.may("trace.ingest"), ingest.may("trace.ingest", "77")) == (True, False)
        assert (ingest.may("trace.edit"), ingest.server_actions) == (False, ("server.read",))
        world.services.accounts.set_role(LOCAL, "editor", "viewer", experiment_id=ExperimentId(one))
        editor = decode(Identity, world.client.get(f"{API}/me", headers=world.headers["editor"]).json())
        assert editor.experiment_actions["trace.edit"] == Allowed((ExperimentId(one),), all_but=True)
        assert (editor.may("trace.edit", one), editor.may("trace.edit", "77")) == (False, True)


def test_an_ended_login_is_no_longer_good() -> None:
    with populated() as world:
        headers = world.headers["viewer"]
        world.clock.advance(13 * 3600)
        answer = world.client.get(f"{API}/me", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_many_wrong_passwords_are_slowed_down() -> None:
    with populated() as world:
        body = {"name": "editor", "password": "wrong password"}
        statuses = {world.client.post(f"{API}/login", json=body).status_code for _ in range(30)}
        assert statuses == {401, 429}
        refused = world.client.post(f"{API}/login", json={"name": "editor", "password": PASSWORD})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "Bearer ldl_read_nonsense", "x"])
def test_credentials_that_are_none_are_refused_not_ignored(header: str) -> None:
    with populated() as world:
        for path in (f"{API}/me", "/v1/traces"):
            method = "GET" if path.endswith("me") else "POST"
            headers = {"authorization": header, "content-type": "application/x-protobuf"}
            assert world.client.request(method, path, headers=headers).status_code == 401


def test_a_revoked_key_is_useless_at_once() -> None:
    with populated() as world:
        secret = {"x-lodeline-key": world.names["viewer_secret"]}
        assert world.client.get(f"{API}/traces", headers=secret).status_code == 200
        key = world.names["viewer_key"]
        assert world.client.delete(f"{API}/keys/{key}", headers=world.headers["admin"]).status_code == 200
        assert world.client.get(f"{API}/traces", headers=secret).status_code == 401


def test_bodies_over_the_bound_are_refused_stated_or_not() -> None:
    with serve(max_json_bytes=1000) as world:
        body = b'{"name": "' + b"a" * 2000 + b'"}'
        headers = {"content-type": "application/json"}
        stated = world.client.post(f"{API}/experiments", content=body, headers=headers)
        streamed = world.client.post(f"{API}/experiments", content=iter([body[:900], body[900:]]), headers=headers)
        for answer in (stated, streamed):
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_request_is_named_by_its_client_or_by_the_server(world: World) -> None:
    assert world.client.get("/health", headers={"x-request-id": "mine-1"}).headers["x-request-id"] == "mine-1"
    for bad in ("a" * 65, "a b", "a\tb"):
        given = world.client.get(f"{API}/nowhere", headers={"x-request-id": bad})
        assert given.headers["x-request-id"].startswith("rq-")
        assert given.json()["request_id"] == given.headers["x-request-id"]
