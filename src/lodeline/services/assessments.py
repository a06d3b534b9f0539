"""Assessments: log judgments, read them with their history, revise and delete them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.analytics import AssessmentNames
from lodeline.domain.assessment import (
    MAX_RATIONALE,
    UNNAMED,
    Assessment,
    AssessmentChange,
    AssessmentDraft,
    AssessmentRevision,
    AssessmentTarget,
    BatchItem,
    LoggedAssessment,
    SourceKind,
    check_draft,
)
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Deleted, Invalid, LodelineError, NotFound, TooLarge
from lodeline.domain.experiment import check_name, check_tags
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.page import MAX_LIMIT, Page
from lodeline.domain.parking import park as park_draft
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import Trace
from lodeline.services.assessment_names import names_of
from lodeline.services.assessment_texts import MAX_TEXT, check_error, check_texts, check_value
from lodeline.services.audit import audit_entry
from lodeline.services.enforced_schemas import EnforcedSchemas
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.masking import masked_change, masked_draft, masks_of
from lodeline.services.runs import check_run_of
from lodeline.storage.base import Stores

MAX_BATCH = 1_000
_NOT_HERE_YET = frozenset(("trace_not_found", "span_not_found"))


class ToLog(NamedTuple):
    """What `log` takes of one judgment."""

    draft: AssessmentDraft
    experiment: str | None = None
    park: bool = False


class AssessmentService:
    """Use cases of the ledger. What belongs to a deleted experiment is hidden."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def log(
        self, actor: Actor, draft: AssessmentDraft, *, experiment: str | None = None, park: bool = False
    ) -> LoggedAssessment:
        """Append a judgment; idempotent by `identifier`. A person who is not named is the account that asks.

        The experiment is the trace's; for a judgment on a session it must be named (id or name). NotFound when the
        target is unknown; Invalid for a run of another experiment; Conflict when `overrides` is not the head of its
        chain (details name the head). With `park` a judgment on a trace or span that is unknown waits for it in
        `experiment`, which is then to be named, and is logged once it is here.
        """
        permit_reach(actor, "assessment.write")
        check_draft(draft)
        check_texts(draft)
        if draft.target.session is not None:
            check_name(draft.target.session, noun="session", most=MAX_TEXT)
        draft = _named(actor, draft)
        try:
            return self._log(actor, draft, self._experiment_of(actor, draft, experiment))
        except NotFound as missing:
            if not park or missing.error_code not in _NOT_HERE_YET:
                raise
            if self._scope.explained(actor, missing) is not missing:
                raise
        return self._park(actor, draft, self._named_experiment(actor, "trace that is to come", experiment))

    def _log(self, actor: Actor, draft: AssessmentDraft, experiment_id: ExperimentId) -> LoggedAssessment:
        draft = self._taken(actor, draft, experiment_id)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "assessment.log", draft.target.label, at_ms=now_ms, experiment_id=experiment_id,
            details={"kind": draft.kind, "overrides": draft.overrides},
        )  # fmt: skip
        made, changed = self._stores.assessments.log(
            experiment_id, draft, by=actor.author, now_ms=now_ms, audit=audit
        )
        return LoggedAssessment(made, changed)

    def _park(self, actor: Actor, draft: AssessmentDraft, experiment_id: ExperimentId) -> LoggedAssessment:
        draft = self._taken(actor, draft, experiment_id)
        now_ms = self._clock.now_ms()
        parked = park_draft(draft, experiment_id, actor=actor.label, by=actor.author, now_ms=now_ms)
        audit = audit_entry(
            actor, "assessment.park", draft.target.label, at_ms=now_ms, experiment_id=experiment_id,
            details={"kind": draft.kind},
        )  # fmt: skip
        self._stores.parking.add(parked, audit=audit)
        return LoggedAssessment(parked.assessment(), changed=True, parked_until_ms=parked.expires_ms)

    def _taken(self, actor: Actor, draft: AssessmentDraft, experiment_id: ExperimentId) -> AssessmentDraft:
        """Return a judgment as it is kept, masked, once its run and what the label schemas let in are checked."""
        draft = masked_draft(masks_of(self._scope.holder(experiment_id)), draft)
        if draft.run_id is not None:
            check_run_of(self._stores, actor, draft.run_id, experiment_id)
        self._check_schema(experiment_id, draft.source.kind, draft.name, draft.value, draft.target)
        return draft

    def log_batch(self, actor: Actor, drafts: Sequence[ToLog | LodelineError]) -> Sequence[BatchItem]:
        """Append many, each on its own: one that is refused, or was before, says why in its place and stops no
        other."""
        permit_reach(actor, "assessment.write")
        if len(drafts) > MAX_BATCH:
            raise TooLarge(f"assessments: {len(drafts)} are over the limit of {MAX_BATCH} in one call.")
        items: list[BatchItem] = []
        for each in drafts:
            try:
                if isinstance(each, LodelineError):
                    raise each
                draft, experiment, park = each
                logged = self.log(actor, draft, experiment=experiment, park=park)
                items.append(BatchItem(logged.assessment, logged.changed, parked_until_ms=logged.parked_until_ms))
            except LodelineError as refusal:
                if refusal.http_status >= 500:
                    raise
                error = self._scope.explained(actor, refusal) if isinstance(refusal, NotFound) else refusal
                items.append(BatchItem(None, False, error.error_code, error.message))
        return items

    def get(self, actor: Actor, assessment_id: AssessmentId, action: ExperimentAction = "assessment.read"
            ) -> Assessment:  # fmt: skip
        """Return the present revision; NotFound when unknown, deleted or out of reach."""
        permit_reach(actor, action)
        found = self._stores.assessments.get(assessment_id)
        permit(actor, action, found.experiment_id, missing=NotFound.of("assessment", assessment_id))
        self._scope.holder(found.experiment_id)
        return found

    def of_trace(self, actor: Actor, trace_id: TraceId) -> Sequence[Assessment]:
        """Return the assessments of a trace and its spans, oldest first."""
        permit_reach(actor, "assessment.read")
        self._trace_experiment(actor, trace_id, "assessment.read")
        return self._stores.assessments.of_traces([trace_id]).get(trace_id, ())

    def of_traces(self, actor: Actor, traces: Sequence[Trace]) -> Mapping[TraceId, Sequence[Assessment]]:
        """Return the assessments of traces that the actor has just read, oldest first; none of those in experiments
        whose assessments it may not read."""
        reach = permit_reach(actor, "assessment.read")
        wanted = [trace.trace_id for trace in traces if trace.experiment_id in reach]
        return self._stores.assessments.of_traces(wanted)

    def search(self, actor: Actor, query: ListQuery) -> Page[Assessment]:
        """List assessments, newest first unless ordered otherwise."""
        search = self._listing.search(actor, "assessment.read", query, "assessment")
        return self._listing.explained(actor, self._stores.assessments.search(search), query, search)

    def names(self, actor: Actor, experiments: Sequence[str]) -> AssessmentNames:
        """Return the names and values of the standing assessments among the newest `MAX_LIMIT` of experiments."""
        page = self.search(actor, ListQuery(tuple(experiments), limit=MAX_LIMIT))
        complete = page.cursor is None and not page.partial
        return names_of(page.items, examined=len(page.items), complete=complete)

    def update(self, actor: Actor, assessment_id: AssessmentId, change: AssessmentChange) -> Assessment:
        """Append a revision; an unchanged content appends nothing."""
        found = self.get(actor, assessment_id, "assessment.write")
        _check_change(found, change)
        change = masked_change(masks_of(self._scope.holder(found.experiment_id)), change)
        if change.name is not None or change.replace_value:
            value = change.value if change.replace_value else found.value
            name = change.name or found.name
            self._check_schema(found.experiment_id, found.source.kind, name, value, found.target)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "assessment.update", assessment_id, at_ms=now_ms, experiment_id=found.experiment_id
        )
        return self._stores.assessments.update(assessment_id, change, by=actor.author, now_ms=now_ms, audit=audit)

    def delete(self, actor: Actor, assessment_id: AssessmentId) -> None:
        """Mark deleted; of a chain's head the predecessor becomes valid again. The history stays."""
        found = self.get(actor, assessment_id, "assessment.delete")
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "assessment.delete", assessment_id, at_ms=now_ms, experiment_id=found.experiment_id
        )
        self._stores.assessments.delete(assessment_id, by=actor.author, now_ms=now_ms, audit=audit)

    def history(self, actor: Actor, assessment_id: AssessmentId) -> Sequence[AssessmentRevision]:
        """Return every revision, oldest first, also of a deleted one."""
        permit_reach(actor, "assessment.read")
        revisions = self._stores.assessments.history(assessment_id)
        experiment_id = revisions[0].assessment.experiment_id
        permit(actor, "assessment.read", experiment_id, missing=NotFound.of("assessment", assessment_id))
        self._scope.holder(experiment_id)
        return revisions

    def as_of(self, actor: Actor, assessment_id: AssessmentId, at_ms: int) -> Assessment:
        """Return the revision that stood at a time (epoch milliseconds); NotFound when there was none yet, or it was
        deleted by then. One that is deleted now is told as it was before."""
        standing = [each for each in self.history(actor, assessment_id) if each.at_ms <= at_ms]
        if not standing or standing[-1].deleted:
            raise NotFound(
                f"assessment {assessment_id!r}: there was none at {at_ms} (epoch milliseconds); its history has the "
                "times of its revisions.",
                code="assessment_not_found",
                details={"noun": "assessment", "id": assessment_id},
            )
        return standing[-1].assessment

    def _check_schema(
        self, experiment_id: ExperimentId, source: SourceKind, name: str, value: JsonValue, target: AssessmentTarget
    ) -> None:
        """Refuse a person's value that the label schema of its name does not let in, where the experiment says so."""
        if source == "HUMAN" and value is not None:
            EnforcedSchemas(self._stores, self._scope.holder(experiment_id)).check(source, name, value, target)

    def _experiment_of(self, actor: Actor, draft: AssessmentDraft, experiment: str | None) -> ExperimentId:
        if draft.target.trace_id is not None:
            return self._trace_experiment(actor, draft.target.trace_id, "assessment.write")
        return self._named_experiment(actor, "session", experiment)

    def _named_experiment(self, actor: Actor, noun: str, experiment: str | None) -> ExperimentId:
        if experiment is None:
            raise Invalid(f"experiment: name the experiment of the {noun}.", details={"field": "experiment"})
        found = self._scope.lookup(actor, "assessment.write", experiment)
        if found.lifecycle == "DELETED":
            raise Deleted.of("experiment", found.experiment_id)
        return found.experiment_id

    def _trace_experiment(self, actor: Actor, trace_id: TraceId, action: ExperimentAction) -> ExperimentId:
        missing = NotFound.of("trace", trace_id)
        found = self._stores.traces.get([trace_id])
        if not found:
            raise missing
        experiment_id = found[0].experiment_id
        permit(actor, action, experiment_id, missing=missing)
        self._scope.holder(experiment_id)
        return experiment_id


def _named(actor: Actor, draft: AssessmentDraft) -> AssessmentDraft:
    """Return the draft with the account that logs it as the person who judged, where it names none."""
    if draft.source.kind != "HUMAN" or draft.source.source_id != UNNAMED or actor.author is None:
        return draft
    return replace(draft, source=replace(draft.source, source_id=actor.author))


def _check_change(found: Assessment, change: AssessmentChange) -> None:
    check_tags(change.metadata)
    if change.reason is not None and len(change.reason) > MAX_RATIONALE:
        raise TooLarge(f"reason: {len(change.reason)} characters are over the limit of {MAX_RATIONALE}.")
    if change.error is not None:
        check_error(change.error.code, change.error.message)
    check_value(change.value)
    check_draft(
        AssessmentDraft(
            target=found.target,
            name=change.name if change.name is not None else found.name,
            kind=found.kind,
            source=found.source,
            value=change.value if change.replace_value else found.value,
            error=change.error if change.replace_value else found.error,
            rationale=change.rationale,
            confidence=change.confidence,
        )
    )
