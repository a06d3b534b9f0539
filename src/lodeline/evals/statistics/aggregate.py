"""Aggregation: one scorer's values over the rows of a run, in all and by slices."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lodeline.domain.aggregate import (
    AggregateKind,
    Interval,
    LabelCount,
    Quantile,
    Reducer,
    ScorerAggregate,
    SliceSummary,
    ValueSummary,
)
from lodeline.domain.errors import NotFound
from lodeline.evals.statistics.arrays import BoolArray, FloatArray, IntArray, group
from lodeline.evals.statistics.columns import Records, RunColumns, ScorerColumn, kind_of, records_of
from lodeline.evals.statistics.intervals import (
    MeanEstimate,
    check_level,
    cluster_mean,
    quantile,
    rate_interval,
    t_interval,
)
from lodeline.evals.statistics.reducers import reduce_repetitions

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_MEAN = Reducer()

MAX_SLICE_VALUES = 100
"""Values of one slice key that a summary is broken down by."""


def aggregate_scorer(
    run: RunColumns,
    scorer: str,
    *,
    reducer: Reducer = _MEAN,
    slice_keys: Sequence[str] = (),
    level: float = 0.95,
    quantiles: Sequence[float] = QUANTILES,
) -> ScorerAggregate:
    """Return what a scorer's values over a run come to; NotFound for a scorer that no row has.

    Repetitions are reduced within a record, then records are averaged. The interval of a rate over independent
    records of 0 and 1 is Wilson's (exact for fewer than ten); any other mean has Student's, over clusters where the
    run has them. Without a value all figures are None. Of the values of a slice key the `MAX_SLICE_VALUES` with most
    rows are given.
    """
    check_level(level)
    column = run.scorers.get(scorer)
    if column is None:
        raise NotFound.of("scorer", scorer)
    records = records_of(run)
    everything = np.ones(run.rows, dtype=np.bool_)
    kind = kind_of(column, column.usable)

    def summary(rows: BoolArray) -> ValueSummary:
        return _summary(column, records, rows, kind=kind, reducer=reducer, level=level, quantiles=quantiles)

    slices = [
        SliceSummary(key, value, summary(rows))
        for key in sorted(slice_keys)
        for value, rows in _rows_by_value(run.slices.get(key, [None] * run.rows))
    ]
    return ScorerAggregate(scorer, str(reducer), summary(everything), tuple(slices))


def _rows_by_value(values: Sequence[str | None]) -> list[tuple[str | None, BoolArray]]:
    groups = group(values)
    first: list[int] = groups.first.tolist()
    names = [values[row] for row in first]
    rows: list[int] = np.bincount(groups.codes, minlength=len(names)).tolist()
    most = sorted(range(len(names)), key=lambda number: (-rows[number], names[number] or ""))[:MAX_SLICE_VALUES]
    order = sorted(most, key=lambda number: (names[number] is None, names[number] or ""))
    return [(names[number], groups.codes == number) for number in order]


def _summary(
    column: ScorerColumn,
    records: Records,
    rows: BoolArray,
    *,
    kind: AggregateKind,
    reducer: Reducer,
    level: float,
    quantiles: Sequence[float],
) -> ValueSummary:
    usable = np.where(rows, column.usable, np.nan)
    n, errors = int(np.count_nonzero(np.isfinite(usable))), int(np.count_nonzero(column.failed & rows))
    missing = int(np.count_nonzero(rows)) - n - errors
    if kind == "counts":
        seen = np.unique(records.codes[np.isfinite(usable)])
        counts = _label_counts(column, usable)
        return ValueSummary(n, errors, missing, len(seen), 0, _cluster_count(records, seen), kind, counts=counts)
    reduced = reduce_repetitions(usable, records.codes, records.count, reducer)
    have = np.flatnonzero(np.isfinite(reduced))
    unreduced = len(np.unique(records.codes[np.isfinite(usable)])) - len(have)
    if len(have) == 0:
        return ValueSummary(n, errors, missing, 0, unreduced, 0, kind)
    values = reduced[have]
    own = None if records.clusters is None else records.clusters[have]
    estimate, interval, clusters = _mean(values, own, level, amount=column.amount)
    return ValueSummary(
        n=n,
        errors=errors,
        missing=missing,
        records=len(have),
        unreduced=unreduced,
        clusters=clusters,
        kind=kind,
        value=estimate.value,
        standard_error=estimate.standard_error,
        interval=_within(interval) if kind == "rate" else interval,
        quantiles=tuple(Quantile(p, quantile(values, p)) for p in quantiles),
    )


def _mean(
    values: FloatArray, clusters: IntArray | None, level: float, *, amount: bool
) -> tuple[MeanEstimate, Interval | None, int]:
    if clusters is not None:
        _, codes = np.unique(clusters, return_inverse=True)
        sizes = np.bincount(codes).astype(np.float64)
        estimate = cluster_mean(np.bincount(codes, weights=values).astype(np.float64), sizes)
        return estimate, t_interval(estimate, level, clustered=True), len(sizes)
    estimate = cluster_mean(values, np.ones(len(values)))
    if not amount and bool(np.all((values == 0) | (values == 1))):
        return estimate, rate_interval(int(values.sum()), len(values), level), len(values)
    return estimate, t_interval(estimate, level), len(values)


def _within(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return Interval(max(0.0, interval.low), min(1.0, interval.high), interval.level, interval.method)


def _cluster_count(records: Records, seen: IntArray) -> int:
    return len(seen) if records.clusters is None else len(np.unique(records.clusters[seen]))


def _label_counts(column: ScorerColumn, usable: FloatArray) -> tuple[LabelCount, ...]:
    counts = Counter(column.labels[int(number)] for number in usable[np.isfinite(usable)].tolist())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(LabelCount(label, count) for label, count in ranked)
