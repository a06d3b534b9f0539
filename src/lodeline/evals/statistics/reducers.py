"""Reducers: how the repetitions of a record become one value. Tries without a value are left out."""

import math

import numpy as np

from lodeline.domain.aggregate import Reducer
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.arrays import FloatArray, IntArray


def pass_at_k(passed: int, tries: int, k: int) -> float | None:
    """Return the chance that one or more of k tries passes, estimated without bias from `passed` of `tries`:
    1 - C(tries - passed, k) / C(tries, k) (Chen et al. 2021, section 2.1); None for fewer tries than k."""
    if tries < k:
        return None
    return 1 - math.comb(tries - passed, k) / math.comb(tries, k)


def pass_hat_k(passed: int, tries: int, k: int) -> float | None:
    """Return the chance that all of k tries pass, estimated without bias: C(passed, k) / C(tries, k) (Yao et al.
    2024, section 3); None for fewer tries than k."""
    if tries < k:
        return None
    return math.comb(passed, k) / math.comb(tries, k)


def at_least_k(passed: int, tries: int, k: int) -> float | None:
    """Return 1 when k or more tries passed, else 0; None for fewer tries than k."""
    return None if tries < k else float(passed >= k)


_BINARY = {"pass@k": pass_at_k, "pass^k": pass_hat_k, "at-least-k": at_least_k}


def reduce_repetitions(values: FloatArray, codes: IntArray, records: int, reducer: Reducer) -> FloatArray:
    """Return one value a record, NaN where the record has none; `codes` says which record a row belongs to.

    NaN rows are tries without a value. Invalid when a reducer of passes meets values other than 0 and 1.
    """
    present = np.isfinite(values)
    kept, kept_codes = values[present], codes[present]
    if reducer.k is not None:
        return _reduced_passes(kept, kept_codes, records, reducer)
    counts = np.bincount(kept_codes, minlength=records)
    result = np.full(records, np.nan)
    if records == len(values) and int(counts.max(initial=0)) <= 1:
        result[kept_codes] = kept
    elif reducer.name == "mean":
        np.divide(np.bincount(kept_codes, weights=kept, minlength=records), counts, out=result, where=counts > 0)
    elif len(kept):
        _reduce_ranked(kept, kept_codes, counts, reducer, result)
    return result


def _reduce_ranked(
    values: FloatArray, codes: IntArray, counts: IntArray, reducer: Reducer, result: FloatArray
) -> None:
    order = np.lexsort((values, codes))
    ranked, owners = values[order], codes[order]
    begins = np.cumsum(counts) - counts
    filled = counts > 0
    if reducer.name == "median":
        low = ranked[begins[filled] + (counts[filled] - 1) // 2]
        high = ranked[begins[filled] + counts[filled] // 2]
        result[filled] = low + (high - low) / 2
        return
    starts = np.flatnonzero(np.append(True, (owners[1:] != owners[:-1]) | (ranked[1:] != ranked[:-1])))
    lengths = np.diff(np.append(starts, len(ranked)))
    # By record, then longest run first, then smallest value: the first of each record is its mode.
    best = np.lexsort((ranked[starts], -lengths, owners[starts]))
    winners = starts[best]
    first = np.append(True, owners[winners][1:] != owners[winners][:-1])
    result[owners[winners[first]]] = ranked[winners[first]]


def _reduced_passes(values: FloatArray, codes: IntArray, records: int, reducer: Reducer) -> FloatArray:
    if not bool(np.all((values == 0) | (values == 1))):
        odd = float(values[(values != 0) & (values != 1)][0])
        raise Invalid(f"reducer {reducer}: {odd:g} is neither 0 nor 1; reduce numbers by mean, median or mode.")
    passed = np.bincount(codes, weights=values, minlength=records).astype(np.int64)
    tries = np.bincount(codes, minlength=records)
    estimate, k = _BINARY[reducer.name], reducer.k or 1
    pairs, inverse = np.unique(np.stack([passed, tries], axis=1), axis=0, return_inverse=True)
    estimates = [estimate(int(c), int(n), k) for c, n in pairs]
    reduced = np.array([math.nan if value is None else value for value in estimates], dtype=np.float64)
    return reduced[inverse.reshape(-1)]
