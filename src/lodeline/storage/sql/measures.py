"""Measures as sums that SQL computes over some of the traces, and that can be added up over more of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lodeline.domain.analytics import Measure

Value = float | int | None
"""What SQL returns of a column; None where it has nothing to go by."""
Add = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """A measure: SQL aggregates, and what follows from their values.

    The values of an `additive` one over several sets of traces are those over each, added up.
    """

    columns: tuple[str, ...]
    value: Callable[[Sequence[Value]], float | None]
    additive: bool = True


COUNT = "count(*)"
_NUMBER = "iif(abs(a.num) <= 1.7976931348623157e308, a.num, NULL)"
"""Infinite numbers have no part in means."""
NUMBERS = f"count({_NUMBER})"


def _first(values: Sequence[Value]) -> float | None:
    return None if values[0] is None else float(values[0])


def _ratio(values: Sequence[Value]) -> float | None:
    """The first over the second, which counts."""
    over, under = values
    return over / under if over is not None and under else None


def _ms(value: float | None) -> float | None:
    return None if value is None else value / 1e6


def _cost_usd(values: Sequence[Value]) -> float | None:
    total, count = values
    return total / 1e12 if total is not None and count else None


def _deviation(values: Sequence[Value]) -> float | None:
    """The standard deviation of a population by the sums of its numbers and of their squares, and its size."""
    total, squares, count = values
    if not count or total is None or squares is None:
        return None
    return math.sqrt(max(squares / count - (total / count) ** 2, 0.0))


def _percentile(fraction: float) -> Formula:
    sql = f"percentile_cont(t.dur_ns, {fraction})"
    return Formula((sql,), lambda values: _ms(_first(values)), additive=False)


OF_TRACES: Mapping[Measure, Formula] = {
    "count": Formula((COUNT,), _first),
    "error_rate": Formula(("total(t.state = 2)", COUNT), _ratio),
    "duration_p50": _percentile(0.5),
    "duration_p95": _percentile(0.95),
    "duration_p99": _percentile(0.99),
    "duration_mean": Formula(("total(t.dur_ns)", "count(t.dur_ns)"), lambda values: _ms(_ratio(values))),
    "tokens_input": Formula(("total(t.tok_in)",), _first),
    "tokens_output": Formula(("total(t.tok_out)",), _first),
    "tokens_total": Formula(("total(t.tok_total)",), _first),
    "cost_usd": Formula(("total(t.cost)", "count(t.cost)"), _cost_usd),
}
OF_ASSESSMENTS: Mapping[Measure, Formula] = {
    "assessment_mean": Formula((f"total({_NUMBER})", NUMBERS), _ratio),
    "assessment_sd": Formula((f"total({_NUMBER})", f"total({_NUMBER} * {_NUMBER})", NUMBERS), _deviation),
    "assessment_count": Formula((COUNT,), _first),
    "assessment_errors": Formula(("count(a.error)",), _first),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What to select: aggregates over traces, the first of them their number, and over assessments."""

    of_traces: tuple[str, ...]
    of_assessments: tuple[str, ...] = ()
    additive: bool = True

    @classmethod
    def of(cls, measures: Sequence[Measure], *, judged: bool) -> "Columns":
        """Return what the measures need; `judged` says that the number of assessments is asked for."""
        plain = [OF_TRACES[m] for m in measures if m in OF_TRACES]
        others = [OF_ASSESSMENTS[m] for m in measures if m in OF_ASSESSMENTS] if judged else []
        return cls(
            tuple(dict.fromkeys([COUNT, *(c for formula in plain for c in formula.columns)])),
            tuple(dict.fromkeys([NUMBERS, *(c for formula in others for c in formula.columns)])) if judged else (),
            all(formula.additive for formula in plain),
        )

    @property
    def none_judged(self) -> Add:
        """What stands for the assessments where there are none."""
        return (0,) * len(self.of_assessments)

    def reader(self, name: Measure) -> Callable[[Add], float | None]:
        """Return what computes a measure from the values of `of_traces` and then of `of_assessments`."""
        if name in OF_TRACES:
            formula, start, columns = OF_TRACES[name], 0, self.of_traces
        else:
            formula, start, columns = OF_ASSESSMENTS[name], len(self.of_traces), self.of_assessments
        places = [start + columns.index(column) for column in formula.columns]
        return lambda values: formula.value([values[place] for place in places])

    def number(self, values: Add) -> int:
        """Return how many traces or, where they are asked for, assessments with a number are behind the values."""
        return int(values[len(self.of_traces) if self.of_assessments else 0] or 0)


def add(left: Add, right: Add) -> Add:
    """Return the values over two disjoint sets of traces together."""
    return tuple((a or 0) + (b or 0) for a, b in zip(left, right, strict=True))
