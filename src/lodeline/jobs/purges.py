"""Purges: goes on with those that a crash or a stop of the server cut off."""

from collections.abc import Callable

from lodeline.auth.actor import SYSTEM
from lodeline.domain.experiment import PurgeReceipt
from lodeline.domain.ids import ExperimentId
from lodeline.jobs.scheduler import Job
from lodeline.services.experiments import ExperimentService


def purges(experiments: ExperimentService, *, interval_s: float) -> Job:
    """Return the job that finishes purges which have not gone on since its last turn; others are under way."""
    seen: dict[ExperimentId, PurgeReceipt] = {}

    def run(stopping: Callable[[], bool]) -> int:
        finished = 0
        open_ones = {receipt.experiment_id: receipt for receipt in experiments.purging(SYSTEM)}
        stuck = [key for key, receipt in open_ones.items() if seen.get(key) == receipt]
        seen.clear()
        seen.update(open_ones)
        for experiment_id in stuck:
            if stopping():
                break
            finished += experiments.purge(SYSTEM, experiment_id, stopping).finished
        return finished

    return Job("purges", interval_s, run)
