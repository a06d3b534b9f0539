"""Labeling sessions in memory; what reviewers do with their items is in `reviews`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import Deleted, NotFound
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.labeling import (
    RUN_STATUS,
    LabelingChange,
    LabelingDraft,
    LabelingProgress,
    LabelingSession,
    ReviewerProgress,
)
from lodeline.domain.labeling_changes import affected, changed_session, resettled
from lodeline.domain.labeling_rules import RuleState, rule_digest
from lodeline.domain.page import Page
from lodeline.domain.review_queue import name_taken, queue_key
from lodeline.domain.run import Run, RunDraft
from lodeline.query import cursor as cursors
from lodeline.query.build import ALL
from lodeline.storage.memory.run_record import LabelingRecord, RunRecord
from lodeline.storage.memory.runs import add, visible, writable
from lodeline.storage.memory.state import State


class MemoryLabeling:
    """The `LabelingStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, experiment_id: ExperimentId, draft: LabelingDraft, *, now_ms: int, audit: AuditEntry
               ) -> LabelingSession:  # fmt: skip
        with self._state.lock:
            of = replace(draft.run, kind="LABELING", status=RUN_STATUS[draft.state])
            _check_queue_name(self._state, experiment_id, of)
            record = add(self._state, experiment_id, of, now_ms=now_ms)
            record.labeling = LabelingRecord(
                draft.state,
                draft.schemas,
                draft.instructions,
                draft.reviewers,
                draft.policy,
                draft.dataset_id,
                draft.rules,
            )
            record.labeling.begin_rules(now_ms=now_ms)
            self._state.record(replace(audit, target=record.run.run_id))
            return record.labeling.current(record.current())

    def get(self, run_id: RunId) -> LabelingSession:
        with self._state.lock:
            record = visible(self._state, run_id, "labeling session")
            return labeling_of(record).current(record.current())

    def list(self, experiment_ids: Sequence[ExperimentId], *, wanted: Sequence[ExperimentId] = (),
             reviewer: str | None = None, limit: int, cursor: str | None = None
             ) -> Page[LabelingSession]:  # fmt: skip
        fingerprint = cursors.fingerprint("run", ALL, (), "labeling", *sorted(wanted), reviewer or "")
        after = None if cursor is None else cursors.decode(cursor, fingerprint)
        with self._state.lock:
            numbered = [
                ((record.run.start_ms, number), record.labeling.current(record.current()))
                for number, record in enumerate(self._state.runs.values())
                if record.labeling is not None
                and record.run.lifecycle == "ACTIVE"
                and record.run.experiment_id in experiment_ids
                and self._state.is_active(record.run.experiment_id)
                and (reviewer is None or reviewer in record.labeling.reviewers)
            ]
        numbered.sort(key=lambda pair: pair[0], reverse=True)
        found = [pair for pair in numbered if after is None or pair[0] < after]
        more = len(found) > limit
        end = cursors.encode(found[limit - 1][0], fingerprint) if more else None
        return Page(tuple(session for _, session in found[:limit]), end)

    def change(self, run_id: RunId, change: LabelingChange, *, now_ms: int, audit: AuditEntry) -> LabelingSession:
        with self._state.lock:
            record, labeling = writable_labeling(self._state, run_id)
            before = labeling.current(record.run)
            after = changed_session(before, change, now_ms=now_ms)
            if after == before and not change.extend_completed:
                return labeling.current(record.current())
            if queue_key(after.run) != queue_key(before.run):
                _check_queue_name(self._state, after.run.experiment_id, after.run)
            record.run = after.run
            labeling.put(after)
            labeling.begin_rules(now_ms=now_ms)
            which = "all" if change.extend_completed else affected(before, after)
            for item_id, item in labeling.items.items():
                claimed = any(a.state == "CLAIMED" for a in item.assignments)
                if which == "all" or (which == "claimed" and claimed):
                    labeling.items[item_id] = resettled(after, item, change, now_ms=now_ms)
            self._state.record(audit)
            return labeling.current(record.current())

    def rules(self, run_id: RunId) -> Sequence[RuleState]:
        with self._state.lock:
            labeling = labeling_of(visible(self._state, run_id, "labeling session"))
            return [labeling.rule_states.get(rule_digest(rule), RuleState(rule)) for rule in labeling.rules]

    def with_rules(self) -> Sequence[RunId]:
        with self._state.lock:
            return [
                run_id
                for run_id, record in self._state.runs.items()
                if record.labeling is not None
                and record.labeling.state == "OPEN"
                and record.labeling.rules
                and record.run.lifecycle == "ACTIVE"
                and self._state.is_active(record.run.experiment_id)
            ]

    def progress(self, run_id: RunId, *, now_ms: int) -> LabelingProgress:
        with self._state.lock:
            labeling = labeling_of(visible(self._state, run_id, "labeling session"))
            items = [item for item in labeling.items.values() if item.removed_ms is None]
        counts: dict[str, Counter[str]] = {}
        verified: set[str] = set()
        total: Counter[str] = Counter()
        for each in (a for item in items for a in item.assignments):
            late = each.state == "CLAIMED" and each.lease_until_ms is not None and each.lease_until_ms <= now_ms
            state = "EXPIRED" if late else each.state
            total["OPEN" if late else state] += 1
            if each.reviewer is not None:
                counts.setdefault(each.reviewer, Counter())[state] += 1
                verified |= {each.reviewer} if each.verified else set()
        return LabelingProgress(
            dict(Counter(item.state for item in items)),
            total["SUBMITTED"],
            total["CLAIMED"],
            total["OPEN"],
            tuple(
                ReviewerProgress(
                    name, name in verified, by["SUBMITTED"], by["CLAIMED"], by["OPEN"], by["DECLINED"],
                    by["RELEASED"], by["EXPIRED"],
                )
                for name, by in sorted(counts.items())
            ),
        )  # fmt: skip


def _check_queue_name(state: State, experiment_id: ExperimentId, run: Run | RunDraft) -> None:
    """Return when no other review queue of the experiment has the name; else Conflict."""
    if is_queue_name_taken(state, experiment_id, run):
        raise name_taken(run.name)


def is_queue_name_taken(state: State, experiment_id: ExperimentId, run: Run | RunDraft) -> bool:
    """Tell whether another review queue of the experiment has the name of this one; a run that is none has no such
    name."""
    key = queue_key(run)
    if key is None:
        return False
    for other in state.runs.values():
        mine = other.run.experiment_id == experiment_id and other.run.lifecycle == "ACTIVE"
        if mine and queue_key(other.run) == key and other.run.run_id != run.run_id:
            return True
    return False


def labeling_of(record: RunRecord) -> LabelingRecord:
    """Return what a run has as a labeling session; NotFound when it is none."""
    if record.labeling is None:
        raise NotFound.of("labeling session", record.run.run_id)
    return record.labeling


def writable_labeling(state: State, run_id: RunId) -> tuple[RunRecord, LabelingRecord]:
    """Return a session; NotFound when there is none, Deleted when it or what holds it is."""
    record = state.runs.get(run_id)
    if record is None:
        raise NotFound.of("labeling session", run_id)
    labeling = labeling_of(writable(state, run_id))
    if record.run.lifecycle == "DELETED":
        raise Deleted.of("run", run_id)
    return record, labeling
