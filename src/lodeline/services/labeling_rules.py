"""Standing rules: labeling sessions that take traces by themselves while they are open.

A rule goes through what arrives, oldest first: a sample through traces, the others through judgments of the name that
they are about. It keeps up to when it has looked, so that it goes on after a restart where it was. Once it has caught
up it looks back a little at each round, for what came to match after it arrived.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lodeline.auth.actor import SYSTEM, Actor
from lodeline.domain.assessment import Assessment
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Deleted, LodelineError, NotFound
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.labeling import ItemDraft, LabelingSession, item_id_of
from lodeline.domain.labeling_rules import MAX_EXAMINED, RuleState
from lodeline.query.ast import Compare, Field, In, Node, Not, Order, Search
from lodeline.query.build import conj
from lodeline.query.fields import field
from lodeline.services.audit import audit_entry
from lodeline.services.labeling import LabelingService
from lodeline.services.labeling_drafts import is_chosen, of_trace
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

LOOK_BACK_MS = 15 * 60_000
"""How long after it arrived something may come to match and still be found."""
_STEP = 200
_MAX_ERROR = 500


class LabelingRuleService:
    """Use cases of standing rules; they are set by `LabelingService.update`."""

    def __init__(
        self, stores: Stores, sessions: LabelingService, listing: Listing, clock: Clock = system_clock
    ) -> None:
        self._stores = stores
        self._sessions = sessions
        self._listing = listing
        self._clock = clock

    def list(self, actor: Actor, run_id: RunId) -> Sequence[RuleState]:
        """Return how far the standing rules of a session are, in their order."""
        self._sessions.get(actor, run_id)
        return self._stores.labeling.rules(run_id)

    def run_all(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Run every standing rule of every open session once; return how many items were added.

        A rule that fails keeps its error, and the others go on.
        """
        added = 0
        for run_id in self._stores.labeling.with_rules():
            try:
                session, states = self._stores.labeling.get(run_id), self._stores.labeling.rules(run_id)
            except NotFound:
                continue
            for state in states:
                if stopping():
                    return added
                if not state.spent:
                    added += self._run(session, state)
        return added

    def _run(self, session: LabelingSession, state: RuleState) -> int:
        now_ms = self._clock.now_ms()
        try:
            drafts, seen_ms = self._round(session, state, now_ms)
            done = replace(state, last_run_ms=now_ms, seen_ms=seen_ms, error=None)
            return self._keep(session, drafts, done).last_added
        except (Deleted, NotFound):
            return 0  # what it was about went meanwhile
        except Conflict as error:
            if error.error_code in {"labeling_state", "rule_gone"}:
                return 0  # closed or changed meanwhile
            self._fail(session, state, error, now_ms)
        except LodelineError as error:
            self._fail(session, state, error, now_ms)
        return 0

    def _fail(self, session: LabelingSession, state: RuleState, error: LodelineError, now_ms: int) -> None:
        failed = replace(state, last_run_ms=now_ms, error=error.message[:_MAX_ERROR])
        self._keep(session, (), failed)

    def _keep(self, session: LabelingSession, drafts: Sequence[ItemDraft], state: RuleState) -> RuleState:
        run_id, now_ms = session.run.run_id, self._clock.now_ms()
        audit = audit_entry(
            SYSTEM, "labeling.add_items", run_id, at_ms=now_ms, experiment_id=session.run.experiment_id,
            details={"items": len(drafts), "by": f"standing rule {state.rule.kind}"},
        )  # fmt: skip
        return self._stores.reviews.add_by_rule(run_id, drafts, state, now_ms=now_ms, audit=audit)

    def _round(self, session: LabelingSession, state: RuleState, now_ms: int) -> tuple[Sequence[ItemDraft], int]:
        """Return the items of a round, new ones alone, and up to when what arrived was looked at."""
        rule = state.rule
        room = rule.limit if rule.most is None else min(rule.limit, rule.most - state.added)
        seen_ms = now_ms if state.seen_ms is None else state.seen_ms
        caught_up = state.seen_ms is None or state.seen_ms == state.last_run_ms
        begin_ms = seen_ms - (LOOK_BACK_MS if caught_up else 0)
        drafts: list[ItemDraft] = []
        examined = 0
        for arrived in self._arrived(session, state, begin_ms):
            for draft in self._chosen(session, state, arrived.traces):
                if len(drafts) == room:
                    # The batch is looked at again in the next round: those that were added are known then.
                    return drafts, max(seen_ms, arrived.begin_ms)
                drafts.append(draft)
            examined += arrived.count
            if examined >= MAX_EXAMINED:
                return drafts, max(seen_ms, arrived.end_ms)
        return drafts, now_ms

    def _arrived(self, session: LabelingSession, state: RuleState, begin_ms: int) -> Iterator["_Arrived"]:
        """Yield what arrived since a time, oldest first, a few at a time."""
        search = Search(
            (session.run.experiment_id,), self._since(state, begin_ms), limit=_STEP,
            order=(Order(_arrival(state), descending=False),),
        )  # fmt: skip
        while True:
            if state.rule.kind == "sample":
                page = self._stores.traces.search(search)
                found = [(trace.trace_id, trace.received_ms) for trace in page.items]
            else:
                page = self._stores.assessments.search(search)
                found = [(TraceId(a.target.trace_id or ""), a.created_ms) for a in page.items]
            if found:
                ids = tuple(dict.fromkeys(trace_id for trace_id, _ in found if trace_id))
                yield _Arrived(ids, len(found), found[0][1], found[-1][1])
            if page.cursor is None:
                return
            search = replace(search, cursor=page.cursor)

    def _since(self, state: RuleState, begin_ms: int) -> Node:
        arrived = Compare(_arrival(state), ">=", max(0, begin_ms) * 1_000_000)
        if state.rule.kind == "sample":
            return conj([arrived, self._filter(state)])
        machine = Not(Compare(field("assessment", "source"), "=", "HUMAN"))
        return conj([arrived, Compare(field("assessment", "name"), "=", state.rule.name or ""), machine])

    def _filter(self, state: RuleState) -> Node:
        return self._listing.unbound(ListQuery((), state.rule.filter), "trace").node

    def _chosen(
        self, session: LabelingSession, state: RuleState, trace_ids: Sequence[TraceId]
    ) -> Iterator[ItemDraft]:
        """Yield an item for each trace that the rule chooses, and that was never one of the session."""
        if not trace_ids:
            return
        node = conj([In(field("trace", "id"), tuple(trace_ids)), self._filter(state)])
        found = {t.trace_id: t for t in self._stores.traces.search(
            Search((session.run.experiment_id,), node, limit=len(trace_ids))
        ).items}  # fmt: skip
        judged: Mapping[TraceId, Sequence[Assessment]] = {}
        if state.rule.kind != "sample":
            judged = self._stores.assessments.of_traces(list(found))
        for trace_id in trace_ids:
            trace = found.get(trace_id)
            if trace is not None and is_chosen(state.rule, trace, judged.get(trace_id, ())):
                draft = of_trace(trace, priority=state.rule.priority)
                if not self._is_item(session, draft):
                    yield draft

    def _is_item(self, session: LabelingSession, draft: ItemDraft) -> bool:
        try:
            self._stores.reviews.get(item_id_of(session.run.run_id, draft.target))
        except NotFound:
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Traces that arrived, or were judged, from one time to another; `count` is of what was looked at."""

    traces: tuple[TraceId, ...]
    count: int
    begin_ms: int
    end_ms: int


def _arrival(state: RuleState) -> Field:
    return field("trace", "received") if state.rule.kind == "sample" else field("assessment", "created")
