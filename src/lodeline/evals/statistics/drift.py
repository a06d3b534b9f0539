"""Drift: the versions of one judge beside people, and what changed from each to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from lodeline.domain.rating import Rating, RatingValue
from lodeline.domain.trust import JudgeVersion, VersionChange
from lodeline.evals.statistics.intervals import newcombe, rate_interval, tango
from lodeline.evals.statistics.paired import mcnemar_exact
from lodeline.evals.statistics.panel import mean_of, pair_distance
from lodeline.evals.statistics.rating_table import RatingScale, table_of

MAX_VERSIONS = 50
Decided = Mapping[str, RatingValue | None]


def report_versions(
    ratings: Sequence[Rating], decided: Decided, scale: RatingScale, threshold: float | None, level: float
) -> tuple[tuple[JudgeVersion, ...], tuple[VersionChange, ...]]:
    """Return the latest `MAX_VERSIONS` versions of a judge in the order of their first rating, and the changes from
    each to the next; `decided` is what people say of the items."""
    first: dict[str | None, int] = {}
    for rating in ratings:
        first[rating.version] = min(first.get(rating.version, rating.at_ms), rating.at_ms)
    order = sorted(first, key=lambda version: (first[version], version or ""))[-MAX_VERSIONS:]
    found = {
        version: _of_version([rating for rating in ratings if rating.version == version], scale, threshold)
        for version in order
    }
    versions = tuple(_version(version, found[version], decided, scale, level) for version in order)
    changes = tuple(
        _change((before, after), (found[before], found[after]), decided, scale, level)
        for before, after in pairwise(order)
    )
    return versions, changes


def _of_version(ratings: Sequence[Rating], scale: RatingScale, threshold: float | None) -> Mapping[str, Rating]:
    table = table_of((replace(rating, rater="") for rating in ratings), scale, threshold=threshold)
    return {item: given[""] for item, given in table.by_item.items()}


def _version(
    version: str | None, own: Mapping[str, Rating], decided: Decided, scale: RatingScale, level: float
) -> JudgeVersion:
    pairs = [(rating.value, truth) for item, rating in own.items() if (truth := decided.get(item)) is not None]
    agreed = None if scale.kind == "interval" else sum(value == truth for value, truth in pairs)
    distances = [pair_distance(pair, scale) or 0.0 for pair in pairs] if scale.kind == "interval" else []
    return JudgeVersion(
        version=version,
        ratings=len(own),
        compared=len(pairs),
        agreed=agreed,
        agreement=agreed / len(pairs) if pairs and agreed is not None else None,
        agreement_interval=rate_interval(agreed, len(pairs), level) if pairs and agreed is not None else None,
        distance=sum(distances) / len(distances) if distances else None,
        mean=mean_of([rating.value for rating in own.values()], scale) if scale.numeric else None,
        first_ms=min(rating.at_ms for rating in own.values()),
        last_ms=max(rating.at_ms for rating in own.values()),
    )


def _change(
    names: tuple[str | None, str | None],
    sides: tuple[Mapping[str, Rating], Mapping[str, Rating]],
    decided: Decided,
    scale: RatingScale,
    level: float,
) -> VersionChange:
    old, new = sides
    shared = [item for item in old if item in new]
    changed = sum(old[item].value != new[item].value for item in shared)
    if scale.kind == "interval":
        return VersionChange(*names, len(shared), changed, 0)
    known = {item: truth for item, truth in decided.items() if truth is not None}
    pairs = [item for item in shared if item in known]
    if pairs:
        right = [(old[item].value == known[item], new[item].value == known[item]) for item in pairs]
        wins, losses = sum(b and not a for a, b in right), sum(a and not b for a, b in right)
        return VersionChange(
            *names, len(shared), changed, len(pairs), (wins - losses) / len(pairs),
            tango(wins, losses, len(pairs), level), mcnemar_exact(wins, losses),
        )  # fmt: skip
    right_of = [[rating.value == known[item] for item, rating in side.items() if item in known] for side in sides]
    if not all(right_of):
        return VersionChange(*names, len(shared), changed, 0)
    (a, n), (b, m) = ((sum(side), len(side)) for side in right_of)
    return VersionChange(*names, len(shared), changed, 0, b / m - a / n, newcombe(b, m, a, n, level))
