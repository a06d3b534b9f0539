"""A judge beside people: agreement with what they decide, under the ceiling of how far they agree themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lodeline.domain.agreement import AgreementReport, Calibration, ConfusionMatrix, CorrectedRate
from lodeline.domain.errors import Invalid
from lodeline.domain.rating import Rating, RatingValue
from lodeline.domain.trust import CalibrationOf, HumanCeiling, JudgeReport, PanelReport, TrustOptions
from lodeline.evals.statistics.agreement import measure_agreement
from lodeline.evals.statistics.bootstrap import draw_statistics, percentile_interval
from lodeline.evals.statistics.drift import report_versions
from lodeline.evals.statistics.panel import affordable, agreement_of, pair_agreement, pair_distance, report_panel
from lodeline.evals.statistics.rating_table import (
    RatingScale,
    RatingTable,
    decision,
    label_of,
    scale_of,
    table_of,
)
from lodeline.evals.statistics.trust import calibrate, confusion_matrix, corrected_rate

FEW_LABELS = 50
"""Human labels below which a corrected rate's interval is too narrow."""
PEOPLE = "people"


_PLAIN = TrustOptions()


def report_trust(
    people: Iterable[Rating], judges: Iterable[Rating] = (), options: TrustOptions = _PLAIN
) -> tuple[PanelReport, tuple[JudgeReport, ...]]:
    """Return how far people agree, and for each judge (by name) how it stands to them.

    Invalid where the values do not fit one scale.
    """
    said, judged = list(people), list(judges)
    values = [rating.value for rating in (*said, *judged)]
    scale = scale_of(values, scale=options.scale, order=options.order, threshold=options.threshold)
    panel = table_of(said, scale, threshold=options.threshold)
    report = report_panel(panel, level=options.level, resamples=options.resamples, seed=options.seed)
    found: dict[str, list[Rating]] = {}
    for rating in judged:
        found.setdefault(rating.rater, []).append(rating)
    return report, tuple(_report_judge(name, found[name], panel, options) for name in sorted(found))


@dataclass(frozen=True, slots=True)
class _Compared:
    """The items that a judge rated: its rating, and what people decided (None for a tie) where they rated it."""

    ratings: Mapping[str, Rating]
    decided: Mapping[str, RatingValue | None]


def _report_judge(name: str, ratings: Sequence[Rating], panel: RatingTable, options: TrustOptions) -> JudgeReport:
    scale = panel.scale
    latest = table_of((replace(rating, rater=name) for rating in ratings), scale, threshold=options.threshold)
    of_judge = {item: given[name] for item, given in latest.by_item.items()}
    both = [item for item in of_judge if item in panel.by_item]
    decided = {item: decision([rating.value for rating in panel.by_item[item].values()], scale) for item in both}
    compared = [item for item in both if decided[item] is not None]
    pairs = [(decided[item], of_judge[item].value) for item in compared]
    table = _Compared(of_judge, decided)
    calibration, of = _calibration(table, ratings, options, scale)
    corrected = _corrected(table, panel, options)
    versions, changes = report_versions(ratings, decided, scale, options.threshold, options.level)
    return JudgeReport(
        judge=name,
        judged=len(of_judge),
        compared=len(compared),
        undecided=len(both) - len(compared),
        agreement=_agreement(pairs, name, scale, options) if pairs else None,
        confusion=_confusion(pairs, options) if pairs and scale.kind != "interval" else None,
        ceiling=_ceiling(of_judge, panel, options),
        calibration=calibration,
        calibration_of=of,
        corrected=corrected,
        versions=versions,
        changes=changes,
        repeats=_repeats(ratings, scale, options),
        warnings=_warnings(both, len(versions), corrected),
    )


def _agreement(
    pairs: Sequence[tuple[RatingValue | None, RatingValue]], name: str, scale: RatingScale, options: TrustOptions
) -> AgreementReport:
    return measure_agreement(
        pairs,
        (PEOPLE, name),
        scale=scale.kind,
        order=scale.order or None,
        level=options.level,
        resamples=affordable(len(pairs), options.resamples),
        seed=options.seed,
    )


def _repeats(ratings: Sequence[Rating], scale: RatingScale, options: TrustOptions) -> AgreementReport | None:
    """Return how far verdicts of one version on one item agree with each other."""
    said: dict[str, list[Rating]] = {}
    for rating in sorted(ratings, key=lambda each: each.at_ms):
        said.setdefault(f"{rating.item}\x1f{rating.version or ''}", []).append(rating)
    verdicts = [
        replace(rating, item=key, rater=f"verdict {number}")
        for key, given in said.items()
        if len(given) > 1
        for number, rating in enumerate(given, 1)
    ]
    if not verdicts:
        return None
    table = table_of(verdicts, scale, threshold=options.threshold)
    return agreement_of(table, level=options.level, resamples=options.resamples, seed=options.seed)


