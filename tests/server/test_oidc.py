"""Single sign-on with a certified provider, in a process of its own."""

import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from lodeline.auth.actor import LOCAL
from lodeline.auth.credentials import Credentials
from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, random_pepper
from lodeline.auth.throttle import Throttle
from lodeline.domain.errors import Invalid, Unsupported
from lodeline.server.api.oidc_logins import BEGIN_PATH
from lodeline.server.app import close_app, create_app, services_of
from lodeline.server.settings import Settings, load_settings
from lodeline.storage.open import open_stores
from tests.e2e.harness import serving
from tests.e2e.oidc_provider import SECRET, providing, sign_in_at
from tests.server.world import BASE
from tests.services.access import CHEAP, PASSWORD

PEOPLE: Mapping[str, Mapping[str, object]] = {
    "sub-ada": {"email": "ada@example.org", "email_verified": True, "groups": ["staff", "ops"]},
    "sub-bob": {"email": "bob@example.org", "email_verified": True, "preferred_username": "bob"},
    "sub-eve": {"email": "ada@example.org", "email_verified": False},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with providing(PEOPLE) as url:
        yield url


def secret_file(folder: Path) -> str:
    path = folder / "client.secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return str(path)


@contextmanager
def door(issuer: str, client: str, folder: Path, **flags: object) -> Generator[TestClient]:
    """Give a browser at a server in process that signs people in by the provider, by the system's clock."""
    secret = {} if client == "public" else {"oidc_client_secret_file": secret_file(folder)}
    base = {"store": "memory:", "auth": True, "oidc_issuer": issuer, "oidc_client_id": client}
    settings = load_settings(flags={**base, "oidc_default_role": "none", **secret, **flags})
    credentials = Credentials(Passwords(CHEAP), SecretHasher(random_pepper()), Throttle())
    app = create_app(settings, credentials=credentials)
    services_of(app).accounts.create(LOCAL, "root", role="admin", password=PASSWORD)
    try:
        with TestClient(app, base_url=BASE, follow_redirects=False) as browser:
            yield browser
    finally:
        close_app(app)


def sign_in(browser: TestClient, subject: str, to: str = "/reviews") -> str:
    """Sign in at the provider, come back, and return where that leads."""
    place = browser.get(BEGIN_PATH, params={"to": to}).headers["location"]
    back = urlsplit(sign_in_at(place, subject))
    return browser.get(f"{back.path}?{back.query}").headers["location"]


def who(browser: TestClient) -> tuple[str, str | None]:
    me = browser.get("/api/v1/me").json()
    return me["name"], me["role"]


@pytest.mark.parametrize("client", ["basic", "public", "es256", "ps256", "eddsa"])
def test_somebody_signs_in_by_every_kind_of_client_and_key(issuer: str, client: str, tmp_path: Path) -> None:
    with door(issuer, client, tmp_path) as browser:
        assert sign_in(browser, "sub-ada") == "/reviews"
        assert who(browser) == ("ada@example.org", None)
        csrf = browser.get("/api/v1/me").json()["csrf_token"]
        assert browser.post("/api/v1/logout", headers={"x-lodeline-csrf": csrf}).status_code == 204
        assert who(browser)[0] == "anonymous"
        assert sign_in(browser, "sub-ada", "//evil.example.org") == "/experiments"


def test_groups_give_roles(issuer: str, tmp_path: Path) -> None:
    roles = ["staff=viewer", "ops=admin", "cn=a,ou=b=editor"]
    scopes = ["openid", "email", "groups"]
    with door(
        issuer, "basic", tmp_path, oidc_roles=roles, oidc_scopes=scopes, oidc_default_role="reviewer"
    ) as browser:
        assert sign_in(browser, "sub-ada") == "/reviews"
        assert who(browser) == ("ada@example.org", "admin")
        assert sign_in(browser, "sub-bob") == "/reviews"
        assert who(browser) == ("bob@example.org", "reviewer")


def test_who_is_in_none_of_the_groups_is_not_let_in_by_default(issuer: str, tmp_path: Path) -> None:
    groups = {"oidc_roles": ["ops=admin"], "oidc_scopes": ["openid", "email", "groups"]}
    with door(issuer, "basic", tmp_path, oidc_default_role=None, **groups) as browser:
        assert sign_in(browser, "sub-bob") == "/sign-in?error=oidc_groups&back=%2Freviews"
        assert sign_in(browser, "sub-ada") == "/reviews"


def test_claims_may_come_in_the_token(tmp_path: Path) -> None:
    with providing(PEOPLE, in_token=True) as issuer:
        flags = {"oidc_account_claim": "preferred_username", "oidc_roles": ["ops=admin"]}
        with door(issuer, "basic", tmp_path, **flags) as browser:
            assert sign_in(browser, "sub-bob") == "/reviews"
            assert who(browser) == ("bob", None)
            assert sign_in(browser, "sub-ada") == "/sign-in?error=oidc_name&back=%2Freviews"


def test_an_address_that_is_not_verified_lets_nobody_in(issuer: str, tmp_path: Path) -> None:
    with door(issuer, "basic", tmp_path) as browser:
        assert sign_in(browser, "sub-eve") == "/sign-in?error=oidc_email&back=%2Freviews"
        assert who(browser)[0] == "anonymous"


def test_a_wrong_secret_is_the_provider_s_refusal(issuer: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.secret"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    with door(issuer, "basic", tmp_path, oidc_client_secret_file=str(wrong)) as browser:
        assert sign_in(browser, "sub-ada") == "/sign-in?error=oidc_provider&back=%2Freviews"


def test_an_answer_is_taken_once(issuer: str, tmp_path: Path) -> None:
    with door(issuer, "basic", tmp_path) as browser:
        place = browser.get(BEGIN_PATH).headers["location"]
        kept = browser.cookies["lodeline_oidc"]
        back = urlsplit(sign_in_at(place, "sub-ada"))
        address, headers = f"{back.path}?{back.query}", {"cookie": f"lodeline_oidc={kept}"}
        assert browser.get(address).headers["location"] == "/experiments"
        browser.cookies.clear()
        assert browser.get(address).headers["location"] == "/sign-in?error=oidc_expired"
        assert browser.get(address, headers=headers).headers["location"] == "/sign-in?error=oidc_provider"


def test_one_process_goes_on_with_what_another_began(issuer: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    open_stores(str(store)).close()
    flags = {"LODELINE_OIDC_ISSUER": issuer, "LODELINE_OIDC_CLIENT_ID": "public", "LODELINE_OIDC_ROLES": "ops=admin"}
    environ = {**flags, "LODELINE_OIDC_SCOPES": "openid,email,groups"}
    with serving(store, "--auth", "--workers", "2", env=environ) as server:
        for _ in range(4):
            with server.http() as browser, server.http() as elsewhere:
                began = browser.get(BEGIN_PATH)
                kept = browser.cookies["lodeline_oidc"]
                answer = elsewhere.get(
                    sign_in_at(began.headers["location"], "sub-ada"), headers={"cookie": f"lodeline_oidc={kept}"}
                )
                assert answer.headers["location"] == "/experiments"
                me = elsewhere.get("/api/v1/me").json()
                assert (me["name"], me["role"]) == ("ada@example.org", "admin")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True)
    return done.stdout


def test_a_server_without_single_sign_on_loads_nothing_for_it() -> None:
    made = "import sys; from lodeline.server.app import *; a = create_app(Settings(store='memory:')); close_app(a)"
    assert run(f"{made}; print(*{{'jwt', 'cryptography', 'lodeline.server.oidc'}} & set(sys.modules))").split() == []


@pytest.mark.parametrize("missing", ["jwt", "cryptography"])
def test_without_the_extra_a_server_says_how_to_install_it(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from lodeline.server.app import *\n"
        "from lodeline.domain.errors import Unsupported\n"
        "settings = Settings(store='memory:', auth=True, oidc_issuer='https://a.example', oidc_client_id='b')\n"
        "try: create_app(settings)\n"
        "except Unsupported as error: print(error)\n"
    )
    assert f"needs the package {missing}; install it with: pip install 'lodeline[server,oidc]'" in run(code)


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0o600, "cannot be read"),
        ("s", 0o644, "chmod 600"),
        (" \n", 0o600, "holds no text"),
        ("a\nb", 0o600, "one line"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, content: str | None, mode: int, said: str
) -> None:
    path = tmp_path / "client.secret"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    settings = Settings(
        store="memory:", auth=True, oidc_issuer="https://a.example", oidc_client_id="b",
        oidc_client_secret_file=str(path),
    )  # fmt: skip
    with pytest.raises(Invalid, match=said) as caught:
        create_app(settings)
    assert caught.value.message.startswith("oidc_client_secret_file: ")
    assert not issubclass(Unsupported, type(caught.value))
