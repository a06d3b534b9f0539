"""One part of the demonstration: an experiment, its traces as OTLP requests, judgments, evaluations, and labeling
sessions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lodeline.demo.otlp import hashed_hex
from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.evaluation import EvaluationDraft
from lodeline.domain.evaluation_row import RowDraft
from lodeline.domain.experiment import ExperimentDraft
from lodeline.domain.ids import RecordId, RunId
from lodeline.domain.label_schema import LabelSchemaDraft
from lodeline.domain.labeling import LabelingDraft, ReviewTarget
from lodeline.domain.labeling_sources import PastReview
from lodeline.domain.model import ModelDraft
from lodeline.domain.record import RecordDraft

SYNTHETIC_TIMES_TAG = "lodeline.demo.synthetic_times"
"""Tag of traces whose source recorded no times: they were made up, deterministically."""


@dataclass(frozen=True, slots=True)
class DemoDataset:
    """A dataset of the experiment, one published version; its records have ids of their own."""

    name: str
    description: str
    records: Sequence[RecordDraft]


@dataclass(frozen=True, slots=True)
class DemoEvaluation:
    """An evaluation over the part's dataset whose results were recorded.

    `draft` has a `run_id`, so that an evaluation that was loaded is known again. `rows` are on traces of the part.
    """

    draft: EvaluationDraft
    rows: Callable[[], Iterator[RowDraft]]


@dataclass(frozen=True, slots=True)
class DemoLabeling:
    """A labeling session over traces of the part, whose reviews were made elsewhere.

    `draft` has a `run_id`, so that a session that was loaded is known again; `schemas` are made in the experiment. A
    session that `closes` is closed after its reviews. The counts are those of what is yielded.
    """

    draft: LabelingDraft
    schemas: Sequence[LabelSchemaDraft]
    targets: Callable[[], Iterator[ReviewTarget]]
    item_count: int
    reviews: Callable[[], Iterator[PastReview]] = lambda: iter(())
    review_count: int = 0
    closes: bool = True


@dataclass(frozen=True, slots=True)
class DemoPart:
    """What is loaded into one experiment.

    `draft` has a `client_key`, so that making the experiment again returns the same one. `requests` yields serialised
    ``ExportTraceServiceRequest`` bodies; `assessments` yields judgments on their traces and sessions, each with an
    `identifier`, so that logging them again changes nothing. `models` have a `reuse_key`, for the same reason. The
    counts are those of what is yielded, for progress.
    """

    draft: ExperimentDraft
    requests: Callable[[], Iterator[bytes]]
    request_count: int
    assessments: Callable[[], Iterator[AssessmentDraft]]
    assessment_count: int
    models: Sequence[ModelDraft] = ()
    dataset: DemoDataset | None = None
    evaluations: Sequence[DemoEvaluation] = ()
    labeling: Sequence[DemoLabeling] = ()


def hashed_run_id(*parts: str) -> RunId:
    """Return a run's id that depends on `parts` alone."""
    return RunId(hashed_hex("run", *parts))


def hashed_record_id(*parts: str) -> RecordId:
    """Return a record's id that depends on `parts` alone."""
    return RecordId(f"dr-{hashed_hex('record', *parts)}")
