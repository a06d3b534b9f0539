"""What of single sign-on is pure: attempts, claims, names, roles."""

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.auth.oidc import (
    ATTEMPT_MS,
    HOME,
    Attempt,
    OidcRules,
    Person,
    check_claims,
    completed,
    is_complete,
    page_path,
    person_of,
)
from lodeline.auth.secrets import SecretHasher, random_pepper
from lodeline.domain.account import ROLES, ExternalIdentity, is_account_name
from lodeline.domain.errors import Unauthenticated

NOW_MS = 1_790_000_000_000
NOW_S = NOW_MS // 1000
RULES = OidcRules("https://login.example.org", "lodeline", roles=(("ops", "admin"), ("all", "viewer")))
CLAIMS: dict[str, object] = {
    "iss": "https://login.example.org", "aud": "lodeline", "sub": "s-1", "nonce": "n", "iat": NOW_S,
    "exp": NOW_S + 60, "email": "ada@example.org", "email_verified": True, "groups": ["all"],
}  # fmt: skip
HASHER = SecretHasher(random_pepper())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def check(**claims: object) -> None:
    check_claims(CLAIMS | claims, RULES, nonce="n", now_ms=NOW_MS)


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"aud": ["lodeline"]},
        {"aud": ["other", "lodeline"], "azp": "lodeline"},
        {"exp": NOW_S - 59},
        {"iat": NOW_S + 60},
        {"exp": NOW_S + 0.5, "nbf": NOW_S},
    ],
)
def test_a_right_token_passes(right: dict[str, object]) -> None:
    check(**right)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://login.example.org/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": []},
        {"aud": {"lodeline": 1}},
        {"aud": ["lodeline", "other"]},
        {"azp": "other"},
        {"aud": ["lodeline", "other"], "azp": "other"},
        {"nonce": "N"},
        {"nonce": None},
        {"nonce": ["n"]},
        {"exp": NOW_S - 60},
        {"exp": None},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": 10**400},
        {"exp": str(NOW_S + 60)},
        {"iat": NOW_S + 61},
        {"iat": None},
        {"nbf": NOW_S + 61},
        {"nbf": "soon"},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\nb"},
    ],
)
def test_a_wrong_token_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated) as caught:
        check(**wrong)
    assert caught.value.error_code == "oidc_token"


@given(st.sampled_from(sorted(CLAIMS)), JSON)
def test_no_claim_of_any_form_is_more_than_refused(name: str, value: object) -> None:
    claims = CLAIMS | {name: value}
    try:
        check_claims(claims, RULES, nonce="n", now_ms=NOW_MS)
        outcome = person_of(claims, RULES)
    except Unauthenticated as refusal:
        outcome = refusal.error_code
    if isinstance(outcome, Person):
        assert is_account_name(outcome.name)
        assert outcome.identity.issuer == RULES.issuer
    else:
        assert outcome in {"oidc_token", "oidc_name", "oidc_email"}


@pytest.mark.parametrize("name", ["system", "Local", "anonymous"])
def test_nobody_is_named_as_the_server_is(name: str) -> None:
    with pytest.raises(Unauthenticated, match="no name for an account"):
        person_of(CLAIMS | {"preferred_username": name}, replace(RULES, account_claim="preferred_username"))


def test_groups_that_are_elsewhere_are_not_taken_for_none() -> None:
    linked = {name: value for name, value in CLAIMS.items() if name != "groups"} | {
        "_claim_names": {"groups": "src1"}
    }
    with pytest.raises(Unauthenticated, match="too many groups"):
        person_of(linked, RULES)
    assert person_of(linked, replace(RULES, roles=())).groups == ()


@given(st.sets(st.sampled_from(["ops", "all", "none of ours"])))
def test_the_strongest_role_of_all_groups_holds(groups: set[str]) -> None:
    expected = "admin" if "ops" in groups else "viewer" if "all" in groups else None
    assert RULES.role_of(sorted(groups)) == expected
    assert replace(RULES, default_role="reviewer").role_of(["x"]) == "reviewer"


def test_a_stronger_default_does_not_win_over_a_group() -> None:
    assert replace(RULES, default_role="editor").role_of(["all"]) == "viewer"
    assert {
        OidcRules("i", "c", roles=tuple((role, role) for role in ROLES)).role_of(ROLES[n:]) for n in range(4)
    } == {*ROLES}


@pytest.mark.parametrize(
    ("groups", "found"), [(["a", 1, "b"], ("a", "b")), ("a", ("a",)), (None, ()), ({"a": 1}, ())]
)
def test_groups_are_one_text_or_a_list(groups: object, found: tuple[str, ...]) -> None:
    assert person_of(CLAIMS | {"groups": groups}, RULES).groups == found


@pytest.mark.parametrize("verified", [True, "true"])
def test_a_verified_address_names_the_account(verified: object) -> None:
    person = person_of(CLAIMS | {"email_verified": verified}, RULES)
    assert (person.name, person.identity) == ("ada@example.org", ExternalIdentity(RULES.issuer, "s-1"))


@pytest.mark.parametrize("verified", [False, None, "false", 1, [True], {}])
def test_an_address_that_is_not_verified_is_refused(verified: object) -> None:
    with pytest.raises(Unauthenticated) as caught:
        person_of(CLAIMS | {"email_verified": verified}, RULES)
    assert caught.value.error_code == "oidc_email"


