"""Trust in a judge: confusion with the truth, calibration of its confidence, and a rate corrected for its errors."""

import math
from collections.abc import Sequence

import numpy as np

from lodeline.domain.aggregate import Interval
from lodeline.domain.agreement import Calibration, ClassQuality, ConfusionMatrix, CorrectedRate, ReliabilityBin
from lodeline.domain.errors import Invalid, shown
from lodeline.evals.statistics.arrays import FloatArray
from lodeline.evals.statistics.intervals import normal_quantile, rate_interval, sample_mean, t_interval


def confusion_matrix(
    truths: Sequence[str | None], said: Sequence[str | None], *, level: float = 0.95
) -> ConfusionMatrix:
    """Return how a judge's labels stand to the true ones, with precision and recall by class, labels in order.

    Items without one of the two are counted apart. Rates have Wilson's interval, exact under ten items.
    """
    if len(truths) != len(said):
        raise Invalid(f"confusion: {len(truths)} truths and {len(said)} labels; give one of each an item.")
    pairs = [
        (truth, label) for truth, label in zip(truths, said, strict=True) if truth is not None and label is not None
    ]
    labels = sorted({label for pair in pairs for label in pair})
    number_of = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for truth, label in pairs:
        table[number_of[truth], number_of[label]] += 1
    hits = int(np.trace(table))
    counts: list[list[int]] = table.tolist()
    return ConfusionMatrix(
        labels=tuple(labels),
        counts=tuple(tuple(row) for row in counts),
        n=len(pairs),
        unpaired=len(truths) - len(pairs),
        accuracy=hits / len(pairs) if pairs else None,
        accuracy_interval=rate_interval(hits, len(pairs), level) if pairs else None,
        classes=tuple(
            _class_quality(label, sum(row), sum(other[number] for other in counts), row[number], level)
            for number, (label, row) in enumerate(zip(labels, counts, strict=True))
        ),
    )


def _class_quality(label: str, truths: int, said: int, hits: int, level: float) -> ClassQuality:
    return ClassQuality(
        label=label,
        truths=truths,
        said=said,
        hits=hits,
        precision=hits / said if said else None,
        precision_interval=rate_interval(hits, said, level) if said else None,
        recall=hits / truths if truths else None,
        recall_interval=rate_interval(hits, truths, level) if truths else None,
    )


def calibrate(
    confidences: Sequence[float | None], right: Sequence[bool | None], *, bins: int = 10, level: float = 0.95
) -> Calibration:
    """Return whether confidences (0 to 1, in being right) come true; items without one of the two are missing.

    The Brier score is the mean of (confidence - right)², with Student's interval (Brier 1950); the calibration error
    is the mean gap between confidence and accuracy over bins of equal width, by their items (Naeini et al. 2015). A
    confidence on an inner edge falls into the upper bin.
    """
    if len(confidences) != len(right):
        raise Invalid(f"calibration: {len(confidences)} confidences and {len(right)} outcomes; give as many.")
    if not 1 <= bins <= 1000:
        raise Invalid.value("bins", bins, "a number from 1 to 1000")
    pairs = [(c, r) for c, r in zip(confidences, right, strict=True) if c is not None and r is not None]
    for confidence, _ in pairs:
        if not 0 <= confidence <= 1:
            raise Invalid.value("confidence", confidence, "a number from 0 to 1")
    missing = len(right) - len(pairs)
    if not pairs:
        return Calibration(0, missing, None, None, None, ())
    stated = np.array([confidence for confidence, _ in pairs], dtype=np.float64)
    true = np.array([outcome for _, outcome in pairs], dtype=np.float64)
    brier = sample_mean((stated - true) ** 2)
    found = _reliability(stated, true, bins, level)
    ece = sum(part.n * abs(part.confidence - part.accuracy) for part in found) / len(pairs)
    return Calibration(len(pairs), missing, brier.value, _clipped(t_interval(brier, level)), ece, found)


