"""The evaluation that the marked tests of one pytest session belong to."""

import asyncio
from collections.abc import Sequence

from lodeline.domain.errors import LodelineError
from lodeline.domain.evaluation import Bindings, EvaluationDraft
from lodeline.domain.evaluation_row import EvaluationRow
from lodeline.domain.ids import RunId
from lodeline.domain.run import RunDraft
from lodeline.sdk.default_client import default_client
from lodeline.sdk.evaluation.beginning import begin
from lodeline.sdk.evaluation.keeping import ServerSink
from lodeline.sdk.evaluation.predicting import RowScope
from lodeline.sdk.pytest_plugin.repeated import PASSED, Repeated


class Evaluated:
    """What this process knows of it. Nothing here raises for a server that is away: `problems` says it."""

    def __init__(self, run_id: str | None = None, experiment_id: str | None = None) -> None:
        self.run_id = run_id
        self.experiment_id = experiment_id
        self.problems: list[str] = []
        self.lines: list[str] = []

    @property
    def scope(self) -> RowScope:
        """What the traces of tests belong to."""
        return RowScope(self.run_id, self.experiment_id)

    def begin(self, experiment: str | None, name: str) -> None:
        """Make the evaluation, in this experiment or that of the settings."""
        try:
            made = begin(default_client(), EvaluationDraft(RunDraft(name=name), Bindings()), experiment)
        except LodelineError as error:
            self.problems.append(f"the evaluation could not be begun: {error.message}")
        else:
            self.run_id, self.experiment_id = made.run.run_id, made.run.experiment_id

    def keep(self, found: Repeated) -> None:
        """Log the calls of one test."""
        if self.run_id is None:
            return
        try:
            asyncio.run(ServerSink(default_client().evaluations.log_rows, RunId(self.run_id)).keep(found.rows))
        except LodelineError as error:
            self.problems.append(f"{found.key}: {error.message}")

    def end(self, baseline: str | None) -> None:
        """End the evaluation, and tell regressions from flaky rows and from what failed before."""
        if self.run_id is None:
            return
        try:
            client = default_client()
            client.evaluations.finish(self.run_id)
            now = list(client.evaluations.rows(self.run_id))
        except LodelineError as error:
            self.problems.append(f"the evaluation could not be ended: {error.message}")
            return
        before: list[EvaluationRow] = []
        try:
            before += [] if baseline is None else client.evaluations.rows(baseline)
        except LodelineError as error:
            self.problems.append(f"the baseline could not be read: {error.message}")
        self.lines = told(now, before)


def told(now: Sequence[EvaluationRow], before: Sequence[EvaluationRow]) -> list[str]:
    """Return a line for each test that did not pass always: flaky, regression, or failing as before.

    A regression is a test that passed at least once in the baseline and passes never now; one that the baseline
    lacks is new.
    """
    present, past = _passes(now), _passes(before)
    lines: list[str] = []
    for key, (passes, calls) in sorted(present.items()):
        if passes == calls:
            continue
        share = f"{passes} of {calls} calls passed"
        if passes:
            kind = "flaky"
        elif key not in past:
            kind = "failed (not in the baseline)" if before else "failed"
        else:
            kind = "regression" if past[key][0] else "failed as before"
        lines.append(f"{kind}: {key} ({share})")
    return lines


def _passes(rows: Sequence[EvaluationRow]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        passed = any(score.name == PASSED and score.value is True for score in row.scores)
        passes, calls = found.get(row.row_key, (0, 0))
        found[row.row_key] = (passes + passed, calls + 1)
    return found
