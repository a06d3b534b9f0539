"""All that the memory backend holds, and the one lock that guards it.

Every public method of every memory store runs wholly inside `State.lock`, so each is one transaction. What leaves a
store is frozen; what stays inside is never handed out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from threading import RLock

from lodeline.domain.account import Account, ApiKey, Login
from lodeline.domain.assessment import Assessment, AssessmentRevision
from lodeline.domain.audit import AuditEntry
from lodeline.domain.delivery import Delivery
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, KeyId, ModelId, RunId, TraceId
from lodeline.domain.issue import Issue, IssueId
from lodeline.domain.label_schema import LabelSchema, LabelSchemaId
from lodeline.domain.model import AliasEvent, Model
from lodeline.domain.parking import ParkedAssessment
from lodeline.domain.review_places import settled
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.run_record import RunRecord


@dataclass(slots=True)
class State:
    """The tables. `ledger` keeps every revision of every assessment, oldest first, deleted ones too."""

    lock: RLock = field(default_factory=RLock)
    experiments: dict[ExperimentId, Experiment] = field(default_factory=dict[ExperimentId, Experiment])
    used_experiment_ids: set[ExperimentId] = field(default_factory=set[ExperimentId])
    client_keys: dict[str, ExperimentId] = field(default_factory=dict[str, ExperimentId])
    traces: dict[TraceId, TraceRecord] = field(default_factory=dict[TraceId, TraceRecord])
    arrivals: int = 0
    deliveries: dict[str, Delivery] = field(default_factory=dict[str, Delivery])
    ledger: dict[AssessmentId, list[AssessmentRevision]] = field(
        default_factory=dict[AssessmentId, list[AssessmentRevision]]
    )
    parked: dict[AssessmentId, ParkedAssessment] = field(default_factory=dict[AssessmentId, ParkedAssessment])
    accounts: dict[AccountId, Account] = field(default_factory=dict[AccountId, Account])
    password_hashes: dict[AccountId, str] = field(default_factory=dict[AccountId, str])
    keys: dict[KeyId, ApiKey] = field(default_factory=dict[KeyId, ApiKey])
    key_hashes: dict[bytes, KeyId] = field(default_factory=dict[bytes, KeyId])
    logins: dict[bytes, Login] = field(default_factory=dict[bytes, Login])
    audit: list[AuditEntry] = field(default_factory=list[AuditEntry])
    runs: dict[RunId, RunRecord] = field(default_factory=dict[RunId, RunRecord])
    models: dict[ModelId, Model] = field(default_factory=dict[ModelId, Model])
    aliases: dict[tuple[ExperimentId, str], ModelId] = field(default_factory=dict[tuple[ExperimentId, str], ModelId])
    alias_events: list[AliasEvent] = field(default_factory=list[AliasEvent])
    label_schemas: dict[LabelSchemaId, list[LabelSchema]] = field(
        default_factory=dict[LabelSchemaId, list[LabelSchema]]
    )
    deleted_label_schemas: set[LabelSchemaId] = field(default_factory=set[LabelSchemaId])
    issues: dict[IssueId, Issue] = field(default_factory=dict[IssueId, Issue])

    def record(self, entry: AuditEntry) -> AuditEntry:
        """Append to the audit trail with the next entry id; call it inside the lock, with the change itself."""
        numbered = replace(entry, entry_id=len(self.audit) + 1)
        self.audit.append(numbered)
        return numbered

    def is_active(self, experiment_id: ExperimentId) -> bool:
        """Tell whether the experiment exists and is not deleted: only then is anything below it to be seen."""
        experiment = self.experiments.get(experiment_id)
        return experiment is not None and experiment.lifecycle == "ACTIVE"

    def writable(self, experiment_id: ExperimentId) -> Experiment:
        """Return the experiment; NotFound when unknown, Deleted when it takes no writes."""
        experiment = self.experiments.get(experiment_id)
        if experiment is None:
            raise NotFound.of("experiment", experiment_id)
        if experiment.lifecycle != "ACTIVE":
            raise Deleted.of("experiment", experiment_id)
        return experiment

    def visible_trace(self, trace_id: TraceId) -> TraceRecord:
        """Return the trace; NotFound when unknown or hidden with its deleted experiment."""
        record = self.traces.get(trace_id)
        if record is None or not self.is_active(record.experiment_id):
            raise NotFound.of("trace", trace_id)
        return record

    def visible_traces(self, trace_ids: Iterable[TraceId]) -> Sequence[TraceRecord]:
        """Return the traces that are known and not hidden, each once."""
        found = [record for record in map(self.traces.get, dict.fromkeys(trace_ids)) if record is not None]
        return [record for record in found if self.is_active(record.experiment_id)]

    def writable_trace(self, trace_id: TraceId) -> TraceRecord:
        """Return the trace; NotFound when unknown, Deleted when its experiment is."""
        record = self.traces.get(trace_id)
        if record is None:
            raise NotFound.of("trace", trace_id)
        self.writable(record.experiment_id)
        return record

    def present_assessments(self) -> Iterator[Assessment]:
        """Yield every assessment that is not deleted, in the order in which they were logged."""
        for revisions in self.ledger.values():
            if not revisions[-1].deleted:
                yield revisions[-1].assessment

    def aliased(self, model: Model) -> Model:
        """Return a model with the aliases that point at it."""
        aliases = sorted(alias for (_, alias), holder in self.aliases.items() if holder == model.model_id)
        return replace(model, aliases=tuple(aliases))

    def forget_runs(self, experiment_id: ExperimentId) -> tuple[int, int]:
        """Remove the runs of an experiment; return how many there were, and how many items of labeling sessions."""
        ids = [i for i, record in self.runs.items() if record.run.experiment_id == experiment_id]
        gone = [self.runs.pop(run_id) for run_id in ids]
        return len(gone), sum(len(record.labeling.items) for record in gone if record.labeling is not None)

    def forget_issues(self, experiment_id: ExperimentId) -> int:
        """Remove the issues of an experiment; return how many there were."""
        ids = [i for i, issue in self.issues.items() if issue.experiment_id == experiment_id]
        for issue_id in ids:
            del self.issues[issue_id]
        return len(ids)

    def forget_label_schemas(self, experiment_id: ExperimentId) -> int:
        """Remove the label schemas of an experiment; return how many there were that were not deleted."""
        gone = [i for i, versions in self.label_schemas.items() if versions[0].experiment_id == experiment_id]
        for schema_id in gone:
            del self.label_schemas[schema_id]
        present = sum(schema_id not in self.deleted_label_schemas for schema_id in gone)
        self.deleted_label_schemas -= set(gone)
        return present

    def lose_items(self, trace_ids: Set[TraceId], *, now_ms: int) -> None:
        """Mark items of labeling sessions about these traces as unavailable."""
        for record in self.runs.values():
            labeling = record.labeling
            for item_id, item in () if labeling is None else labeling.items.items():
                if labeling is not None and {item.target.trace_id, item.target.other_trace_id} & trace_ids:
                    lost = replace(item, state="UNAVAILABLE")
                    labeling.items[item_id] = settled(labeling.current(record.run), lost, now_ms=now_ms)

    def forget_models(self, experiment_id: ExperimentId) -> int:
        """Remove the models of an experiment with their aliases; return how many there were."""
        gone = [i for i, model in self.models.items() if model.experiment_id == experiment_id]
        for model_id in gone:
            del self.models[model_id]
        self.aliases = {key: model for key, model in self.aliases.items() if key[0] != experiment_id}
        self.alias_events = [event for event in self.alias_events if event.experiment_id != experiment_id]
        return len(gone)

    def forget_assessments(self, which: Callable[[Assessment], bool]) -> int:
        """Remove assessments with their history, deleted ones too; return how many were not deleted."""
        gone = {i: entries[-1] for i, entries in self.ledger.items() if which(entries[-1].assessment)}
        for assessment_id in gone:
            del self.ledger[assessment_id]
        return sum(not last.deleted for last in gone.values())
