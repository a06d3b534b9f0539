import pytest

from lodeline.domain.account import (
    SCOPES,
    check_account_name,
    check_scopes,
    is_account_name,
)
from lodeline.domain.errors import Invalid


@pytest.mark.parametrize("name", ["a", "ada", "Ada.Lovelace+test@example.org", "0", "x" * 100])
def test_good_account_names_pass(name: str):
    assert check_account_name(name) == name
    assert is_account_name(name)


@pytest.mark.parametrize("name", ["", " ada", "ada ", "ada\n", ".ada", "a/b", "é", "a\x00", "x" * 101, "\ud800"])
def test_bad_account_names_are_refused_with_what_is_expected(name: str):
    assert not is_account_name(name)
    with pytest.raises(Invalid, match="account name") as refused:
        check_account_name(name)
    assert refused.value.details["field"] == "account name"


def test_scopes_are_a_closed_set():
    assert check_scopes(("write", "ingest", "metrics", "write")) == ("metrics", "ingest", "write")
    assert check_scopes(SCOPES) == SCOPES
    for bad in ("owner", "", "Admin"):
        with pytest.raises(Invalid, match="ingest, read, write, admin"):
            check_scopes(("read", bad))
    with pytest.raises(Invalid, match="none given"):
        check_scopes(())
