"""Comparison of runs: records paired by content, then each scorer's differences, tested as one family."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lodeline.domain.aggregate import Interval, Reducer, ScoredRow
from lodeline.domain.comparison import (
    FEW_PAIRS,
    MIN_PAIRS,
    Adjustment,
    Comparison,
    Direction,
    RowDifference,
    RunComparison,
    ScorerComparison,
    Verdict,
)
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.arrays import FloatArray, IntArray
from lodeline.evals.statistics.bootstrap import RESAMPLES
from lodeline.evals.statistics.columns import Records, RunColumns, ScorerColumn, columns_of, records_of, reducers_of
from lodeline.evals.statistics.difference import Difference, difference_of
from lodeline.evals.statistics.intervals import check_level
from lodeline.evals.statistics.multiplicity import adjust
from lodeline.evals.statistics.paired import paired_differences
from lodeline.evals.statistics.pairing import Paired, pair
from lodeline.evals.statistics.reducers import reduce_repetitions


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """How runs are compared.

    `directions` says by scorer which values are good ("higher" where it says nothing); `deltas` by scorer which
    difference does not matter. At most `max_rows` rows are listed for each scorer.
    """

    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])
    deltas: Mapping[str, float] = field(default_factory=dict[str, float])
    level: float = 0.95
    adjustment: Adjustment = "holm"
    reducer: Reducer = field(default_factory=Reducer)
    seed: int = 0
    resamples: int = RESAMPLES
    max_rows: int = 100

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_level(self.level)
        for name, delta in self.deltas.items():
            if not 0 < delta < np.inf:
                raise Invalid.value(f"deltas.{name}", delta, "a number above 0")
        if self.resamples < 100:
            raise Invalid.value("resamples", self.resamples, "100 or more")

    @property
    def alpha(self) -> float:
        """The level of the tests."""
        return 1 - self.level


_DEFAULTS = ComparisonOptions()


@dataclass(frozen=True, slots=True)
class _Sides:
    """One scorer on both sides of all pairs: its values, NaN where there is none."""

    baseline: FloatArray
    candidate: FloatArray
    repeated: bool
    amount: bool = False


def compare_rows(
    baseline: tuple[str, Sequence[ScoredRow]],
    candidates: Sequence[tuple[str, Sequence[ScoredRow]]],
    options: ComparisonOptions = _DEFAULTS,
) -> Comparison:
    """Compare runs given as (run id, rows); see `compare_runs`."""
    return compare_runs(columns_of(*baseline), [columns_of(*candidate) for candidate in candidates], options)


def compare_runs(
    baseline: RunColumns, candidates: Sequence[RunColumns], options: ComparisonOptions = _DEFAULTS
) -> Comparison:
    """Compare each candidate with the baseline on the records that both have, scorer by scorer in order of name.

    Clusters are the baseline's. Invalid without a candidate.
    """
    if not candidates:
        raise Invalid("comparison: there is no candidate; give one run or more to compare with the baseline.")
    records = records_of(baseline)
    compared = [_compare_pair(baseline, records, candidate, options) for candidate in candidates]
    family = [scorer.p for run in compared for scorer in run.scorers if scorer.p is not None]
    adjusted = iter(adjust(family, options.adjustment))

    def judged(scorer: ScorerComparison) -> ScorerComparison:
        return _judged(scorer, None if scorer.p is None else next(adjusted), options)

    return Comparison(
        baseline=baseline.run_id,
        candidates=tuple(replace(run, scorers=tuple(judged(scorer) for scorer in run.scorers)) for run in compared),
        level=options.level,
        adjustment=options.adjustment,
        reducer=str(options.reducer),
        seed=options.seed,
    )


def _compare_pair(
    baseline: RunColumns, records: Records, candidate: RunColumns, options: ComparisonOptions
) -> RunComparison:
    candidate_records = records_of(candidate)
    paired = pair(records, candidate_records)
    shared = sorted(baseline.scorers.keys() & candidate.scorers.keys())
    scorers: list[ScorerComparison] = []
    aligned = {name: _aligned(baseline.scorers[name], candidate.scorers[name]) for name in shared}
    reducers = reducers_of(options.reducer, aligned)
    for name, (left, right) in aligned.items():
        reducer = Reducer("mode") if left.labels else reducers[name]
        sides = _sides(left, right, (records, candidate_records), paired, reducer)
        if left.labels:
            scorers.append(_compare_texts(name, sides))
        else:
            found = _compare_numbers(name, sides, records, paired.baseline, options)
            if reducer != options.reducer:
                note = f"Repetitions are reduced by {reducer}: {options.reducer} needs values of 0 and 1."
                found = replace(found, warnings=(*found.warnings, note))
            scorers.append(found)
    others = sorted(baseline.scorers.keys() ^ candidate.scorers.keys())
    return RunComparison(candidate.run_id, paired.summary, tuple(scorers), tuple(others))


def _aligned(left: ScorerColumn, right: ScorerColumn) -> tuple[ScorerColumn, ScorerColumn]:
    """Return both columns with the same labels: a scorer that is textual in one run is compared as text in both."""
    if left.labels == right.labels:
        return left, right
    labels = sorted({*_texts_of(left), *_texts_of(right)})
    return _relabelled(left, labels), _relabelled(right, labels)


def _texts_of(column: ScorerColumn) -> Sequence[str]:
    return column.labels or [f"{value:g}" for value in np.unique(column.usable[np.isfinite(column.usable)]).tolist()]


def _relabelled(column: ScorerColumn, labels: Sequence[str]) -> ScorerColumn:
    number_of = {label: float(number) for number, label in enumerate(labels)}
    values: list[float] = column.usable.tolist()
    shown = [column.labels[int(value)] if column.labels and value >= 0 else f"{value:g}" for value in values]
    texts = [None if math.isnan(value) else text for value, text in zip(values, shown, strict=True)]
    numbers = [np.nan if text is None else number_of[text] for text in texts]
    return ScorerColumn(np.array(numbers, dtype=np.float64), column.failed, tuple(labels))


def _sides(
    left: ScorerColumn, right: ScorerColumn, ends: tuple[Records, Records], paired: Paired, reducer: Reducer
) -> _Sides:
    reduced: list[FloatArray] = []
    repeated = False
    for column, records, chosen in zip((left, right), ends, (paired.baseline, paired.candidate), strict=True):
        usable = column.usable
        reduced.append(reduce_repetitions(usable, records.codes, records.count, reducer)[chosen])
        tries = np.bincount(records.codes[np.isfinite(usable)], minlength=records.count)
        repeated = repeated or bool(np.any(tries[chosen] > 1))
    return _Sides(reduced[0], reduced[1], repeated, left.amount)


def _lost(values: FloatArray) -> int:
    return int(np.count_nonzero(np.isnan(values)))


def _compare_texts(name: str, sides: _Sides) -> ScorerComparison:
    both = np.isfinite(sides.baseline) & np.isfinite(sides.candidate)
    return ScorerComparison(
        scorer=name,
        direction="none",
        kind="counts",
        n=int(np.count_nonzero(both)),
        baseline_lost=_lost(sides.baseline),
        candidate_lost=_lost(sides.candidate),
        ties=int(np.count_nonzero(both & (sides.baseline == sides.candidate))),
        warnings=("Texts have no order: only equal pairs are counted, as ties.",),
    )


def _compare_numbers(
    name: str, sides: _Sides, records: Records, chosen: IntArray, options: ComparisonOptions
) -> ScorerComparison:
    both = np.isfinite(sides.baseline) & np.isfinite(sides.candidate)
    left, right = sides.baseline[both], sides.candidate[both]
    values = np.concatenate([left, right])
    binary = not sides.amount and bool(np.all((values == 0) | (values == 1)))
    direction = options.directions.get(name, "higher")
    bare = ScorerComparison(
        scorer=name,
        direction=direction,
        kind="rate" if binary and len(left) else "mean",
        n=len(left),
        baseline_lost=_lost(sides.baseline),
        candidate_lost=_lost(sides.candidate),
        delta=options.deltas.get(name),
        warnings=_warnings(len(left), sides),
    )
    if len(left) == 0:
        return bare
    clusters = None if records.clusters is None else records.clusters[chosen][both]
    difference = difference_of(
        paired_differences(left, right),
        clusters,
        binary=binary,
        repeated=sides.repeated,
        seed=options.seed,
        resamples=options.resamples,
    )
    order = _worst_first(difference.differences, direction, options.max_rows)
    return replace(
        _measured(bare, difference, options),
        baseline_value=float(left.mean()),
        candidate_value=float(right.mean()),
        rows=_rows(_Sides(left, right, sides.repeated), difference.differences, chosen[both], records, order),
    )


def _measured(bare: ScorerComparison, difference: Difference, options: ComparisonOptions) -> ScorerComparison:
    wins, losses = difference.up, difference.down
    if bare.direction == "lower":
        wins, losses = losses, wins
    p, test = difference.test() if bare.n >= 2 else (None, None)
    mean = difference.estimate.value
    return replace(
        bare,
        wins=wins,
        losses=losses,
        ties=bare.n - wins - losses,
        difference=mean,
        standard_error=difference.estimate.standard_error,
        interval=difference.interval(options.level),
        p=p,
        test=test if p is not None else None,
        effect=difference.effect(),
        minimal_detectable=difference.minimal_detectable(options.alpha),
        rows_needed=difference.rows_needed(bare.delta or mean, options.alpha),
        verdict="equivalent" if _equivalent(bare, difference, options) else None,
    )


def _equivalent(bare: ScorerComparison, difference: Difference, options: ComparisonOptions) -> bool:
    """Return whether both one-sided tests reject a difference of delta or more (Schuirmann 1987)."""
    if bare.delta is None or options.alpha >= 0.5:
        return False
    interval = difference.interval(1 - 2 * options.alpha)
    return interval is not None and -bare.delta < interval.low and interval.high < bare.delta


def _judged(scorer: ScorerComparison, p_adjusted: float | None, options: ComparisonOptions) -> ScorerComparison:
    if scorer.n < MIN_PAIRS or scorer.kind == "counts":
        return replace(scorer, p_adjusted=p_adjusted, verdict=None)
    significant = p_adjusted is not None and p_adjusted <= options.alpha
    verdict = scorer.verdict or _verdict(scorer.interval, scorer.direction, significant=significant)
    return replace(scorer, p_adjusted=p_adjusted, verdict=verdict)


def _verdict(interval: Interval | None, direction: Direction, *, significant: bool) -> Verdict:
    if interval is None or not significant or interval.low <= 0 <= interval.high:
        return "inconclusive"
    if direction == "none":
        return "different"
    return "better" if (interval.low > 0) == (direction == "higher") else "worse"


def _warnings(pairs: int, sides: _Sides) -> tuple[str, ...]:
    warnings: list[str] = []
    if pairs < MIN_PAIRS:
        warnings.append(f"{pairs} pairs have a value on both sides; under {MIN_PAIRS} there is no verdict.")
    elif pairs < FEW_PAIRS:
        warnings.append(f"{pairs} pairs are few; a verdict needs a large difference.")
    left, right = _lost(sides.baseline), _lost(sides.candidate)
    if left != right:
        warnings.append(
            f"{left} paired records have no value in the baseline, {right} in the candidate; they are left out, which"
            " favours the run that failed on hard records."
        )
    return tuple(warnings)


def _rows(
    sides: _Sides, differences: FloatArray, chosen: IntArray, records: Records, order: Sequence[int]
) -> tuple[RowDifference, ...]:
    return tuple(
        RowDifference(
            content_hash=records.hashes[int(chosen[row])],
            record_id=records.ids[int(chosen[row])],
            baseline=float(sides.baseline[row]),
            candidate=float(sides.candidate[row]),
            difference=float(differences[row]),
        )
        for row in order
    )


def _worst_first(differences: FloatArray, direction: Direction, limit: int) -> list[int]:
    badness = -differences if direction == "higher" else differences if direction == "lower" else np.abs(differences)
    order: list[int] = np.argsort(-badness, kind="stable")[: max(0, limit)].tolist()
    return order
