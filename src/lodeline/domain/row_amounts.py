"""What a row of an evaluation took: cost, tokens and time, read when it is asked for.

A row keeps what the program logged for it; what it did not log its trace says, as the trace stands at that moment.
So a trace that arrives after its row counts from then on, and one that is priced anew counts at its new price. A
trace of another experiment says nothing, as it takes no scores. Each repetition has a trace, and amounts, of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lodeline.domain.evaluation_row import Amount, EvaluationRow
from lodeline.domain.trace import Trace

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class TraceAmounts:
    """What a trace took by its present state: US dollars, tokens of all kinds, milliseconds; None is not known.
    Without a call that counts tokens there are none, not 0."""

    cost_usd: float | None = None
    tokens_total: int | None = None
    duration_ms: int | None = None


NOTHING = TraceAmounts()


def amounts_of(trace: Trace) -> TraceAmounts:
    """Return what a trace took."""
    return trace_amounts(trace.cost_usd, trace.tokens.total, trace.duration_ns)


def trace_amounts(cost_usd: float | None, tokens_total: int | None, duration_ns: int | None) -> TraceAmounts:
    """Return what a trace with these figures took; `duration_ns` is rounded to whole milliseconds."""
    return TraceAmounts(
        cost_usd, tokens_total or None, None if duration_ns is None else max(0, round(duration_ns / _NS_PER_MS))
    )


def with_amounts(row: EvaluationRow, trace: TraceAmounts) -> EvaluationRow:
    """Return a row with what it took: as logged, else as its trace says; of tokens nothing is logged."""
    return replace(
        row,
        cost_usd=trace.cost_usd if row.cost_usd is None else row.cost_usd,
        duration_ms=trace.duration_ms if row.duration_ms is None else row.duration_ms,
        tokens_total=trace.tokens_total,
    )


def row_amounts(row: EvaluationRow) -> Mapping[Amount, float | None]:
    """Return the amounts of a row that has them."""
    return {"cost_usd": row.cost_usd, "tokens_total": row.tokens_total, "duration_ms": row.duration_ms}
