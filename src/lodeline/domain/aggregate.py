"""Aggregate of a scorer: what its values over an evaluation's rows come to, with n and an interval."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lodeline.domain.assessment import AssessmentError
from lodeline.domain.errors import Invalid

IntervalMethod = Literal[
    "wilson", "clopper-pearson", "t", "cluster-t", "bootstrap", "bca", "cluster-bca", "tango", "newcombe",
    "order-statistics", "ppi", "ppi++",
]  # fmt: skip
AggregateKind = Literal["rate", "mean", "counts"]
"""What the values are: all 0 or 1; numbers; texts."""
ReducerName = Literal["mean", "median", "mode", "pass@k", "pass^k", "at-least-k"]
Score: TypeAlias = bool | int | float | str | AssessmentError | None
"""What a scorer made of a row; None where it made nothing of it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that covers the true value in a share `level` of repeated samples, by the method named."""

    low: float
    high: float
    level: float
    method: IntervalMethod


@dataclass(frozen=True, slots=True)
class Quantile:
    """`value` is the quantile of order `p` (0 to 1), interpolated linearly between closest ranks."""

    p: float
    value: float


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many rows a scorer gave this text."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Reducer:
    """How the repetitions of a record become one value.

    `mode` takes the most frequent value, of equally frequent ones the smallest. The last three need values of 0 and
    1: `pass@k` estimates the chance that at least one of k tries passes, `pass^k` that all k pass, both without bias
    from all tries made; `at-least-k` is 1 when k or more tries passed. Tries without a value are left out, never
    taken for zeros: a record with fewer than k tries left has no value.
    """

    name: ReducerName = "mean"
    k: int | None = None

    def __post_init__(self) -> None:
        """Check that k is given where it is needed, and only there."""
        if self.name not in _REDUCERS:
            raise Invalid.value("reducer", self.name, f"one of {', '.join(sorted(_REDUCERS))}")
        if self.name.endswith("k") and (self.k is None or self.k < 1):
            raise Invalid.value("reducer.k", self.k, f"a whole number from 1 up for {self.name}")
        if not self.name.endswith("k") and self.k is not None:
            raise Invalid.value("reducer.k", self.k, f"nothing: {self.name} takes no k")

    def __str__(self) -> str:
        return self.name if self.k is None else f"{self.name[:-1]}{self.k}"


_REDUCERS: dict[str, ReducerName] = {
    "mean": "mean", "median": "median", "mode": "mode",
    "pass@k": "pass@k", "pass^k": "pass^k", "at-least-k": "at-least-k",
}  # fmt: skip
_WITH_K = re.compile(r"(pass@|pass\^|at-least-)([1-9][0-9]{0,5})")


def parse_reducer(text: str) -> Reducer:
    """Return the reducer of this name: ``mean``, ``median``, ``mode``, ``pass@3``, ``pass^4`` or ``at-least-2``."""
    with_k = _WITH_K.fullmatch(text)
    if with_k is not None:
        return Reducer(_REDUCERS[f"{with_k[1]}k"], int(with_k[2]))
    if text in {"mean", "median", "mode"}:
        return Reducer(_REDUCERS[text])
    raise Invalid.value("reducer", text, "mean, median, mode, pass@K, pass^K or at-least-K with a number for K")


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One row of an evaluation run as statistics see it.

    Rows with equal `content_hash` are repetitions of one record. `cluster` groups records that are not independent
    (a conversation, a source document). `slices` are the record's values of the slice keys.
    """

    content_hash: str
    record_id: str
    scores: Mapping[str, Score]
    repetition: int = 0
    cluster: str | None = None
    slices: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ValueSummary:
    """What values come to. Rows: `n` with a value, `errors` where the scorer failed (or gave NaN, an infinity or a
    number beyond ±10¹⁰⁰), `missing` where it gave nothing; errors and missing are in no mean.

    `records` have a value after reduction, `unreduced` have fewer values than the reducer needs; `clusters` counts
    the groups that the standard error takes as independent. `value` is the mean over records (for a rate: the
    share), None without records and for texts, whose `counts` are given instead, most frequent first. Quantiles are
    those of the records' values.
    """

    n: int
    errors: int
    missing: int
    records: int
    unreduced: int
    clusters: int
    kind: AggregateKind
    value: float | None = None
    standard_error: float | None = None
    interval: Interval | None = None
    quantiles: tuple[Quantile, ...] = ()
    counts: tuple[LabelCount, ...] = ()


@dataclass(frozen=True, slots=True)
class SliceSummary:
    """The summary of the rows whose slice `key` has this `value`; None stands for rows without one."""

    key: str
    value: str | None
    summary: ValueSummary


@dataclass(frozen=True, slots=True)
class ScorerAggregate:
    """One scorer over one run: all rows, then by slices in order of key and value (None last); of a key that has many
    values the 100 with most rows."""

    scorer: str
    reducer: str
    summary: ValueSummary
    slices: tuple[SliceSummary, ...] = ()