def _confusion(pairs: Sequence[tuple[RatingValue | None, RatingValue]], options: TrustOptions) -> ConfusionMatrix:
    truths = [None if truth is None else label_of(truth) for truth, _ in pairs]
    return confusion_matrix(truths, [label_of(said) for _, said in pairs], level=options.level)


def _ceiling(of_judge: Mapping[str, Rating], panel: RatingTable, options: TrustOptions) -> HumanCeiling | None:
    people: list[float] = []
    judge: list[float] = []
    scale = panel.scale
    for item, own in of_judge.items():
        values = [rating.value for rating in panel.by_item.get(item, {}).values()]
        if len(values) < 2:
            continue
        if scale.kind == "interval":
            people.append(pair_distance(values, scale) or 0.0)
            judge.append(sum(pair_distance([own.value, value], scale) or 0.0 for value in values) / len(values))
        else:
            people.append(pair_agreement(values))
            judge.append(sum(own.value == value for value in values) / len(values))
    if not people:
        return None
    left, right = np.array(people, dtype=np.float64), np.array(judge, dtype=np.float64)
    columns = [left, right, right - left]
    means = [float(column.mean()) for column in columns]
    intervals = [None, None, None]
    if len(people) > 1:
        draws = draw_statistics(
            [lambda w, column=column: float(column @ w / w.sum()) for column in columns],
            len(people),
            affordable(len(people), options.resamples),
            options.seed,
        )
        intervals = [percentile_interval(draws[:, number], options.level) for number in range(3)]
    return HumanCeiling(
        measure="distance" if scale.kind == "interval" else "agreement",
        items=len(people),
        people=means[0],
        people_interval=intervals[0],
        judge=means[1],
        judge_interval=intervals[1],
        difference=means[2],
        difference_interval=intervals[2],
    )


def _calibration(
    table: _Compared, raw: Sequence[Rating], options: TrustOptions, scale: RatingScale
) -> tuple[Calibration | None, CalibrationOf | None]:
    decided = {item: value for item, value in table.decided.items() if value is not None}
    if not decided or scale.kind == "interval":
        return None, None
    stated = {item: table.ratings[item].confidence for item in decided}
    if any(confidence is not None for confidence in stated.values()):
        right = [table.ratings[item].value == value for item, value in decided.items()]
        return calibrate(list(stated.values()), right, level=options.level), "confidence"
    if options.threshold is None:
        return None, None
    scores: dict[str, tuple[int, float]] = {}
    for rating in raw:
        if isinstance(rating.value, bool | str) or not 0 <= rating.value <= 1:
            return None, None
        if rating.item in decided and scores.get(rating.item, (rating.at_ms, 0.0))[0] <= rating.at_ms:
            scores[rating.item] = (rating.at_ms, float(rating.value))
    items = sorted(scores)
    return calibrate([scores[item][1] for item in items], [bool(decided[item]) for item in items],
                     level=options.level), "score"  # fmt: skip


def _corrected(table: _Compared, panel: RatingTable, options: TrustOptions) -> CorrectedRate | None:
    positive: RatingValue | None = True if panel.scale.binary else options.positive
    if positive is None:
        return None
    values = {rating.value for rating in table.ratings.values()}
    values |= {rating.value for given in panel.by_item.values() for rating in given.values()}
    if not panel.scale.binary:
        named = {label_of(value): value for value in values}
        if options.positive not in named:
            raise Invalid.value("positive", options.positive, f"one of {', '.join(sorted(named))}")
        positive = named[options.positive]
    human: list[float] = []
    both: list[float] = []
    alone: list[float] = []
    for item, rating in table.ratings.items():
        said = float(rating.value == positive)
        given = panel.by_item.get(item)
        if given is None:
            alone.append(said)
        else:
            human.append(sum(each.value == positive for each in given.values()) / len(given))
            both.append(said)
    if len(human) < 2 or len(alone) < 2:
        return None
    return corrected_rate(human, both, alone, level=options.level)


def _warnings(both: Sequence[str], versions: int, corrected: CorrectedRate | None) -> tuple[str, ...]:
    warnings: list[str] = []
    if not both:
        warnings.append("No item was rated by people and by this judge.")
    if versions > 1:
        warnings.append(
            f"{versions} versions of this judge are mixed here, the latest rating of each item counts; `versions` "
            "tells them apart."
        )
    if corrected is not None and corrected.labelled < FEW_LABELS:
        warnings.append(
            f"The corrected rate rests on {corrected.labelled} items with labels of people; under {FEW_LABELS} its "
            "interval is too narrow."
        )
    return tuple(warnings)
