"""Measures of a ranked list: precision, recall, reciprocal rank and nDCG at k, as trec_eval computes them."""

from collections.abc import Mapping, Sequence
from math import log2

from lodeline.domain.errors import Invalid


def precision_at(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Return how much of the first `k` is relevant: relevant ones among them ÷ k, also when fewer were found."""
    return _hits(ranked, relevant, k) / k


def recall_at(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Return how much of what is relevant is among the first `k`; Invalid when nothing is relevant."""
    total = sum(grade > 0 for grade in relevant.values())
    return _hits(ranked, relevant, k) / _some(total)


def reciprocal_rank(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Return 1 ÷ the rank of the first relevant one among the first `k`; 0 when there is none."""
    _some(sum(grade > 0 for grade in relevant.values()))
    return next((1 / rank for rank, one in enumerate(ranked[:k], 1) if relevant.get(one, 0) > 0), 0.0)


def ndcg_at(ranked: Sequence[str], relevant: Mapping[str, float], k: int, *, exponential: bool = False) -> float:
    """Return the normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of the first `k`.

    The gain of a document is its grade, or ``2^grade − 1`` when `exponential` (Burges et al. 2005); the discount of
    rank i is log2(i + 1). It is divided by the gain of the best order of all relevant ones. Invalid when nothing is.
    """
    gains = [relevant.get(one, 0.0) for one in ranked[:k]]
    best = sorted((grade for grade in relevant.values() if grade > 0), reverse=True)[:k]
    _some(len(best))
    return _gain(gains, exponential=exponential) / _gain(best, exponential=exponential)


def _hits(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> int:
    return sum(relevant.get(one, 0) > 0 for one in ranked[:k])


def _gain(grades: Sequence[float], *, exponential: bool) -> float:
    return sum(
        ((2.0**grade - 1) if exponential else grade) / log2(rank + 1)
        for rank, grade in enumerate(grades, 1)
        if grade > 0
    )


def _some(count: int) -> int:
    if count == 0:
        raise Invalid("expectations: no document is relevant, so this measure has no value.", code="nothing_relevant")
    return count
