"""Upkeep: small jobs that hand over and tidy what the requests leave behind."""

from collections.abc import Callable

from lodeline.jobs.scheduler import Job
from lodeline.services.budgets import BudgetService
from lodeline.services.keys import KeyService
from lodeline.services.parking import ParkingService

KEY_USE_INTERVAL_S = 10.0
PARKING_INTERVAL_S = 2.0


def key_uses(keys: KeyService) -> Job:
    """Return the job that tells the store when keys were last used."""

    def run(stopping: Callable[[], bool]) -> int:
        del stopping
        return keys.flush_uses()

    return Job("key-uses", KEY_USE_INTERVAL_S, run)


def parking(waiting: ParkingService) -> Job:
    """Return the job that puts judgments that waited on their traces."""
    return Job("parking", PARKING_INTERVAL_S, waiting.attach_all)


def budgets(service: BudgetService, *, interval_s: float) -> Job:
    """Return the job that notes which experiments are over their budgets."""
    return Job("budgets", interval_s, service.note_overruns)
