"""Array types of the statistics, and grouping of rows by key."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows by key: `codes[i]` is the number of row i's group, groups numbered from 0 by first appearance."""

    codes: IntArray
    first: IntArray
    """The first row of each group."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.first)

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of the rows' values in each group."""
        return np.bincount(self.codes, weights=values, minlength=self.count).astype(np.float64)


def group(keys: Sequence[K]) -> Groups:
    """Number the rows by key in order of first appearance."""
    numbers: dict[K, int] = {}
    codes = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int64, count=len(keys))
    return Groups(codes, first_rows(codes, len(numbers)))


def first_rows(codes: IntArray, count: int) -> IntArray:
    """Return the first row of each of `count` groups, each of which has a row."""
    first = np.zeros(count, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first
