"""What bringing a store to this version's schema will do, the same for every backend that has one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UpgradeStep:
    """One migration: its number, its file's name and what it does in one sentence."""

    number: int
    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """The preflight report of an upgrade from `version` to `target`; no steps when the store is up to date.

    `backup` is where the copy that is made first goes. The needed bytes are generous estimates; for the store's own
    disk they include the backup's when both lie on one disk.
    """

    store: str
    version: int
    target: int
    steps: tuple[UpgradeStep, ...]
    backup: str
    store_bytes: int
    needed_bytes: int
    free_bytes: int
    backup_needed_bytes: int
    backup_free_bytes: int

    @property
    def fits(self) -> bool:
        """Whether there is space enough."""
        return self.needed_bytes <= self.free_bytes and self.backup_needed_bytes <= self.backup_free_bytes
