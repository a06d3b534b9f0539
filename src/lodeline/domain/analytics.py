"""Facets and aggregates: bounded answers about many traces."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.assessment import AssessmentKind
from lodeline.domain.span import JsonValue, SpanKind

Measure = Literal[
    "count", "error_rate", "duration_p50", "duration_p95", "duration_p99", "duration_mean", "tokens_input",
    "tokens_output", "tokens_total", "cost_usd", "assessment_mean", "assessment_sd", "assessment_count",
    "assessment_errors",
]  # fmt: skip
"""Durations are in milliseconds; percentiles interpolate linearly between closest ranks (PostgreSQL's
percentile_cont). `error_rate` is traces in state ERROR over all; `cost_usd` sums the traces that have a cost.
`assessment_*` need the assessment's name and look at valid feedback of that name on the traces and their spans: the
mean and the population standard deviation of those with a number (`domain.assessment.numeric_value`), how many there
are, how many of them are errors."""

ValueType = Literal["boolean", "number", "text", "json"]
"""What an assessment's value is; "json" is a list, an object or null."""


@dataclass(frozen=True, slots=True)
class AssessmentValue:
    """One value of the assessments of a name, and how many have it."""

    value: JsonValue
    count: int


@dataclass(frozen=True, slots=True)
class AssessmentName:
    """The standing assessments of one name and kind: how many, of which types their values are, and the most frequent
    booleans, numbers and short texts among these. One that failed has no value. `session_count` of them are of whole
    sessions, the others of traces and spans."""

    name: str
    kind: AssessmentKind
    count: int
    types: tuple[ValueType, ...]
    values: tuple[AssessmentValue, ...]
    session_count: int = 0


@dataclass(frozen=True, slots=True)
class AssessmentNames:
    """The names of standing feedback and expectations, the most frequent first.

    `complete` is false when only the newest `examined` assessments were looked at, or not all names are here.
    """

    names: tuple[AssessmentName, ...]
    examined: int
    complete: bool


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a field and how many traces have it; None stands for traces without one."""

    value: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a field under a filter, most frequent first, ties by value.

    `complete` is false when only the newest `examined` traces were counted (the bound or the deadline was reached).
    """

    field: str
    values: tuple[FacetValue, ...]
    examined: int
    complete: bool


@dataclass(frozen=True, slots=True)
class AggregatePoint:
    """One cell: a time bucket (epoch ms of its start, None without buckets), a group, and the measures asked for.

    `n` counts the traces or, where the query names an assessment, the assessments with a number behind the values; a
    measure without data is None (counts and sums of tokens are 0).
    """

    bucket_ms: int | None
    group: str | None
    n: int
    values: dict[str, float | None] = field(default_factory=dict[str, "float | None"])


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Cells by bucket, then group (None last); cells without traces are left out. `complete` as in `Facet`."""

    points: tuple[AggregatePoint, ...]
    complete: bool = True


Judged = Literal["traces", "sessions"]
"""A session begins with the one of its traces that has the earliest start, of several the one that came first."""


@dataclass(frozen=True, slots=True)
class AggregateQuery:
    """What to compute. `bucket_ms` None gives one bucket; buckets are aligned to epoch + `offset_ms`.

    `edges_ms`, rising epoch milliseconds, gives buckets of any lengths instead, such as the days of a time zone: each
    begins at an edge and ends before the next, and traces that begin outside are left out. `group_by` is the name of
    a filter field (such as "model", "tags.release" or "state"). `assessment_of` says on what the judgments are: on
    the traces and their spans, or on the sessions that begin with one of the traces.
    """

    measures: tuple[Measure, ...]
    bucket_ms: int | None = None
    offset_ms: int = 0
    edges_ms: tuple[int, ...] = ()
    group_by: str | None = None
    assessment: str | None = None
    assessment_of: Judged = "traces"
    max_points: int = 10_000


@dataclass(frozen=True, slots=True)
class TraceCount:
    """How many traces match; not `exact` means: at least so many, the deadline ended the count."""

    count: int
    exact: bool


MAX_SPAN_VALUE = 256
"""Of a longer value the first so many characters tell spans apart."""
SpanField = Literal["model", "provider", "name", "kind"]
"""By what spans are told apart: the language model they called, its provider, their name, their kind."""
MODEL_CALLS: tuple[SpanKind, ...] = ("LLM", "CHAT_MODEL", "EMBEDDING", "RERANKER")
"""The kinds of spans that call a model themselves. An agent repeats the tokens and the cost of its calls."""


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """What the spans of one value come to: how many, in how many traces, how many failed, percentiles of their
    durations as `Measure` has them, their tokens and their cost. `value` None stands for spans without one."""

    value: str | None
    spans: int
    traces: int
    errors: int
    duration_p50_ms: float | None
    duration_p95_ms: float | None
    tokens_total: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class SpanBreakdown:
    """The values of a field over the spans of matching traces: the dearest first, then the most frequent, then by
    value.

    A call that two instrumentations trace, one span within the other, counts twice here; the cost of a trace counts
    it once. `complete` is false when only the newest `examined` traces were looked at, or the deadline ended it.
    """

    field: SpanField
    values: tuple[SpanFigures, ...]
    examined: int
    complete: bool


def dearest(values: Iterable[SpanFigures], limit: int) -> tuple[SpanFigures, ...]:
    """Return the first values in the order of a breakdown."""
    return tuple(sorted(values, key=_dearness)[:limit])


def _dearness(of: SpanFigures) -> tuple[float, int, bool, str]:
    return -(of.cost_usd or 0.0), -of.spans, of.value is None, of.value or ""
