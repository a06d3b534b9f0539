"""Items of labeling sessions in memory; their rules are in `domain.reviewing`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from lodeline.domain.audit import AuditEntry
from lodeline.domain.errors import NotFound, TooLarge
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.labeling import (
    Assignment,
    ItemDraft,
    ItemFilter,
    ItemId,
    ItemsReport,
    LabelingItem,
    LabelingSession,
    item_id_of,
)
from lodeline.domain.labeling_changes import Addition, addition, items_report
from lodeline.domain.labeling_checks import MAX_ITEMS
from lodeline.domain.labeling_rules import RuleState, counted, rule_digest
from lodeline.domain.ledger import FindLast
from lodeline.domain.page import Page
from lodeline.domain.review_checks import check_addable, check_claimable, check_ruled
from lodeline.domain.review_events import Claim, Reviewer, ReviewEvent, Save, Submit, author_of
from lodeline.domain.review_outputs import log_review, withdraw_review
from lodeline.domain.review_places import live, order_salt, settled, shuffled
from lodeline.domain.reviewing import ReviewStep, applied, applied_in_turn
from lodeline.query import cursor as cursors
from lodeline.query.build import ALL
from lodeline.storage.memory.labeling import labeling_of, writable_labeling
from lodeline.storage.memory.run_record import LabelingRecord, RunRecord
from lodeline.storage.memory.runs import visible
from lodeline.storage.memory.state import State

_HELD = {"CLAIMED", "SUBMITTED", "DECLINED"}


class MemoryReviews:
    """The `ReviewStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add_items(self, run_id: RunId, drafts: Sequence[ItemDraft], *, by: str | None, now_ms: int, audit: AuditEntry
                  ) -> ItemsReport:  # fmt: skip
        with self._state.lock:
            record, labeling = writable_labeling(self._state, run_id)
            session = labeling.current(record.run)
            check_addable(session)
            report = self._add(record, labeling, drafts, by=by, now_ms=now_ms)
            if report.added or report.restored:
                self._state.record(audit)
            return report

    def add_by_rule(self, run_id: RunId, drafts: Sequence[ItemDraft], state: RuleState, *, now_ms: int,
                    audit: AuditEntry) -> RuleState:  # fmt: skip
        with self._state.lock:
            record, labeling = writable_labeling(self._state, run_id)
            check_ruled(labeling.current(record.run), state.rule)
            report = self._add(record, labeling, drafts, by=None, now_ms=now_ms)
            done = counted(state, report.added)
            labeling.rule_states[rule_digest(done.rule)] = done
            if report.added:
                self._state.record(audit)
            return done

    def items(self, run_id: RunId, which: ItemFilter, *, limit: int, cursor: str | None = None) -> Page[LabelingItem]:
        def selects(item: LabelingItem) -> bool:
            traces = {item.target.trace_id, item.target.other_trace_id}
            return (
                (item.removed_ms is not None) == which.removed
                and (not which.states or item.state in which.states)
                and (which.trace_id is None or which.trace_id in traces)
            )

        return self._page(run_id, selects, f"items {which!r}", limit, cursor, newest_first=which.newest_first)

    def held(self, run_id: RunId, reviewer: str, *, limit: int, cursor: str | None = None) -> Page[LabelingItem]:
        def selects(item: LabelingItem) -> bool:
            mine = any(a.reviewer == reviewer and a.state in _HELD for a in item.assignments)
            return mine and item.removed_ms is None

        return self._page(run_id, selects, f"held {reviewer}", limit, cursor)

    def get(self, item_id: ItemId) -> LabelingItem:
        with self._state.lock:
            record, labeling = self._holder(item_id)
            visible(self._state, record.run.run_id, "item")
            return labeling.items[item_id]

    def every(self, run_id: RunId) -> Iterator[LabelingItem]:
        with self._state.lock:
            labeling = labeling_of(visible(self._state, run_id, "labeling session"))
            return iter([*labeling.items.values()])

    def claim_next(self, run_id: RunId, reviewer: Reviewer, token: str, *, now_ms: int, audit: AuditEntry
                   ) -> LabelingItem | None:  # fmt: skip
        with self._state.lock:
            record, labeling = writable_labeling(self._state, run_id)
            session = labeling.current(record.run)
            check_claimable(session, reviewer)
            _end_leases(session, labeling, now_ms, reviewer.name)
            items = labeling.items.values()
            found = min(
                (item for item in items if _holds(item, reviewer.name)), key=lambda i: i.place, default=None
            ) or min(
                (item for item in items if _offers(item, reviewer.name)),
                key=lambda item: _key(session, item, reviewer.name),
                default=None,
            )
            if found is None:
                return None
            step = applied(session, found, Claim(reviewer, token), now_ms=now_ms)
            labeling.items[found.item_id] = step.item
            if _token(step.item, reviewer.name) == token:
                self._state.record(replace(audit, target=found.item_id))
            return step.item

    def act(self, item_id: ItemId, event: ReviewEvent, *, now_ms: int, audit: AuditEntry) -> LabelingItem:
        with self._state.lock:
            record, labeling = self._holder(item_id)
            writable_labeling(self._state, record.run.run_id)
            before = labeling.items[item_id]
            step = applied(labeling.current(record.run), before, event, now_ms=now_ms)
            if step.item != before:
                self._log(record, step, author_of(event), now_ms)
                labeling.items[item_id] = step.item
                if not isinstance(event, Save):
                    self._state.record(audit)
            return step.item

    def log(self, run_id: RunId, reviews: Mapping[ItemId, Sequence[Submit]], *, by: str | None, now_ms: int,
            audit: AuditEntry) -> int:  # fmt: skip
        with self._state.lock:
            record, labeling = writable_labeling(self._state, run_id)
            session = labeling.current(record.run)
            steps: list[ReviewStep] = []
            for item_id, events in reviews.items():
                if item_id not in labeling.items:
                    raise NotFound.of("item", item_id)
                steps.append(applied_in_turn(session, labeling.items[item_id], events, now_ms=now_ms))
            new = 0
            for step in steps:
                new += len(step.item.submissions) - len(labeling.items[step.item.item_id].submissions)
                self._log(record, step, by, now_ms)
                labeling.items[step.item.item_id] = step.item
            if new:
                self._state.record(audit)
            return new

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[LabelingItem]]:
        found: dict[TraceId, list[LabelingItem]] = {}
        with self._state.lock:
            for record in self._state.runs.values():
                hidden = record.run.lifecycle == "DELETED" or not self._state.is_active(record.run.experiment_id)
                if record.labeling is None or hidden:
                    continue
                for item in record.labeling.items.values():
                    for trace_id in (item.target.trace_id, item.target.other_trace_id):
                        if trace_id is not None and trace_id in trace_ids and item.removed_ms is None:
                            found.setdefault(trace_id, []).append(item)
        return found

    def _add(self, record: RunRecord, labeling: LabelingRecord, drafts: Sequence[ItemDraft], *, by: str | None,
             now_ms: int) -> ItemsReport:  # fmt: skip
        session, run_id = labeling.current(record.run), record.run.run_id
        self._check_traces(record, drafts)
        new = {item_id_of(run_id, draft.target) for draft in drafts} - labeling.items.keys()
        if len(labeling.items) + len(new) > MAX_ITEMS:
            raise TooLarge(f"items: a labeling session has at most {MAX_ITEMS}; make another one.")
        ids = [item_id_of(run_id, draft.target) for draft in drafts]
        done: list[Addition] = []
        for item_id, draft in zip(ids, drafts, strict=True):
            items = labeling.items
            each = addition(session, items.get(item_id), draft, place=len(items), by=by, now_ms=now_ms)
            done.append(each)
            if each.item is not None:
                items[item_id] = each.item
            if each.outcome != "left_removed":
                self._link(run_id, draft)
        return items_report(ids, done)

    def _log(self, record: RunRecord, step: ReviewStep, by: str | None, now_ms: int) -> None:
        ledger = self._state.ledger
        find: FindLast = lambda assessment_id: (ledger.get(assessment_id) or [None])[-1]  # noqa: E731
        for draft in step.log:
            self._check_trace(record, draft.target.trace_id)
            plan = log_review(draft, find, experiment_id=record.run.experiment_id, by=by, now_ms=now_ms)
            for revision in plan.revisions:
                ledger.setdefault(revision.assessment.assessment_id, []).append(revision)
        for assessment_id in step.withdraw:
            gone = withdraw_review(assessment_id, find, experiment_id=record.run.experiment_id, by=by, now_ms=now_ms)
            for revision in () if gone is None else gone.revisions:
                ledger.setdefault(revision.assessment.assessment_id, []).append(revision)

    def _holder(self, item_id: ItemId) -> tuple[RunRecord, LabelingRecord]:
        for record in self._state.runs.values():
            if record.labeling is not None and item_id in record.labeling.items:
                return record, record.labeling
        raise NotFound.of("item", item_id)

    def _check_traces(self, record: RunRecord, drafts: Sequence[ItemDraft]) -> None:
        for draft in drafts:
            for trace_id in (draft.target.trace_id, draft.target.other_trace_id):
                self._check_trace(record, trace_id)

    def _check_trace(self, record: RunRecord, trace_id: TraceId | None) -> None:
        """Return when a target's trace, if it has one, belongs to the session's experiment; else NotFound."""
        trace = None if trace_id is None else self._state.traces.get(trace_id)
        if trace_id is not None and (trace is None or trace.experiment_id != record.run.experiment_id):
            raise NotFound.of("trace", trace_id)

    def _link(self, run_id: RunId, draft: ItemDraft) -> None:
        for trace_id in (draft.target.trace_id, draft.target.other_trace_id):
            if trace_id is not None and self._state.traces[trace_id].fold.summary().run_id != run_id:
                self._state.traces[trace_id].linked.setdefault(run_id)

    def _page(
        self, run_id: RunId, selects: Callable[[LabelingItem], bool], what: str, limit: int, cursor: str | None, *,
        newest_first: bool = False,
    ) -> Page[LabelingItem]:  # fmt: skip
        fingerprint = cursors.fingerprint("run", ALL, (), what, run_id)
        after = None if cursor is None else int(cursors.decode(cursor, fingerprint)[0] or 0)
        with self._state.lock:
            labeling = labeling_of(visible(self._state, run_id, "labeling session"))
            found = [item for item in labeling.items.values() if selects(item)]
        if newest_first:
            found.reverse()
        if after is not None:
            found = [item for item in found if (item.place < after if newest_first else item.place > after)]
        more = len(found) > limit
        end = cursors.encode((found[limit - 1].place,), fingerprint) if more else None
        return Page(tuple(found[:limit]), end)


def _end_leases(session: LabelingSession, labeling: LabelingRecord, now_ms: int, keep: str) -> None:
    for item_id, item in labeling.items.items():
        if any(_late(a, now_ms) and a.reviewer != keep for a in item.assignments):
            labeling.items[item_id] = settled(session, item, now_ms=now_ms, keep=keep)


def _late(a: Assignment, now_ms: int) -> bool:
    return a.state == "CLAIMED" and a.lease_until_ms is not None and a.lease_until_ms <= now_ms


def _holds(item: LabelingItem, reviewer: str) -> bool:
    return any(a.reviewer == reviewer and a.state == "CLAIMED" for a in live(item))


def _offers(item: LabelingItem, reviewer: str) -> bool:
    taken = any(a.reviewer == reviewer and a.state in _HELD for a in live(item))
    return not taken and any(a.state == "OPEN" and a.reviewer in {None, reviewer} for a in item.assignments)


def _key(session: LabelingSession, item: LabelingItem, reviewer: str) -> tuple[int, int, int]:
    """Return where an item comes in a reviewer's order: after all others, in that order, when they put it back."""
    requeued = max((a.requeued_ms or 0 for a in live(item) if a.reviewer == reviewer), default=0)
    match session.policy.order:
        case "priority":
            return requeued, -item.priority, item.place
        case "oldest":
            return requeued, 0, item.place
        case "random":
            return requeued, 0, shuffled(item.place, order_salt(session.run.run_id, reviewer))


def _token(item: LabelingItem, reviewer: str) -> str | None:
    return next((a.token for a in live(item) if a.reviewer == reviewer and a.state == "CLAIMED"), None)
