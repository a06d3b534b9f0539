"""Runs and evaluations.

A deleted run is found by its id and listed by its lifecycle like any other; what is below a deleted experiment is
not.
"""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.evaluation import Evaluation, EvaluationChange, EvaluationDraft, EvaluationDump
from lodeline.domain.evaluation_row import EvaluationRow, RowDraft, RowFilter, RowsReport, ScoreTable
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.page import Page
from lodeline.domain.run import MetricPoint, Run, RunChange, RunDraft
from lodeline.query.ast import Search


class RunStore(Protocol):
    """Runs of every kind, and their metrics."""

    def create(self, experiment_id: ExperimentId, draft: RunDraft, *, now_ms: int, audit: AuditEntry) -> Run:
        """Make a run with a new id, or with the draft's; Conflict when that is taken. The audit entry is given the
        id as its target. NotFound or Deleted for the experiment."""
        ...

    def get(self, run_ids: Sequence[RunId]) -> Sequence[Run]:
        """Return the known ones among them in the order asked for; unknown ids are left out."""
        ...

    def search(self, search: Search) -> Page[Run]:
        """List runs of `search.experiment_ids`, of every lifecycle; default order is newest start first."""
        ...

    def update(self, run_id: RunId, change: RunChange, *, now_ms: int, audit: AuditEntry) -> Run:
        """Apply `domain.run.changed_run`, whose errors these are; NotFound when unknown. A change that changes
        nothing records nothing."""
        ...

    def log_metrics(self, run_id: RunId, points: Sequence[MetricPoint]) -> int:
        """Add points; return how many were new: one that equals a known one (`domain.run.point_key`) changes nothing.

        NotFound when the run is unknown, Deleted when it is deleted, TooLarge when it would have too many different
        metrics; then nothing is added.
        """
        ...

    def metric_history(self, run_id: RunId, key: str, *, limit: int, cursor: str | None = None) -> Page[MetricPoint]:
        """List the points of one metric in the order of `domain.run.point_key`; none for an unknown key, NotFound for
        an unknown run."""
        ...


class EvaluationStore(Protocol):
    """The state and the rows of runs of kind EVALUATION."""

    def create(self, experiment_id: ExperimentId, draft: EvaluationDraft, *, now_ms: int, audit: AuditEntry
               ) -> Evaluation:  # fmt: skip
        """Make a run of kind EVALUATION in state CREATED; errors as in `RunStore.create`."""
        ...

    def get(self, run_id: RunId) -> Evaluation:
        """Return one; NotFound when there is no such run or it is of another kind."""
        ...

    def change(self, run_id: RunId, change: EvaluationChange, *, expected: Evaluation, now_ms: int, audit: AuditEntry
               ) -> Evaluation:  # fmt: skip
        """Set the state, and the run's status with it. Conflict when the present state is not that of `expected`, or
        may not be followed by the new one; Deleted when the run is deleted."""
        ...

    def adopt(self, run_id: RunId, dump: EvaluationDump, rows: Sequence[EvaluationRow], *, audit: AuditEntry
              ) -> Evaluation:  # fmt: skip
        """Make a run of kind RUN, which keeps its status, an evaluation in this state, or put an evaluation into it;
        add rows as they are, or renew those there are (`domain.evaluated_run.renewed_row`). One transaction.

        Idempotent: the same again records nothing. NotFound; Deleted when the run is deleted; Conflict when it is of
        a third kind; TooLarge when there would be too many rows or names of scores.
        """
        ...

    def log_rows(self, run_id: RunId, rows: Sequence[RowDraft], *, by: str | None, now_ms: int, audit: AuditEntry
                 ) -> RowsReport:  # fmt: skip
        """Add or take over rows (`domain.evaluation.merged_row`) in one transaction: each row, the link of its trace
        to the run, and an assessment on the trace for each of its scores.

        Idempotent: the same rows again change nothing. A trace of another experiment, or one that is not there, gets
        neither link nor assessment and is named in the report; its row is kept. Conflict unless the evaluation is
        RUNNING; TooLarge when it would have too many rows.
        """
        ...

    def rows(self, run_id: RunId, which: RowFilter, *, limit: int, cursor: str | None = None) -> Page[EvaluationRow]:
        """List rows in order of key and repetition."""
        ...

    def row(self, run_id: RunId, row_key: str, repetition: int) -> EvaluationRow | None:
        """Return one row; None when there is none. NotFound for the evaluation."""
        ...

    def scores(self, run_id: RunId, *, effective: bool = False) -> ScoreTable:
        """Return all scores, column by column: as judged, or (`effective`) as the judgments stand now: of an
        overridden one the head of its chain, of a revised one the last revision, of a deleted one nothing."""
        ...
