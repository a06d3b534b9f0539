"""What single sign-on needs of this machine: its packages, and the file with the client's secret."""

import os
from importlib.util import find_spec
from pathlib import Path

from lodeline.domain.errors import Invalid, Unsupported
from lodeline.server.settings import Settings

MAX_SECRET_BYTES = 10_000


def check_oidc(settings: Settings) -> None:
    """Return when single sign-on is not set up, or can be: loads none of its packages.

    Unsupported without the extra `oidc`; Invalid as of `client_secret`.
    """
    if not settings.oidc_issuer:
        return
    for package in ("jwt", "cryptography"):
        if find_spec(package) is None:
            raise Unsupported(
                f"oidc_issuer: single sign-on needs the package {package}; install it with: "
                "pip install 'lodeline[server,oidc]'"
            )
    client_secret(settings.oidc_client_secret_file)


def client_secret(file: str) -> str | None:
    """Return the secret in a file, without white space around it; None for no file.

    Invalid when it cannot be read, holds no text, or when every user of this machine may read it. No message shows
    it.
    """
    if not file:
        return None
    path = Path(file)
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_SECRET_BYTES)
        exposed = os.name == "posix" and bool(path.stat().st_mode & 0o007)
    except OSError as error:
        raise Invalid(
            f"oidc_client_secret_file: {path} cannot be read ({error.strerror}); check the path."
        ) from error
    if exposed:
        raise Invalid(f"oidc_client_secret_file: every user of this machine may read {path}; run: chmod 600 {path}")
    secret = data.decode("utf-8", "replace").strip()
    if not secret or not secret.isprintable():
        raise Invalid(
            f"oidc_client_secret_file: {path} holds no text of one line; write the client's secret into it."
        )
    return secret
