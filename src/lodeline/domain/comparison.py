"""Comparison: whether one evaluation run is better than another, over the records that both have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.aggregate import AggregateKind, Interval
from lodeline.domain.evaluation_row import Amount

Direction = Literal["higher", "lower", "none"]
"""Which values of a scorer are good."""
TestName = Literal["mcnemar-exact", "wilcoxon", "cluster-bootstrap", "cluster-t"]
"""McNemar's exact test for pairs of 0 and 1; Wilcoxon's signed-rank test (zero differences dropped, ties share their
mean rank) for numbers; the bootstrap over clusters, studentised, where records repeat or hang together, and the
cluster-robust t-test in its place where there are too many clusters to resample."""
EffectName = Literal["cohen-g", "cohen-dz"]
Adjustment = Literal["holm", "benjamini-hochberg", "none"]
Verdict = Literal["better", "worse", "different", "equivalent", "inconclusive"]
"""`different` is for scorers without a direction."""

MIN_PAIRS = 6
"""No verdict on fewer pairs: no arrangement of five signs is significant at 0.05."""
FEW_PAIRS = 10
"""A warning on fewer pairs."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A size of the difference free of units.

    `cohen-g` is the share of wins among wins and losses, less one half (Cohen 1988, ch. 5); `cohen-dz` the mean
    difference over the standard deviation of the differences (ibid., ch. 2).
    """

    name: EffectName
    value: float


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One paired record: its value in both runs, reduced over repetitions."""

    content_hash: str
    record_id: str
    baseline: float
    candidate: float
    difference: float


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record that both runs have under one id with different content; it is not paired."""

    record_id: str
    baseline_hash: str
    candidate_hash: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which records could be paired by their content. The lists are cut, the numbers are not."""

    paired: int
    changed: int
    only_baseline: int
    only_candidate: int
    changed_records: tuple[ChangedRecord, ...] = ()
    only_baseline_ids: tuple[str, ...] = ()
    only_candidate_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScorerComparison:
    """One scorer on the paired records; differences are candidate less baseline.

    `n` counts the pairs with a value on both sides; `baseline_lost` and `candidate_lost` the paired records without
    a value on that side (errors, nothing given, too few repetitions). A win is a pair where the candidate is better
    by the scorer's direction, with direction "none" where it is higher. `minimal_detectable` is the difference that
    so many pairs would find with 80 % power; `rows_needed` how many more pairs would find the difference seen (or
    `delta`, where that is given) with that power. `verdict` is None under six pairs and for texts. It is
    "equivalent" when the interval of level 1 - 2α lies within ±`delta`; else better, worse or different when the
    adjusted p is at most α and the interval excludes 0; else inconclusive. `rows` begin with the worst regression.
    """

    scorer: str
    direction: Direction
    kind: AggregateKind
    n: int
    baseline_lost: int
    candidate_lost: int
    wins: int = 0
    ties: int = 0
    losses: int = 0
    baseline_value: float | None = None
    candidate_value: float | None = None
    difference: float | None = None
    standard_error: float | None = None
    interval: Interval | None = None
    p: float | None = None
    test: TestName | None = None
    p_adjusted: float | None = None
    effect: Effect | None = None
    minimal_detectable: float | None = None
    rows_needed: int | None = None
    delta: float | None = None
    verdict: Verdict | None = None
    warnings: tuple[str, ...] = ()
    rows: tuple[RowDifference, ...] = ()


Change = Literal["more", "less", "inconclusive"]


@dataclass(frozen=True, slots=True)
class AmountComparison:
    """What rows took in both runs, on the paired records; differences are candidate less baseline.

    Paired and tested as the numbers of a scorer are, and no verdict on quality: `change` says whether the candidate
    takes more or less, when the adjusted p is at most α and the interval excludes 0; None under six pairs.
    Repetitions of a record count by their mean. Rows whose call failed have no value here: what a failed call took
    says nothing of what an answer takes. `baseline_value` and `candidate_value` are means over the `n` pairs, `ratio`
    the second over the first (None where that is 0). The totals are over all rows of each run, failed ones and
    repetitions too, None where nothing is known; they compare only where the runs have the same rows.
    """

    amount: Amount
    n: int
    baseline_lost: int
    candidate_lost: int
    baseline_value: float | None = None
    candidate_value: float | None = None
    ratio: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    p: float | None = None
    test: TestName | None = None
    p_adjusted: float | None = None
    change: Change | None = None
    baseline_total: float | None = None
    candidate_total: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunComparison:
    """One candidate against the baseline. `not_compared` names scorers that only one of the two has.

    `amounts` are those that either run has any value of.
    """

    candidate: str
    pairing: Pairing
    scorers: tuple[ScorerComparison, ...]
    not_compared: tuple[str, ...] = ()
    amounts: tuple[AmountComparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every candidate against the baseline. p values are adjusted over all scorers and candidates together, those of
    amounts among themselves, so that what rows cost changes no verdict.

    `names` are those of the runs, by their ids, where they have one.
    `level` is that of the intervals (α = 1 - level); `seed` reproduces what was drawn at random.
    """

    baseline: str
    candidates: tuple[RunComparison, ...]
    level: float
    adjustment: Adjustment
    reducer: str
    seed: int
    names: Mapping[str, str] = field(default_factory=dict[str, str])