@pytest.mark.parametrize("name", [None, "", 7, "a b", "ädä", "x" * 101, "-a"])
def test_what_is_no_name_for_an_account_is_refused(name: object) -> None:
    with pytest.raises(Unauthenticated) as caught:
        person_of(CLAIMS | {"preferred_username": name}, replace(RULES, account_claim="preferred_username"))
    assert caught.value.error_code == "oidc_name"


def test_another_claim_needs_no_verified_address() -> None:
    rules = replace(RULES, account_claim="preferred_username")
    assert person_of(CLAIMS | {"preferred_username": "ada", "email_verified": False}, rules).name == "ada"


@pytest.mark.parametrize(
    ("token", "more", "verified"),
    [
        ({}, {"email": "a@b.c", "email_verified": True}, True),
        ({"email": "a@b.c"}, {"email": "a@b.c", "email_verified": True}, True),
        ({"email": "a@b.c"}, {"email": "x@b.c", "email_verified": True}, None),
        ({"email": "a@b.c"}, {"email_verified": True}, None),
        ({"email_verified": True}, {"email": "a@b.c"}, None),
        ({"email_verified": True}, {"email": "a@b.c", "email_verified": False}, False),
        ({"email": "a@b.c", "email_verified": False}, {"email": "a@b.c", "email_verified": True}, False),
    ],
)
def test_verified_counts_for_the_very_address(
    token: dict[str, object], more: dict[str, object], verified: object
) -> None:
    found = completed({"sub": "s", **token}, {"sub": "s", **more})
    assert found["email_verified"] is verified
    assert found["email"] == token.get("email", "a@b.c") if "email" in token or "email" in more else True


def test_userinfo_of_somebody_else_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        completed({"sub": "s"}, {"sub": "t", "email": "a@b.c"})
    with pytest.raises(Unauthenticated):
        completed({"sub": "s"}, {"email": "a@b.c"})


def test_userinfo_is_asked_only_for_what_is_read() -> None:
    assert is_complete(CLAIMS, RULES)
    for name in ("email", "email_verified", "groups"):
        rest = {key: value for key, value in CLAIMS.items() if key != name}
        assert not is_complete(rest, RULES)
    assert is_complete({"email": "", "email_verified": False}, replace(RULES, roles=()))


@pytest.mark.parametrize(
    "to", ["/", "/experiments/1/traces?filter=a+%3D+'b'&x=1#y", "/reviews", "/a//b", "/settings/ü", "/x?filter=/../"]
)
def test_a_path_of_the_page_is_gone_to(to: str) -> None:
    assert page_path(to) == to


@pytest.mark.parametrize(
    "to",
    [
        "", "experiments", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
        "https:/evil", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/a\\b",
        "/a\r\nset-cookie: a=b", "/./api/v1/logout", "/x/../api/v1/logout", "/.//evil.example",
        "/api/v1/logout", "/sign-in?back=/sign-in", "/v1/traces", "/\ud800",
    ],
)  # fmt: skip
def test_anything_else_leads_home(to: str) -> None:
    assert page_path(to) == HOME


def test_an_attempt_comes_back_as_it_was_for_ten_minutes() -> None:
    attempt = Attempt.begin("/reviews", now_ms=NOW_MS)
    kept = attempt.sealed(HASHER)
    assert Attempt.unsealed(kept, HASHER, now_ms=NOW_MS + ATTEMPT_MS - 1) == attempt
    assert Attempt.unsealed(kept, HASHER, now_ms=NOW_MS + ATTEMPT_MS) is None
    assert Attempt.unsealed(kept, SecretHasher(random_pepper()), now_ms=NOW_MS) is None
    assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3
    assert attempt.verifier not in repr(attempt)


@pytest.mark.parametrize(("letter", "kept"), [("a", True), ("ü", False), ("'", True), ("\U0001f600", False)])
def test_the_longest_path_still_fits_into_a_cookie(letter: str, kept: bool) -> None:
    path = "/" + letter * 1_999
    found = Attempt.unsealed(Attempt.begin(path, now_ms=NOW_MS).sealed(HASHER), HASHER, now_ms=NOW_MS)
    assert found is not None
    assert found.to == (path if kept else HOME)


@given(st.text(max_size=2_100))
def test_whatever_path_is_asked_for_comes_back(text: str) -> None:
    attempt = Attempt.begin(f"/{text}", now_ms=NOW_MS)
    assert Attempt.unsealed(attempt.sealed(HASHER), HASHER, now_ms=NOW_MS) == attempt


@given(st.data())
def test_a_cookie_with_any_character_changed_is_none(data: st.DataObject) -> None:
    kept = Attempt.begin("/reviews", now_ms=NOW_MS).sealed(HASHER)
    at = data.draw(st.integers(0, len(kept) - 1))
    other = data.draw(st.characters().filter(lambda found: found != kept[at]))
    assert Attempt.unsealed(kept[:at] + other + kept[at + 1 :], HASHER, now_ms=NOW_MS) is None


@given(st.text())
def test_no_text_of_others_is_an_attempt(text: str) -> None:
    assert Attempt.unsealed(text, HASHER, now_ms=NOW_MS) is None


def test_the_challenge_is_that_of_the_standard() -> None:
    attempt = Attempt("s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "/", 0)
    assert attempt.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    assert base64.urlsafe_b64decode(attempt.challenge + "=") == digest
