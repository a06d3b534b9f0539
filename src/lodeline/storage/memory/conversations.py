"""Sessions and users, derived from the traces whenever they are asked for."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from lodeline.domain.errors import NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.session import DEFAULT_SESSION_IDLE_S, Session, User
from lodeline.domain.trace import Trace
from lodeline.domain.usage import NO_USAGE, TokenUsage, picousd_to_usd
from lodeline.query.ast import Search
from lodeline.storage.memory.matching import session_page, user_page
from lodeline.storage.memory.record import TraceRecord
from lodeline.storage.memory.state import State


class MemoryConversations:
    """The `ConversationStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def session(self, experiment_id: ExperimentId, session: str, *, now_ms: int) -> Session:
        with self._state.lock:
            for found in self._sessions([experiment_id], now_ms=now_ms):
                if found.session == session:
                    return found
        raise NotFound.of("session", session)

    def sessions(self, search: Search, *, now_ms: int) -> Page[Session]:
        with self._state.lock:
            found = self._sessions(search.experiment_ids, now_ms=now_ms)
            return session_page(self._state, found, search)

    def users(self, search: Search) -> Page[User]:
        with self._state.lock:
            groups = _grouped(self._records(search.experiment_ids), lambda trace: trace.user)
            return user_page([_user(records) for records in groups], search)

    def _sessions(self, experiment_ids: Sequence[str], *, now_ms: int) -> list[Session]:
        groups = _grouped(self._records(experiment_ids), lambda trace: trace.session)
        return [_session(records, now_ms=now_ms) for records in groups]

    def _records(self, experiment_ids: Sequence[str]) -> list[TraceRecord]:
        active = {i for i in map(ExperimentId, experiment_ids) if self._state.is_active(i)}
        return [record for record in self._state.traces.values() if record.experiment_id in active]


def _grouped(records: Iterable[TraceRecord], name_of: Callable[[Trace], str | None]) -> list[list[TraceRecord]]:
    groups: dict[tuple[ExperimentId, str], list[TraceRecord]] = {}
    for record in records:
        name = name_of(record.trace())
        if name is not None:
            groups.setdefault((record.experiment_id, name), []).append(record)
    return list(groups.values())


def _session(records: Sequence[TraceRecord], *, now_ms: int) -> Session:
    traces = _oldest_first(records)
    last_ns = max(map(last_activity_ns, traces))
    is_open = last_ns // 1_000_000 + DEFAULT_SESSION_IDLE_S * 1000 > now_ms
    return Session(
        experiment_id=traces[0].experiment_id,
        session=traces[0].session or "",
        state="OPEN" if is_open else "CLOSED",
        first_ns=traces[0].start_ns,
        last_ns=last_ns,
        trace_count=len(traces),
        error_count=sum(trace.state == "ERROR" for trace in traces),
        tokens=_tokens(traces),
        cost_usd=_cost_usd(records),
        user=next((trace.user for trace in traces if trace.user is not None), None),
        faulty_count=sum(trace.error_count > 0 for trace in traces),
    )


def _user(records: Sequence[TraceRecord]) -> User:
    traces = _oldest_first(records)
    return User(
        experiment_id=traces[0].experiment_id,
        user=traces[0].user or "",
        first_ns=traces[0].start_ns,
        last_ns=max(map(last_activity_ns, traces)),
        trace_count=len(traces),
        error_count=sum(trace.state == "ERROR" for trace in traces),
        session_count=len({trace.session for trace in traces if trace.session is not None}),
        tokens=_tokens(traces),
        cost_usd=_cost_usd(records),
    )


def last_activity_ns(trace: Trace) -> int:
    """Return when a trace was last active: its end, or its start while it has none."""
    return trace.start_ns + (trace.duration_ns or 0)


def _oldest_first(records: Sequence[TraceRecord]) -> list[Trace]:
    """By start, then by arrival, in which order the records are."""
    return sorted((record.trace() for record in records), key=attrgetter("start_ns"))


def _tokens(traces: Iterable[Trace]) -> TokenUsage:
    total = NO_USAGE
    for trace in traces:
        total = total.plus(trace.tokens)
    return total


def _cost_usd(records: Iterable[TraceRecord]) -> float | None:
    costs = [record.fold.summary().cost_picousd for record in records]
    known = [cost for cost in costs if cost is not None]
    return picousd_to_usd(sum(known)) if known else None
