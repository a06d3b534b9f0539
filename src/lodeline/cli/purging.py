"""A purge, with a bar of the traces that are gone."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress

from lodeline.cli.options import Use
from lodeline.cli.progress import counting
from lodeline.cli.texts import clean
from lodeline.domain.errors import LodelineError
from lodeline.domain.experiment import Experiment, PurgeReceipt

_POLL_S = 0.5


def purged(use: Use, found: Experiment) -> PurgeReceipt:
    """Purge an experiment, and show meanwhile how many of its traces are gone."""
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(use.client.experiments.purge, found.experiment_id)
        while not wait([done], timeout=_POLL_S).done:
            with suppress(LodelineError):  # it has not begun yet, or cannot be asked now: what the purge says counts
                receipt = use.client.experiments.purged(found.experiment_id)
                with counting(use.out, f"Removing {clean(found.name, 60)}", receipt.of_traces) as advance:
                    _follow(use, done, receipt, advance)
        return done.result()


def _follow(use: Use, done: "Future[PurgeReceipt]", receipt: PurgeReceipt, advance: Callable[[int], None]) -> None:
    advance(receipt.traces)
    while not wait([done], timeout=_POLL_S).done:
        before, receipt = receipt, use.client.experiments.purged(receipt.experiment_id)
        advance(receipt.traces - before.traces)
