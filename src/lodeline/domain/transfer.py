"""Transfer: a trace as an export keeps it, beside its payload chunks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lodeline.domain.assessment import AssessmentRevision
from lodeline.domain.dataset import Dataset, DatasetVersion
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import ExperimentId, TraceId
from lodeline.domain.prompt import RENAMED_FROM, Prompt, PromptAliasEvent, PromptVersion
from lodeline.domain.trace import TraceInfo


@dataclass(frozen=True, slots=True)
class TraceDump:
    """Everything about a trace that its chunks do not hold.

    `info` is what its client said, merged. In `tag_edits` None stands for a deleted tag. `abandoned` is set when the
    reaper closed it. `ledger` holds every revision of every assessment on it and its spans, deleted ones too, those
    of one assessment oldest first.
    """

    trace_id: TraceId
    received_ms: int
    updated_ms: int
    info: TraceInfo | None = None
    tag_edits: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    linked_run_ids: tuple[str, ...] = ()
    abandoned: bool = False
    ledger: tuple[AssessmentRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. Existing traces were left as they are; of those and of refused ones the first thousand
    are listed. Runs and models whose ids are taken, and artifacts whose
    paths are, were left alone, too."""

    experiment: Experiment
    traces: int
    spans: int
    assessments: int
    attachments: int
    existing_count: int
    existing_traces: tuple[TraceId, ...]
    refused: tuple[str, ...]
    runs: int = 0
    models: int = 0
    existing_runs: int = 0
    existing_models: int = 0
    datasets: int = 0
    records: int = 0
    prompts: int = 0
    scorers: int = 0
    metric_points: int = 0
    prompt_versions: int = 0
    artifacts: int = 0
    existing_artifacts: int = 0
    label_schemas: int = 0
    labeling_sessions: int = 0
    labeling_items: int = 0
    issues: int = 0


@dataclass(frozen=True, slots=True)
class DatasetDump:
    """A dataset as an export keeps it, beside the revisions of its records; versions come oldest first, with their
    labels. Links to other experiments stay behind."""

    dataset: Dataset
    versions: tuple[DatasetVersion, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptDump:
    """A prompt as an export keeps it: its versions and the moves of its aliases, oldest first. Links to other
    experiments stay behind."""

    prompt: Prompt
    versions: tuple[PromptVersion, ...]
    events: tuple[PromptAliasEvent, ...] = ()


def named_prompt(dump: PromptDump, name: str, experiment_id: ExperimentId) -> PromptDump:
    """Return the prompt as it comes into an experiment by a name, which may be another one than it had."""
    old = dump.prompt
    tags = dict(old.tags) if name == old.name else {**old.tags, RENAMED_FROM: old.name}
    return PromptDump(
        replace(old, name=name, experiment_id=experiment_id, tags=tags, linked_experiment_ids=()),
        tuple(replace(version, name=name, experiment_id=experiment_id) for version in dump.versions),
        dump.events,
    )
