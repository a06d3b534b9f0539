"""The way of a browser through single sign-on, at a provider that `oidc_tokens` makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from lodeline.server.api.oidc_logins import BEGIN_PATH, CALLBACK_PATH, COOKIE
from tests.server.oidc_tokens import CLIENT, Provider, signed
from tests.server.world import World

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


def begun(journey: Journey) -> str:
    answer = journey.world.client.get(BEGIN_PATH, params={"to": "/reviews"}, follow_redirects=False)
    assert COOKIE not in answer.cookies
    return answer.headers["location"]
