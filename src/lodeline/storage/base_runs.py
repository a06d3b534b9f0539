"""What every backend implements of runs, evaluations and models; the rules of `storage.base` hold here, too.

A deleted run or model is found by its id and listed by its lifecycle like any other; what is below a deleted
experiment is not.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.evaluation import (
    Evaluation,
    EvaluationChange,
    EvaluationDraft,
    EvaluationDump,
    EvaluationRow,
    RowDraft,
    RowFilter,
    RowsReport,
    ScoreTable,
)
from lodeline.domain.ids import ExperimentId, ModelId, RunId
from lodeline.domain.model import AliasEvent, AliasMove, Model, ModelChange, ModelDraft, ModelDump, ModelMetric
from lodeline.domain.page import Page
from lodeline.domain.run import MetricPoint, Run, RunChange, RunDraft, RunDump
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

    def scores(self, run_id: RunId, *, effective: bool = False) -> ScoreTable:
        """Return all scores, column by column: as judged, or (`effective`) as the judgments stand now: of an
        overridden one the head of its chain, of a revised one the last revision, of a deleted one nothing."""
        ...


class ModelStore(Protocol):
    """Models and their aliases."""

    def create(self, experiment_id: ExperimentId, draft: ModelDraft, *, now_ms: int, audit: AuditEntry
               ) -> tuple[Model, bool]:  # fmt: skip
        """Make a model, or return the active one of the experiment with the draft's `reuse_key`; and whether it was
        made. Conflict when a given id is taken. The audit entry is given the id as its target."""
        ...

    def get(self, model_ids: Sequence[ModelId]) -> Sequence[Model]:
        """Return the known ones among them in the order asked for, with the diffs of their source."""
        ...

    def search(self, search: Search) -> Page[Model]:
        """List models of every lifecycle, without the diffs of their source; default order is newest first."""
        ...

    def update(self, model_id: ModelId, change: ModelChange, *, now_ms: int, audit: AuditEntry) -> Model:
        """Apply `domain.model.changed_model`, whose errors these are; NotFound when unknown."""
        ...

    def log_metrics(self, model_id: ModelId, metrics: Sequence[ModelMetric]) -> Model:
        """Add measurements (`domain.model.merged_metrics`); NotFound, or Deleted when it is deleted."""
        ...

    def set_alias(self, experiment_id: ExperimentId, move: AliasMove, *, gated: bool, by: str | None, now_ms: int,
                  audit: AuditEntry) -> AliasEvent | None:  # fmt: skip
        """Move an alias; return the event, None when it is there already. NotFound for a model that the experiment
        does not have; Conflict as `domain.model.check_move` says."""
        ...

    def find_alias(self, experiment_id: ExperimentId, alias: str) -> Model | None:
        """Return the model that an alias points at; None when there is no such alias."""
        ...

    def alias_events(
        self, experiment_id: ExperimentId, alias: str | None = None, *, limit: int
    ) -> Sequence[AliasEvent]:
        """Return the latest moves of one alias or of all, the last first."""
        ...


class RunTransferStore(Protocol):
    """Runs, evaluations and models, put back as an export took them out."""

    def restore_run(self, experiment_id: ExperimentId, dump: RunDump, evaluation: EvaluationDump | None) -> bool:
        """Add a run with its metrics; False, and nothing is changed, when its id is known."""
        ...

    def restore_points(self, run_id: RunId, points: Sequence[MetricPoint]) -> int:
        """Add points of metrics, also to a deleted run; return how many were new. NotFound for an unknown run."""
        ...

    def restore_rows(self, run_id: RunId, rows: Sequence[EvaluationRow]) -> int:
        """Add rows of an evaluation as they are; those known stay. Return how many were added."""
        ...

    def restore_model(self, experiment_id: ExperimentId, dump: ModelDump) -> bool:
        """Add a model with its metrics; False when its id is known. Aliases that are free point at it again."""
        ...

    def restore_alias_events(self, experiment_id: ExperimentId, events: Sequence[AliasEvent]) -> None:
        """Add moves of aliases, the first first, unless the experiment has any."""
        ...

    def points(self, run_id: RunId) -> Iterator[MetricPoint]:
        """Return every point of every metric of a run, by key and place."""
        ...
