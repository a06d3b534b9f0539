"""Power of the paired t-test: what difference so many pairs find, and how many pairs a difference needs."""

import math

from scipy import special

from lodeline.domain.errors import Invalid

POWER = 0.8
"""The usual power."""
_LARGE = 2_000
"""Beyond so many pairs the normal distribution stands for Student's."""
MAX_ROWS = 1_000_000_000


def power(effect: float, pairs: int, alpha: float = 0.05) -> float:
    """Return the chance that the two-sided paired t-test of level `alpha` finds a mean difference of `effect`
    standard deviations with so many pairs (two or more)."""
    shift = abs(effect) * math.sqrt(pairs)
    if pairs > _LARGE:
        critical = float(special.ndtri(1 - alpha / 2))
        return float(special.ndtr(shift - critical) + special.ndtr(-shift - critical))
    df = pairs - 1
    critical = float(special.stdtrit(df, 1 - alpha / 2))
    wrong_side = float(special.nctdtr(df, shift, -critical))
    # SciPy gives NaN for tails too thin to compute, here those of the wrong side.
    return min(1.0, 1 - float(special.nctdtr(df, shift, critical)) + (0 if math.isnan(wrong_side) else wrong_side))


def detectable_effect(pairs: int, alpha: float = 0.05, wanted: float = POWER) -> float | None:
    """Return the smallest effect (in standard deviations) found with power `wanted`; None under two pairs."""
    _check(alpha, wanted)
    if pairs < 2:
        return None
    low, high = 0.0, 1.0
    while power(high, pairs, alpha) < wanted:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle, pairs, alpha) < wanted else (low, middle)
    return high


def pairs_for(effect: float, alpha: float = 0.05, wanted: float = POWER) -> int | None:
    """Return the fewest pairs that find an effect (in standard deviations) with power `wanted`; None for no effect,
    and where a thousand million pairs are too few."""
    _check(alpha, wanted)
    if effect == 0 or not math.isfinite(effect) or power(effect, MAX_ROWS, alpha) < wanted:
        return None
    low, high = 1, 2
    while power(effect, high, alpha) < wanted:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if power(effect, middle, alpha) < wanted else (low, middle)
    return high


def _check(alpha: float, wanted: float) -> None:
    if not 0 < alpha < wanted < 1:
        raise Invalid(f"power: level {alpha} and power {wanted} do not fit; give 0 < level < power < 1.")
