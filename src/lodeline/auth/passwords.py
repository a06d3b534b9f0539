"""Passwords: which are good enough, and how they are kept (Argon2id, RFC 9106)."""

import base64
import secrets
import threading
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from lodeline.domain.errors import Invalid, Unavailable

MIN_CHARACTERS = 10
MAX_BYTES = 1_000
MIN_DISTINCT = 4
MAX_CONCURRENT = 2
MAX_WAITING = 8

_COMMONEST_TEXT = """
0123456789 01234567890 0987654321 1029384756 10987654321 1122334455 1234512345 123456654321 1234567890 12345678900
12345678901 1234567891 12345678910 123456789123 1234567899 123456789a 123456789q 1357924680 1472583690 1q2w3e4r5t
1q2w3e4r5t6y 1qaz2wsx3edc 9876543210 987654321a a123456789 abc1234567 abcd123456 abcd1234567 abcdefghij abcdefghijk
admin12345 admin123456 admin1234567 administrator asdfasdfasdf asdfghjkl1 asdfghjkl123 asdfghjklz changeme123
changeme1234 changemenow charlie123 computer123 correcthorsebatterystaple football123 helloworld iloveyou12
iloveyou123 letmein123 letmein1234 letmeinnow lodeline12 lodeline123 lodeline1234 michael123 monkey1234 myp4ssw0rd
mypassword mypassword1 p4ssw0rd123 p@ssw0rd123 p@ssword123 passw0rd12 passw0rd123 password00 password01 password10
password11 password12 password123 password1234 password12345 password123456 passwordpassword princess123 q1w2e3r4t5
q1w2e3r4t5y6 qazwsxedcrfv qwer1234qwer qwerasdfzxcv qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop1
qwertyuiop123 qwertyuiop[] secret1234 secretpassword starwars123 sunshine123 superman123 test123456 testpassword
welcome123 welcome1234 welcome12345 yourpassword zaq12wsxcde3 zxcvbnm123 zxcvbnmasdfghjkl
"""
COMMONEST = frozenset(_COMMONEST_TEXT.split())
"""Passwords of ten characters and more that guessers try first, case-folded."""


def check_password(password: str, *, account_name: str) -> str:
    """Return `password`; Invalid when it is too short, too long, not text, the account's name or easily guessed.

    No message ever quotes it.
    """
    encoded = _encode(password)
    if encoded is None:
        raise Invalid("password: it holds a broken character (a lone surrogate); choose another one.")
    if len(password) < MIN_CHARACTERS:
        raise Invalid(f"password: {len(password)} characters are too few; choose at least {MIN_CHARACTERS}.")
    if len(encoded) > MAX_BYTES:
        raise Invalid(f"password: {len(encoded)} bytes are too many; choose at most {MAX_BYTES}.")
    folded = password.casefold()
    if folded == account_name.casefold():
        raise Invalid("password: it is the account's name; choose another one.")
    if folded in COMMONEST or len(set(folded)) < MIN_DISTINCT:
        raise Invalid("password: it is among the first that anybody would guess; choose another one.")
    return password


class Passwords:
    """Hashes and verifies passwords; thread-safe.

    One hash takes 64 MiB and some tenths of a second of a core by intention, so only two are computed at a time, and
    only eight more callers wait for their turn; further ones get Unavailable at once.
    """

    def __init__(self, hasher: PasswordHasher | None = None):
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody = _unmatchable(self._hasher)
        self._places = threading.BoundedSemaphore(MAX_CONCURRENT + MAX_WAITING)
        self._turns = threading.BoundedSemaphore(MAX_CONCURRENT)

    def hash(self, password: str) -> str:
        """Return the hash of a password that `check_password` has passed, with its salt and parameters."""
        encoded = _encode(password)
        if encoded is None:
            raise Invalid("password: it holds a broken character (a lone surrogate); choose another one.")
        with self._turn():
            return self._hasher.hash(encoded)

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether this is the password of the hash `stored`; None, for no account or no password, never is.

        Takes the same time for None as for a hash, so that an answer does not tell which names exist.
        """
        encoded = _encode(password)
        if encoded is None or len(encoded) > MAX_BYTES:
            stored, encoded = None, b""
        with self._turn():
            try:
                self._hasher.verify(stored or self._nobody, encoded)
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Tell whether the hash was made with other parameters than new ones are, and should be made again."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def _turn(self) -> Generator[None]:
        if not self._places.acquire(blocking=False):
            raise Unavailable("too many passwords are being checked at this moment; try again.", retry_after_s=2)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()


def _encode(password: str) -> bytes | None:
    """Return the bytes that are hashed: the same for every way to type the same characters. None when not text."""
    try:
        return unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        return None


def _unmatchable(hasher: PasswordHasher) -> str:
    """Return a hash, with the parameters of `hasher`, whose password nobody can find."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        for size in (hasher.salt_len, hasher.hash_len)
    )
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${salt}${digest}"
