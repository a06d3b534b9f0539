"""Who single sign-on lets in, as which account, with which role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from lodeline.auth.actor import LOCAL
from lodeline.auth.oidc import ATTEMPT_MS, Attempt, OidcRules
from lodeline.auth.throttle import ADDRESS_LIMIT
from lodeline.domain.account import AccountChange, ExternalIdentity, Role
from lodeline.domain.errors import LodelineError, TooManyAttempts, Unauthenticated, Unavailable
from lodeline.domain.ids import DEFAULT_EXPERIMENT
from lodeline.services import oidc_logins
from lodeline.services.audit import audit_entry
from lodeline.services.logins import SignedIn
from lodeline.services.oidc_logins import OidcLoginService, Tokens
from tests.services.access import Access, open_access

ISSUER = "https://login.example.org"
RULES = OidcRules(ISSUER, "lodeline", roles=(("ops", "admin"), ("dev", "editor"), ("all", "viewer")))
BACK = "https://lodeline.example.org/api/v1/login/oidc/callback"


@dataclass
class Answers:
    """Stands for a provider that has verified `claims`; the real ones are in `tests/server`."""

    claims: dict[str, object] = field(default_factory=dict[str, object])
    away: bool = False

    def authorization_url(self, asked: Mapping[str, str]) -> str:
        return f"{ISSUER}/authorize?{asked['state']}"

    def names_itself(self) -> bool:
        return False

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        if self.away:
            raise Unavailable("away", code="oidc_unavailable")
        return Tokens("id", "access")

    def verified(self, id_token: str) -> Mapping[str, object]:
        return self.claims

    def userinfo(self, access_token: str) -> Mapping[str, object]:
        return {}


@dataclass
class Door:
    """Signs people in by single sign-on over one store."""

    access: Access
    provider: Answers = field(default_factory=Answers)
    rules: OidcRules = RULES

    def service(self) -> OidcLoginService:
        access = self.access
        return OidcLoginService(access.stores, access.credentials, self.rules, self.provider, access.clock)

    def sign_in(self, subject: str = "s-1", name: str = "ada@example.org", *groups: str) -> SignedIn:
        service, clock = self.service(), self.access.clock
        _, kept = service.begin("/reviews", redirect_uri=BACK)
        attempt = Attempt.unsealed(kept, self.access.credentials.secrets, now_ms=clock.now_ms())
        assert attempt is not None
        now_s = clock.now_ms() // 1000
        self.provider.claims = {
            "iss": ISSUER, "aud": "lodeline", "sub": subject, "nonce": attempt.nonce, "iat": now_s, "exp": now_s + 60,
            "email": name, "email_verified": True, "groups": list(groups),
        }  # fmt: skip
        answer = {"state": attempt.state, "code": "c"}
        return service.complete(answer, kept, redirect_uri=BACK, address="192.0.2.1")

    def refusal(self, *who: str) -> str:
        with pytest.raises(LodelineError) as caught:
            self.sign_in(*who)
        return caught.value.error_code


@pytest.fixture
def access() -> Iterator[Access]:
    with open_access() as opened:
        opened.account("root", "admin")
        yield opened


@pytest.fixture
def door(access: Access) -> Door:
    return Door(access)


def test_the_first_sign_in_makes_an_account_and_the_next_ones_find_it(door: Door, access: Access) -> None:
    first = door.sign_in("s-1", "ada@example.org", "dev")
    assert (first.account.name, first.account.role) == ("ada@example.org", "editor")
    assert first.account.external == ExternalIdentity(ISSUER, "s-1")
    assert access.logins.authenticate(first.secret)[0].account_id == first.account.account_id
    renamed = door.sign_in("s-1", "countess@example.org", "dev")
    assert renamed.account == first.account
    made, begun = access.trail()[1:3]
    assert (made.actor, made.action, made.details["method"]) == ("system", "account.create", "oidc")
    assert (begun.actor, begun.action) == ("ada@example.org", "login.begin")
    assert begun.details == {"method": "oidc", "address": "192.0.2.1"}


def test_it_has_no_password(door: Door, access: Access) -> None:
    door.sign_in()
    with pytest.raises(Unauthenticated):
        access.logins.sign_in("ada@example.org", "")


def test_no_name_leads_to_an_account_that_exists(door: Door, access: Access) -> None:
    ada = access.account("ada@example.org", "admin")
    for name in ("ada@example.org", "ADA@example.org"):
        assert door.refusal("s-9", name) == "oidc_taken"
    refused = access.trail()[-1]
    assert (refused.action, refused.details["reason"], refused.details["subject"]) == (
        "login.refuse", "oidc_taken", "s-9",
    )  # fmt: skip
    access.accounts.link(LOCAL, ada.account_id, ExternalIdentity(ISSUER, "s-9"))
    assert door.sign_in("s-9", "anything").account.account_id == ada.account_id
    access.accounts.unlink(LOCAL, ada.account_id)
    assert door.refusal("s-9", "ada@example.org") == "oidc_taken"


def test_another_person_of_that_name_at_the_provider_is_not_let_in(door: Door) -> None:
    door.sign_in("s-1", "ada@example.org")
    assert door.refusal("s-2", "ada@example.org") == "oidc_taken"


def test_the_same_subject_at_another_provider_is_another_person(door: Door, access: Access) -> None:
    ada = access.account("ada")
    access.accounts.link(LOCAL, ada.account_id, ExternalIdentity("https://other.example.org", "s-1"))
    assert door.sign_in("s-1", "grace").account.account_id != ada.account_id


def test_a_disabled_account_stays_out_and_its_role_as_it_is(door: Door, access: Access) -> None:
    made = door.sign_in("s-1", "ada", "all").account
    access.accounts.set_disabled(LOCAL, made.account_id, True)
    assert door.refusal("s-1", "ada", "dev") == "oidc_disabled"
    assert access.stores.accounts.get(made.account_id).role == "viewer"


@pytest.mark.parametrize(
    ("rules", "role"),
    [
        ({}, "viewer"),
        ({"resync_roles": False}, "admin"),
        ({"roles": ()}, "admin"),
        ({"default_role": "reviewer"}, "viewer"),
    ],
)
def test_a_role_follows_the_groups_unless_it_is_not_to(
    door: Door, access: Access, rules: dict[str, object], role: Role
) -> None:
    made = door.sign_in("s-1", "ada", "ops").account
    access.accounts.set_role(LOCAL, made.account_id, "editor", experiment_id=DEFAULT_EXPERIMENT)
    assert made.role == "admin"
    door.rules = replace(RULES, **rules)
    again = door.sign_in("s-1", "ada", "all").account
    assert again.role == role
    assert again.roles == {DEFAULT_EXPERIMENT: "editor"}
    changes = [entry for entry in access.trail() if entry.action == "account.set_role" and not entry.experiment_id]
    assert [(entry.actor, entry.details["role"]) for entry in changes] == (
        [] if role == "admin" else [("system", role)]
    )


def test_who_leaves_all_groups_has_no_role(door: Door) -> None:
    assert door.sign_in("s-1", "ada", "dev").account.role == "editor"
    assert door.sign_in("s-1", "ada").account.role is None
    door.rules = replace(RULES, default_role="reviewer")
    assert door.sign_in("s-1", "ada", "others").account.role == "reviewer"


def test_only_groups_are_let_in_where_that_is_asked(door: Door, access: Access) -> None:
    door.rules = replace(RULES, only_groups=True)
    assert door.refusal("s-2", "eve", "others") == "oidc_groups"
    assert door.sign_in("s-1", "ada", "dev").account.role == "editor"
    assert door.refusal("s-1", "ada") == "oidc_groups"
    assert [account.name for account in access.stores.accounts.list()] == ["ada", "root"]
    root = access.stores.accounts.credentials("root")
    assert root is not None
    access.accounts.link(LOCAL, root[0].account_id, ExternalIdentity(ISSUER, "s-root"))
    assert door.sign_in("s-root", "root@example.org").account.role == "admin"  # the last one
    door.rules = replace(RULES, only_groups=True, roles=())
    assert door.refusal("s-3", "eve") == "oidc_groups"
    assert door.sign_in("s-1", "ada").account.name == "ada"


def test_the_last_admin_keeps_the_role(access: Access, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    made = door.sign_in("s-1", "ada", "ops").account
    root = access.stores.accounts.credentials("root")
    assert root is not None
    access.accounts.set_role(LOCAL, root[0].account_id, None)
    assert door.sign_in("s-1", "ada", "all").account.role == "admin"
    assert "keeps the role admin" in caplog.text
    kept = next(entry for entry in access.trail() if entry.action == "account.keep_role")
    assert (kept.target, kept.details["role"]) == ("ada", "viewer")
    assert access.stores.accounts.get(made.account_id).role == "admin"


def test_before_set_up_only_an_admin_comes_in() -> None:
    with open_access() as access:
        door = Door(access)
        assert door.refusal("s-1", "ada", "dev") == "oidc_set_up"
        assert access.accounts.needs_set_up()
        assert door.sign_in("s-2", "grace", "ops").account.role == "admin"
        assert door.sign_in("s-1", "ada", "dev").account.role == "editor"


def test_there_are_not_more_accounts_than_may_be(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.sign_in("s-1", "ada")
    monkeypatch.setattr(oidc_logins, "MAX_ACCOUNTS", 2)
    assert door.refusal("s-2", "grace") == "oidc_full"
    assert door.sign_in("s-1", "ada").account.name == "ada"


def test_an_attempt_ends_after_ten_minutes_and_needs_its_cookie(door: Door, access: Access) -> None:
    service = door.service()
    _, kept = service.begin("/reviews", redirect_uri=BACK)
    _, other = service.begin("/reviews", redirect_uri=BACK)
    attempt = Attempt.unsealed(kept, access.credentials.secrets, now_ms=access.clock.now_ms())
    assert attempt is not None
    right = {"state": attempt.state, "code": "c"}
    assert service.destination(kept) == "/reviews"
    access.clock.advance(ATTEMPT_MS / 1000)
    for answer, cookie in ((right, kept), (right, None), (right, other), ({"code": "c"}, other), ({}, "x.y")):
        with pytest.raises(Unauthenticated) as caught:
            service.complete(answer, cookie, redirect_uri=BACK)
        assert caught.value.error_code == "oidc_expired"
    assert service.destination(kept) is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "access_denied", "error_description": "no"}, "oidc_denied"),
        ({"error": "access_denied", "code": "c"}, "oidc_denied"),
        ({}, "oidc_provider"),
        ({"code": ""}, "oidc_provider"),
        ({"code": "c", "iss": "https://evil.example.org"}, "oidc_provider"),
    ],
)
def test_an_answer_that_signs_nobody_in(door: Door, access: Access, answer: dict[str, str], code: str) -> None:
    service = door.service()
    _, kept = service.begin("/", redirect_uri=BACK)
    attempt = Attempt.unsealed(kept, access.credentials.secrets, now_ms=access.clock.now_ms())
    assert attempt is not None
    with pytest.raises(Unauthenticated) as caught:
        service.complete({"state": attempt.state, **answer}, kept, redirect_uri=BACK)
    assert caught.value.error_code == code
    said = {"said": answer["error"]} if "error" in answer else {}
    assert access.trail()[-1].details == {"method": "oidc", "reason": code, **said}


def test_many_refusals_from_an_address_make_it_wait_and_a_provider_that_is_away_does_not(
    door: Door, access: Access
) -> None:
    door.provider.away = True
    for _ in range(2 * ADDRESS_LIMIT.free):
        assert door.refusal() == "oidc_unavailable"
    door.provider.away = False
    for _ in range(2 * ADDRESS_LIMIT.free):
        door.sign_in()
    refusals = len(access.trail())
    for _ in range(2 * ADDRESS_LIMIT.free):
        with pytest.raises(Unauthenticated):  # to nothing that was begun: any page can send a browser here
            door.service().complete({}, None, redirect_uri=BACK, address="192.0.2.1")
    assert len(access.trail()) == refusals
    for _ in range(ADDRESS_LIMIT.free):
        assert door.refusal("s-2", "no name") == "oidc_name"
    with pytest.raises(TooManyAttempts):
        door.sign_in()
    assert len(access.trail()) == refusals + ADDRESS_LIMIT.free


def test_an_account_that_is_shut_out_at_this_moment_gets_no_login(
    door: Door, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = door.sign_in().account
    add_login = access.stores.keys.add_login

    def shut_out(*arguments: object, **named: object) -> None:
        add_login(*arguments, **named)  # pyright: ignore[reportArgumentType] - as they came
        change = AccountChange(disabled=True, end_logins=False)
        access.stores.accounts.update(made.account_id, change, audit=audit_entry(LOCAL, "x.y", "z", at_ms=1))

    monkeypatch.setattr(access.stores.keys, "add_login", shut_out)
    with pytest.raises(Unauthenticated, match="changed at this moment"):
        door.sign_in()
    assert "login.end" in access.actions()
