"""Agreement: how far those who judge say the same, and how far a judge can be trusted."""

from dataclasses import dataclass
from typing import Literal

from lodeline.domain.aggregate import Interval

Scale = Literal["nominal", "ordinal", "interval"]
CoefficientName = Literal[
    "percent", "cohen-kappa", "cohen-kappa-linear", "cohen-kappa-quadratic", "fleiss-kappa", "krippendorff-alpha",
    "gwet-ac1", "icc-2-1", "concordance", "pearson", "spearman", "u-alpha", "u-alpha-marked",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient over `n` items; undefined ones have neither `value` nor `interval`, and `note` says why."""

    name: CoefficientName
    n: int
    value: float | None = None
    interval: Interval | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Bland and Altman's limits for two raters: the mean difference (second less first) ± 1.96 deviations."""

    n: int
    bias: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Skew:
    """Why κ may mislead for two raters and two categories (Byrt, Bishop and Carlin 1993): `prevalence` is how unequal
    the categories are, `bias` how differently the raters use them; both from 0 to 1."""

    prevalence: float
    bias: float


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """Agreement of raters on items. `items` counts those with two ratings or more, `ratings` the ratings on them;
    `single` the items with one, which say nothing about agreement."""

    scale: Scale
    raters: tuple[str, ...]
    items: int
    ratings: int
    single: int
    coefficients: tuple[Coefficient, ...]
    categories: tuple[str, ...] = ()
    skew: Skew | None = None
    limits: LimitsOfAgreement | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """How well one class is found: `precision` is None when it was never said, `recall` when it never was so."""

    label: str
    truths: int
    said: int
    hits: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """`counts[i][j]`: items whose true label is `labels[i]` and that were called `labels[j]`; `unpaired` items lack
    one of the two. `accuracy` is None without items."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    n: int
    unpaired: int
    accuracy: float | None
    accuracy_interval: Interval | None
    classes: tuple[ClassQuality, ...]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Items whose confidence lies in one bin: their mean confidence and the share that was right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether stated confidences come true. `brier` is the mean squared error of the confidence, `ece` the expected
    calibration error over bins of equal width; both None without items. Bins without items are left out."""

    n: int
    missing: int
    brier: float | None
    brier_interval: Interval | None
    ece: float | None
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A rate from few human and many judge labels (prediction-powered inference).

    `human` is the mean of the human labels alone with `human_interval`, `judge` that of all judge labels, which may
    be biased; `value` corrects it. `weight` is the trust put into the judge: 1 for PPI, tuned for PPI++.
    """

    value: float
    standard_error: float
    interval: Interval
    human: float
    human_interval: Interval
    judge: float
    weight: float
    labelled: int
    unlabelled: int
