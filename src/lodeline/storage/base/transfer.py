"""What export and import need beside the nouns' own stores."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from lodeline.domain.assessment import AssessmentRevision
from lodeline.domain.evaluation import EvaluationDump
from lodeline.domain.evaluation_row import EvaluationRow
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.ids import (
    DatasetId,
    ExperimentId,
    RunId,
    TraceId,
)
from lodeline.domain.model import AliasEvent, ModelDump
from lodeline.domain.record import (
    RecordRevision,
)
from lodeline.domain.registered_scorer import RegisteredScorer
from lodeline.domain.run import MetricPoint, RunDump
from lodeline.domain.transfer import DatasetDump, PromptDump, TraceDump


class TransferStore(Protocol):
    """Whole traces and ledgers, taken out and put back without loss. Their spans travel as `SpanStore.chunks`."""

    def dump(self, trace_id: TraceId) -> TraceDump:
        """Return a trace as an export keeps it; NotFound when unknown or hidden."""
        ...

    def owners(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, ExperimentId]:
        """Return the experiments to which the known ones among these traces belong, also where they are hidden."""
        ...

    def restore(self, experiment_id: ExperimentId, traces: Sequence[tuple[TraceDump, Sequence[bytes]]]
                ) -> Sequence[bool]:  # fmt: skip
        """Add traces, each with its chunks, as they were dumped, in one transaction; tell of each whether it was
        added: one whose id is known is left as it is.

        A restored trace is what it was, but for its experiment. Conflict when an assessment's id is taken, Deleted or
        NotFound for the experiment; then none is added.
        """
        ...

    def session_ledgers(self, experiment_id: ExperimentId) -> Iterator[Sequence[AssessmentRevision]]:
        """Return the revisions, oldest first, of each assessment on a session of the experiment, deleted ones too,
        in the order in which they were first logged."""
        ...

    def restore_ledger(self, experiment_id: ExperimentId, revisions: Sequence[AssessmentRevision]) -> bool:
        """Add an assessment on a session with its revisions; False, and nothing is changed, when its id is known."""
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


class DataTransferStore(Protocol):
    """Datasets, prompts and registered scorers, taken out whole and put back as they were, but for the experiment."""

    def revisions(self, dataset_id: DatasetId) -> Iterator[RecordRevision]:
        """Return every revision of every record, the draft's too: in the order of the records, of each the oldest
        first. NotFound for the dataset."""
        ...

    def holder_of(self, dataset_id: DatasetId) -> ExperimentId | None:
        """Return the experiment that has the dataset of this id, deleted ones too; None when the id is free."""
        ...

    def restore_dataset(self, experiment_id: ExperimentId, dump: DatasetDump) -> bool:
        """Add a dataset with its versions, without records, as a deleted one, until `complete_dataset`. False, and
        nothing is changed, when a complete one has its id; True, too, for one that waits to be completed.

        NotFound or Deleted for the experiment.
        """
        ...

    def complete_dataset(self, dataset_id: DatasetId, *, lifecycle: Lifecycle, updated_ms: int) -> None:
        """Give a restored dataset its lifecycle and the time of its last change, above 0. Conflict when its name is
        taken."""
        ...

    def restore_records(self, dataset_id: DatasetId, revisions: Sequence[RecordRevision]) -> int:
        """Add revisions as they were, in the order of `revisions`; those known stay. Return how many records are
        new. NotFound for the dataset."""
        ...

    def restore_prompt(self, experiment_id: ExperimentId, dump: PromptDump) -> bool:
        """Add a prompt; False, and nothing is changed, when the experiment has one of its name. When another has the
        name it takes the next of `domain.prompt.names_when_taken`, for which the same holds; Conflict after those."""
        ...

    def restore_scorer(self, experiment_id: ExperimentId, versions: Sequence[RegisteredScorer]) -> bool:
        """Add the versions of one scorer, oldest first; False when the experiment has one of its name."""
        ...
