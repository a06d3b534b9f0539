"""Where a login's cookie may go."""

import httpx
import pytest

from lodeline.sdk.client.connection import Connection


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("http://127.0.0.1:5000", False),
        ("http://localhost", False),
        ("http://[::1]:5000", False),
        ("http://lodeline.example.org", True),
        ("http://10.0.0.1", True),
        ("https://127.0.0.1", True),
    ],
)
def test_a_cookie_for_https_goes_in_the_clear_to_this_machine_alone(url: str, secure: bool) -> None:
    request = httpx.Request("POST", url)
    cookies = httpx.Cookies()
    cookies.extract_cookies(httpx.Response(200, headers={"set-cookie": "a=b; Secure; Path=/"}, request=request))
    Connection.of(url, None).keep_login(cookies)
    assert [cookie.secure for cookie in cookies.jar] == [secure]
