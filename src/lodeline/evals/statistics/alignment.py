"""What an alignment came to: a judge before and after, on the same held-out records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lodeline.domain.aggregate import Interval
from lodeline.domain.agreement import Coefficient
from lodeline.domain.alignment import AlignmentReport, AlignmentVerdict, HeldOutResult
from lodeline.domain.rating import Rating, RatingValue
from lodeline.domain.span import JsonValue
from lodeline.evals.statistics.arrays import FloatArray, IntArray
from lodeline.evals.statistics.difference import Difference, difference_of
from lodeline.evals.statistics.intervals import cluster_mean, rate_interval, t_interval
from lodeline.evals.statistics.panel import agreement_of
from lodeline.evals.statistics.rating_table import decision, scale_of, table_of

NOISY = 0.4
"""α below which an alignment warns. It is our choice, for labels of opinions; Krippendorff (2004, section 11.4.2)
wants 0.667 before even tentative conclusions are drawn from labels."""
SMALL = 30


@dataclass(frozen=True, slots=True)
class HeldOutRows:
    """Rows that nothing was learned from: their records, and what each version of the judge was worth on each (1 or 0
    for right or wrong, of numbers less the distance), None where its call failed. With `measured` values are numbers.
    """

    keys: Sequence[str]
    before: Sequence[float | None]
    after: Sequence[float | None]
    measured: bool = False


@dataclass(frozen=True, slots=True)
class AlignmentFacts:
    """What a report says besides its figures."""

    judge: str
    optimiser: str
    optimiser_params: Mapping[str, JsonValue]
    parent_digest: str
    digest: str
    data_digest: str
    train_records: int


def decide(ratings: Sequence[Rating]) -> tuple[dict[str, RatingValue], Coefficient | None]:
    """Return what people decided of each item (ties left out), and Krippendorff's α of all; None with one person."""
    scale = scale_of([rating.value for rating in ratings], threshold=None)
    table = table_of(ratings, scale)
    decided: dict[str, RatingValue] = {}
    for item, given in table.by_item.items():
        value = decision([rating.value for rating in given.values()], scale)
        if value is not None:
            decided[item] = value
    if len(table.raters) < 2:
        return decided, None
    report = agreement_of(table, level=0.95, resamples=1_000, seed=0)
    return decided, next(each for each in report.coefficients if each.name == "krippendorff-alpha")


def report_alignment(
    facts: AlignmentFacts, rows: HeldOutRows, people: Coefficient | None, *, level: float = 0.95, seed: int = 0
) -> AlignmentReport:
    """Return before and after with intervals, their paired difference and test, and what to beware of."""
    sign = -1.0 if rows.measured else 1.0
    before, after = _array(rows.before) * sign, _array(rows.after) * sign
    _, found = np.unique(np.array(rows.keys), return_inverse=True)
    records = found.astype(np.int64)
    both = np.isfinite(before) & np.isfinite(after)
    difference = _difference(before[both], after[both], records[both], measured=rows.measured, seed=seed)
    interval = None if difference is None else difference.interval(level)
    unchanged = facts.digest == facts.parent_digest
    p, test = (None, None) if difference is None or unchanged else difference.test()
    return AlignmentReport(
        judge=facts.judge,
        optimiser=facts.optimiser,
        optimiser_params=facts.optimiser_params,
        parent_digest=facts.parent_digest,
        digest=facts.digest,
        data_digest=facts.data_digest,
        train_records=facts.train_records,
        held_out_records=len(set(rows.keys)),
        measure="distance" if rows.measured else "agreement",
        before=_result(before, records, level, measured=rows.measured),
        after=_result(after, records, level, measured=rows.measured),
        pairs=int(both.sum()),
        difference=None if difference is None else difference.estimate.value,
        interval=None if unchanged else interval,
        p=p,
        test=test,
        verdict="unchanged" if unchanged else _verdict(interval, higher=not rows.measured),
        people=people,
        warnings=_warnings(people, len(set(rows.keys)), before, after),
    )


def _array(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _difference(before: FloatArray, after: FloatArray, records: IntArray, *, measured: bool, seed: int
                ) -> Difference | None:  # fmt: skip
    if len(before) == 0:
        return None
    repeated = len(np.unique(records)) < len(records)
    clusters = records if repeated else None
    return difference_of(after - before, clusters, binary=not measured, repeated=repeated, seed=seed)


def _result(values: FloatArray, records: IntArray, level: float, *, measured: bool) -> HeldOutResult:
    known = np.isfinite(values)
    found, own = values[known], records[known]
    errors = len(values) - len(found)
    if len(found) == 0:
        return HeldOutResult(0, errors, None, None)
    _, codes = np.unique(own, return_inverse=True)
    sizes = np.bincount(codes).astype(np.float64)
    if not measured and len(sizes) == len(found):
        interval: Interval | None = rate_interval(int(found.sum()), len(found), level)
    else:
        sums = np.bincount(codes, weights=found).astype(np.float64)
        interval = t_interval(cluster_mean(sums, sizes), level, clustered=len(sizes) < len(found))
    return HeldOutResult(len(found), errors, float(found.mean()), interval)


def _verdict(interval: Interval | None, *, higher: bool) -> AlignmentVerdict:
    if interval is None or interval.low <= 0 <= interval.high:
        return "inconclusive"
    return "better" if (interval.low > 0) is higher else "worse"


def _warnings(people: Coefficient | None, records: int, before: FloatArray, after: FloatArray) -> tuple[str, ...]:
    warnings: list[str] = []
    if people is None:
        warnings.append("One person labelled: how far people agree, and so how good a judge can be, is not known.")
    elif people.value is None or people.value < NOISY:
        shown = "not defined" if people.value is None else f"{people.value:.2f}"
        warnings.append(
            f"People themselves agree little (α {shown}, {NOISY} is the least): a judge aligned to them learns "
            "noise. Make the instructions to the people clearer and label again."
        )
    if records < SMALL:
        warnings.append(f"{records} held-out records are few: only a large difference shows.")
    failed = int(np.count_nonzero(~np.isfinite(before) | ~np.isfinite(after)))
    if failed:
        warnings.append(f"On {failed} held-out rows a call of the judge failed; they are left out of the comparison.")
    return tuple(warnings)
