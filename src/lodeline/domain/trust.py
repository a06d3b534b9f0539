"""Trust: what people's and judges' ratings of one name say about the people, and about each judge beside them."""

from dataclasses import dataclass
from typing import Literal

from lodeline.domain.aggregate import Interval
from lodeline.domain.agreement import AgreementReport, Calibration, ConfusionMatrix, CorrectedRate, Scale
from lodeline.domain.span import JsonValue

CeilingMeasure = Literal["agreement", "distance"]
"""The share of pairs that say the same; on an interval scale the mean distance of pairs, where less is better."""
CalibrationOf = Literal["confidence", "score"]
"""The confidence a judge states beside its value, or a value from 0 to 1 that is itself a probability."""
JudgeBy = Literal["source", "name"]
"""What tells judges apart: their model (source), or the name of their judgments, whose models are versions then."""


@dataclass(frozen=True, slots=True)
class TrustOptions:
    """How ratings are read.

    Without `scale` the values tell it: true and false (or yes, no, pass, fail) and texts are nominal, whole numbers
    of few values ordinal, other numbers on an interval scale. `order` ranks texts, lowest first. A judge's numbers
    from `threshold` up count as true. `positive` names the value whose rate is corrected, where values are not true
    and false. Intervals are of confidence `level`, from `resamples` of the items.
    """

    scale: Scale | None = None
    order: tuple[str, ...] = ()
    positive: str | None = None
    threshold: float | None = None
    level: float = 0.95
    resamples: int = 1_000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RaterStanding:
    """One rater beside the others.

    `agreed` of `compared` ratings are what most of the others said; items whose others are tied are not compared.
    `deviation` is the mean of the rater's value less the mean of the others' (of 0 and 1 for true and false), over
    the items that others rated; None for texts without an order.
    """

    rater: str
    ratings: int
    compared: int
    agreed: int
    agreement: float | None = None
    agreement_interval: Interval | None = None
    deviation: float | None = None
    deviation_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class RatedBy:
    """What one rater said."""

    rater: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class DisputedItem:
    """An item on which raters differ. `agreement` is the share of pairs that say the same; on an interval scale
    `distance`, the mean distance of pairs, tells more."""

    item: str
    agreement: float
    distance: float | None
    ratings: tuple[RatedBy, ...]


@dataclass(frozen=True, slots=True)
class PanelReport:
    """How far people agree, and each of them beside the others. `agreement` is None with fewer than two people.

    `disputed` has the items they differ most on, at most 100 of `disputed_items`.
    """

    scale: Scale
    people: tuple[str, ...]
    ratings: int
    items: int
    agreement: AgreementReport | None
    raters: tuple[RaterStanding, ...] = ()
    disputed: tuple[DisputedItem, ...] = ()
    disputed_items: int = 0


@dataclass(frozen=True, slots=True)
class HumanCeiling:
    """A judge with people, beside people with each other, over the `items` that the judge and two people or more
    rated: the mean over items, of pairs. `difference` is judge less people; a judge cannot be expected to agree with
    people better than they do among themselves."""

    measure: CeilingMeasure
    items: int
    people: float
    people_interval: Interval | None
    judge: float
    judge_interval: Interval | None
    difference: float
    difference_interval: Interval | None


@dataclass(frozen=True, slots=True)
class JudgeVersion:
    """One version of a judge: `agreed` of its `compared` ratings are what people decided; `mean` is that of its
    values where they have one. On an interval scale `agreed` is None and `distance` the mean distance from people."""

    version: str | None
    ratings: int
    compared: int
    agreed: int | None
    agreement: float | None
    agreement_interval: Interval | None
    distance: float | None
    mean: float | None
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class VersionChange:
    """From one version of a judge to the next.

    `shared` items were rated by both, with another value `changed` times. `difference` is that of their agreement
    with people: over the `pairs` that both rated and people decided, where there are any, with McNemar's exact p;
    else over all that each rated (`pairs` is 0, `p` None). None where one of them was never compared.
    """

    before: str | None
    after: str | None
    shared: int
    changed: int
    pairs: int
    difference: float | None = None
    interval: Interval | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """One judge beside people.

    `judged` items have a rating of it, `compared` ones also a decision of people: what most say, on an ordered scale
    the middle; `undecided` ones none, as people are tied. `agreement` and `confusion` hold the judge to these
    decisions. Of several versions' ratings the latest of an item count, but for `versions` and `changes`. `corrected`
    is the rate that people would give all judged items, where values are true or false or a positive one is named.
    `repeats` is how far the judge agrees with itself: its verdicts on the items that one version of it judged more
    than once, in the order in which it gave them; None where there are none.
    """

    judge: str
    judged: int
    compared: int
    undecided: int
    agreement: AgreementReport | None = None
    confusion: ConfusionMatrix | None = None
    ceiling: HumanCeiling | None = None
    calibration: Calibration | None = None
    calibration_of: CalibrationOf | None = None
    corrected: CorrectedRate | None = None
    versions: tuple[JudgeVersion, ...] = ()
    changes: tuple[VersionChange, ...] = ()
    repeats: AgreementReport | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameTrust:
    """People's assessments of one name, and the judges beside them. `complete` is false when there are more
    assessments than the `examined` newest."""

    name: str
    panel: PanelReport
    judges: tuple[JudgeReport, ...]
    examined: int
    complete: bool
