"""Adjustment of p values for a family of tests."""

from collections.abc import Sequence

import numpy as np

from lodeline.domain.comparison import Adjustment
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.arrays import FloatArray


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p values (Holm 1979): they bound the chance of any false finding."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    return _restored(order, np.minimum(1.0, np.maximum.accumulate(scaled)) if len(p) else scaled)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Benjamini and Hochberg's adjusted p values (1995): they bound the expected share of false findings."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    return _restored(order, np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1]))


def adjust(p_values: Sequence[float], method: Adjustment) -> tuple[float, ...]:
    """Return the p values adjusted by the method named; "none" returns them as they are."""
    if method == "holm":
        return holm(p_values)
    if method == "benjamini-hochberg":
        return benjamini_hochberg(p_values)
    return tuple(float(p) for p in _checked(p_values))


def _checked(p_values: Sequence[float]) -> FloatArray:
    p = np.asarray(p_values, dtype=np.float64)
    if not bool(np.all((p >= 0) & (p <= 1))):
        raise Invalid(f"p values: {list(p_values)[:10]} are not all from 0 to 1.")
    return p


def _restored(order: np.ndarray[tuple[int], np.dtype[np.int64]], adjusted: FloatArray) -> tuple[float, ...]:
    result = np.empty(len(adjusted))
    result[order] = adjusted
    return tuple(float(value) for value in result)
