"""Upkeep: small jobs that hand over and tidy what the requests leave behind."""

from collections.abc import Callable

from lodeline.jobs.scheduler import Job
from lodeline.services.keys import KeyService

KEY_USE_INTERVAL_S = 10.0


def key_uses(keys: KeyService) -> Job:
    """Return the job that tells the store when keys were last used."""

    def run(stopping: Callable[[], bool]) -> int:
        del stopping
        return keys.flush_uses()

    return Job("key-uses", KEY_USE_INTERVAL_S, run)
