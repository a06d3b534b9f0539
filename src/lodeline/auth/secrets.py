"""Secrets: what API keys and browser logins look like, and how they are kept.

An API key reads ``ldl_<scope>_<8 visible><43 secret><6 check>`` in base 62: secret scanners find it by
`KEY_PATTERN`, people tell keys apart by the visible part, a cut or mistyped one is known by its check without asking
the store, and the 43 secret characters alone are 256 bits. Stores hold only keyed hashes of secrets: a stolen
database opens nothing. The key of the hash, the pepper, is a file beside the database.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import string
import zlib
from pathlib import Path

from lodeline.domain.account import SCOPES, Scope
from lodeline.domain.errors import Invalid

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
VISIBLE_CHARACTERS = 8
SECRET_CHARACTERS = 43
CHECK_CHARACTERS = 6
KEY_PATTERN = r"\bldl_(?:metrics|ingest|read|write|admin)_[0-9A-Za-z]{57}\b"
PEPPER_BYTES = 32
PEPPER_FILE = "secret.key"

_KEY = re.compile(KEY_PATTERN)


def new_key(scopes: tuple[Scope, ...]) -> tuple[str, str]:
    """Return a fresh API key and its visible prefix; the key's text names the widest of its scopes."""
    widest = max(scopes, key=SCOPES.index)
    prefix = f"ldl_{widest}_{_random(VISIBLE_CHARACTERS)}"
    body = prefix + _random(SECRET_CHARACTERS)
    return body + _check(body), prefix


def is_key(text: str) -> bool:
    """Tell whether `text` is a whole and correctly copied API key, of this or any other store."""
    body, check = text[:-CHECK_CHARACTERS], text[-CHECK_CHARACTERS:]
    return _KEY.fullmatch(text) is not None and same_secret(_check(body), check)


def new_login_secret() -> str:
    """Return a fresh secret for the cookie of a browser login: 256 bits."""
    return _random(SECRET_CHARACTERS)


def new_csrf_token() -> str:
    """Return a fresh token that a page of ours sends back and a foreign page cannot know: 256 bits."""
    return _random(SECRET_CHARACTERS)


def same_secret(left: str, right: str) -> bool:
    """Tell whether two secrets are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


class SecretHasher:
    """Keyed hashes of secrets. One instance per store, with the store's pepper; never shows it."""

    __slots__ = ("_pepper",)

    def __init__(self, pepper: bytes):
        if len(pepper) != PEPPER_BYTES:
            raise Invalid(f"pepper: {len(pepper)} bytes given; {PEPPER_BYTES} random ones are needed.")
        self._pepper = pepper

    def key_hash(self, key: str) -> bytes:
        """Return what the store knows an API key by."""
        return self._digest(key, b"lodeline key")

    def login_hash(self, secret: str) -> bytes:
        """Return what the store knows a browser login by."""
        return self._digest(secret, b"lodeline login")

    def attempt_hash(self, text: str) -> str:
        """Return what proves that this server wrote what a browser keeps while it is at the provider."""
        return self._digest(text, b"lodeline oidc").hex()

    def setup_token(self) -> str:
        """Return the token that proves, at first-run set-up, access to the server's output: 100 bits, in groups.

        The same in every process of the store, so it needs no place to be kept.
        """
        digest = self._digest("", b"lodeline setup")
        number = int.from_bytes(digest, "big")
        letters = "".join(_EASY[(number >> (5 * place)) & 31] for place in range(20))
        return "-".join(letters[start : start + 5] for start in range(0, 20, 5))

    def _digest(self, secret: str, purpose: bytes) -> bytes:
        data = secret.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=32, key=self._pepper, person=purpose).digest()


_EASY = "23456789abcdefghijkmnpqrstuvwxyz"
"""32 characters that are hard to mistake for each other."""


def random_pepper() -> bytes:
    """Return a fresh pepper, for a store that lives only as long as its process."""
    return secrets.token_bytes(PEPPER_BYTES)


def load_pepper(directory: Path) -> bytes:
    """Return the pepper of the store in `directory`, made at first use: the file "secret.key", for its owner alone.

    Processes that start together agree on one. Without the file every key and login of the store is void: back it up
    with the store. Invalid when it is damaged, or when others may read it.
    """
    path = directory / PEPPER_FILE
    if not path.exists():
        _create(path)
    pepper = path.read_bytes()
    if len(pepper) != PEPPER_BYTES:
        raise Invalid(
            f"{path}: {len(pepper)} bytes instead of {PEPPER_BYTES}; put back the file from a backup, or delete it"
            " and make all API keys anew."
        )
    if os.name == "posix" and path.stat().st_mode & 0o007:
        raise Invalid(f"{path}: every user of this machine may read it; run: chmod 600 {path}")
    return pepper


def _create(path: Path) -> None:
    """Write the file whole and durably under another name, then give it its name unless another process was first."""
    draft = path.with_name(f"{PEPPER_FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(random_pepper())
            file.flush()
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
        except OSError:
            # A file system without hard links: of two processes that start there at the same moment, one may have to
            # be started again.
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _random(characters: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(characters))


def _check(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits: list[str] = []
    for _ in range(CHECK_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
