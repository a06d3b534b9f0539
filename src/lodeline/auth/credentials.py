"""Credentials: what a server process needs to check passwords and secrets, made once and given to the services."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, load_pepper, random_pepper
from lodeline.auth.throttle import Throttle
from lodeline.domain.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Credentials:
    """The password hasher, the keyed hash of the store's secrets, and the count of refused logins."""

    passwords: Passwords
    secrets: SecretHasher
    throttle: Throttle

    @classmethod
    def load(cls, directory: Path | None, throttle: Throttle | None = None) -> Self:
        """Return those of the store in `directory`, as `load_pepper` does; None for a store in memory.

        `throttle` is the one that processes share; by default this one has its own.
        """
        pepper = load_pepper(directory) if directory is not None else random_pepper()
        return cls(Passwords(), SecretHasher(pepper), throttle or Throttle())

    def check(self, name: str, password: str, stored: str | None, *, address: str | None, now_ms: int) -> bool:
        """Tell whether `password` is that of the hash `stored` (None: of no account), and count it when it is not.

        TooManyAttempts after many wrong ones for `name` or from `address`; Unavailable, counting nothing, while many
        others are being checked.
        """
        self.throttle.attempt(name, address, now_ms)
        try:
            right = self.passwords.verify(stored, password)
        except Unavailable:
            self.throttle.take_back(name, address)
            raise
        if right:
            self.throttle.succeeded(name, address)
        return right
