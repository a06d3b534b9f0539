"""Credentials: what a server process needs to check passwords and secrets, made once and given to the services."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lodeline.auth.passwords import Passwords
from lodeline.auth.secrets import SecretHasher, load_pepper, random_pepper
from lodeline.auth.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Credentials:
    """The password hasher, the keyed hash of the store's secrets, and the count of refused logins."""

    passwords: Passwords
    secrets: SecretHasher
    throttle: Throttle

    @classmethod
    def load(cls, directory: Path | None) -> Self:
        """Return those of the store in `directory`, as `load_pepper` does; None for a store in memory."""
        pepper = load_pepper(directory) if directory is not None else random_pepper()
        return cls(Passwords(), SecretHasher(pepper), Throttle())