def _reliability(stated: FloatArray, true: FloatArray, bins: int, level: float) -> tuple[ReliabilityBin, ...]:
    numbers = np.minimum((stated * bins).astype(np.int64), bins - 1)
    found: list[ReliabilityBin] = []
    for number in sorted(set(numbers.tolist())):
        own = numbers == number
        n, hits = int(own.sum()), int(true[own].sum())
        interval = rate_interval(hits, n, level)
        found.append(
            ReliabilityBin(number / bins, (number + 1) / bins, n, float(stated[own].mean()), hits / n, interval)
        )
    return tuple(found)


def _clipped(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return Interval(max(0.0, interval.low), min(1.0, interval.high), interval.level, interval.method)


def corrected_rate(
    human: Sequence[float],
    judge: Sequence[float],
    judge_alone: Sequence[float],
    *,
    weight: float | None = None,
    level: float = 0.95,
) -> CorrectedRate:
    """Return the rate that humans would give all items, from few items labelled by both and many by the judge alone.

    `human` and `judge` are labels from 0 to 1 of the same items, two or more, which must be a random sample;
    `judge_alone` of two or more others. The judge's mean on the others is corrected by its mean error on the sample
    (prediction-powered inference: Angelopoulos et al. 2023), weighted by `weight`; None tunes it to the least
    variance, from 0 to 1 (PPI++: Angelopoulos, Duchi and Zrnic 2023, example 6.1). The interval is normal, cut to
    0 to 1: with fewer than some fifty human labels, or few of either kind, it is too narrow.
    """
    y, f, g = (_labels(name, v) for name, v in (("human", human), ("judge", judge), ("judge_alone", judge_alone)))
    if len(y) != len(f):
        raise Invalid(f"corrected rate: {len(y)} human and {len(f)} judge labels; give one of each for every item.")
    if weight is not None and not 0 <= weight <= 1:
        raise Invalid.value("weight", weight, "a number from 0 to 1")
    trust = _tuned_weight(y, f, g) if weight is None else weight
    value = trust * float(g.mean()) + float((y - trust * f).mean())
    variance = trust**2 * float(g.var(ddof=1)) / len(g) + float((y - trust * f).var(ddof=1)) / len(y)
    error = math.sqrt(variance)
    half = normal_quantile(level) * error
    value = min(1.0, max(0.0, value))
    interval = Interval(max(0.0, value - half), min(1.0, value + half), level, "ppi++" if weight is None else "ppi")
    return CorrectedRate(
        value=value,
        standard_error=error,
        interval=interval,
        human=float(y.mean()),
        human_interval=_human_interval(y, level),
        judge=float(np.concatenate([f, g]).mean()),
        weight=trust,
        labelled=len(y),
        unlabelled=len(g),
    )


def _labels(name: str, values: Sequence[float]) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if len(array) < 2:
        raise Invalid(f"corrected rate: {name} has {len(array)} labels; two or more are needed.")
    outside = array[~((array >= 0) & (array <= 1))]
    if len(outside):
        raise Invalid(f"corrected rate: {name} has the label {shown(float(outside[0]))}; labels are from 0 to 1.")
    return array


def _tuned_weight(y: FloatArray, f: FloatArray, g: FloatArray) -> float:
    spread = float(np.concatenate([f, g]).var(ddof=1))
    if spread == 0:
        return 0.0
    covariance = float(np.cov(y, f, ddof=1)[0, 1])
    return min(1.0, max(0.0, covariance / ((1 + len(y) / len(g)) * spread)))


def _human_interval(y: FloatArray, level: float) -> Interval:
    if bool(np.all((y == 0) | (y == 1))):
        return rate_interval(int(y.sum()), len(y), level)
    interval = _clipped(t_interval(sample_mean(y), level))
    if interval is None:
        raise Invalid("corrected rate: human labels have no interval; give two or more.")
    return interval
