"""The mean of paired differences: its interval at any level, its p, and what a larger sample would show."""

import math
from dataclasses import dataclass

import numpy as np

from lodeline.domain.aggregate import Interval
from lodeline.domain.comparison import Effect, TestName
from lodeline.evals.statistics import paired
from lodeline.evals.statistics.arrays import FloatArray, IntArray
from lodeline.evals.statistics.bootstrap import (
    RESAMPLES,
    MeanDraws,
    bca_interval,
    bootstrap_p,
    draw_means,
    resamples_for,
)
from lodeline.evals.statistics.intervals import MeanEstimate, cluster_mean, t_interval, tango
from lodeline.evals.statistics.power import POWER, detectable_effect, pairs_for


@dataclass(frozen=True, slots=True)
class Difference:
    """Paired differences summed up. `up` and `down` count the positive and the negative ones.

    `binary` differences are of records whose values are 0 or 1, without clusters; `clustered` ones are of records
    with several tries, or of records that hang together.
    """

    differences: FloatArray
    estimate: MeanEstimate
    up: int
    down: int
    binary: bool
    clustered: bool
    draws: MeanDraws | None

    def interval(self, level: float) -> Interval | None:
        """Return the interval of the mean difference: Tango's for pairs of 0 and 1, else the bootstrap's BCa, over
        clusters where there are any; Student's where that would draw too much. None with fewer than two clusters."""
        if self.binary:
            return tango(self.up, self.down, len(self.differences), level)
        if self.draws is None:
            return t_interval(self.estimate, level, clustered=self.clustered)
        method = "cluster-bca" if self.clustered else "bca"
        return bca_interval(self.draws.estimate, self.draws.means, self.draws.jackknife, level, method)

    def test(self) -> tuple[float | None, TestName]:
        """Return the p of "there is no difference" and the test it is from; None with fewer than two clusters."""
        if self.binary:
            return paired.mcnemar_exact(self.up, self.down), "mcnemar-exact"
        if not self.clustered:
            return paired.wilcoxon(self.differences), "wilcoxon"
        if self.draws is None or self.estimate.standard_error is None:
            return paired.t_test(self.estimate), "cluster-t"
        return bootstrap_p(self.draws, self.estimate.standard_error), "cluster-bootstrap"

    def effect(self) -> Effect | None:
        """Return Cohen's g for pairs of 0 and 1, else Cohen's d_z."""
        return paired.cohen_g(self.up, self.down) if self.binary else paired.cohen_dz(self.differences)

    def minimal_detectable(self, alpha: float) -> float | None:
        """Return the difference that so many pairs would find with 80 % power; None where they do not vary."""
        error = self.estimate.standard_error
        effect = detectable_effect(self.estimate.df + 1, alpha) if alpha < POWER else None
        if effect is None or not error:
            return None
        return effect * error * math.sqrt(self.estimate.df + 1)

    def rows_needed(self, target: float, alpha: float) -> int | None:
        """Return how many more pairs would find the difference `target` with 80 % power, given clusters as large and
        values as varied as here; None where that is not known."""
        error, clusters = self.estimate.standard_error, self.estimate.df + 1
        if not error or target == 0 or alpha >= POWER:
            return None
        needed = pairs_for(target / (error * math.sqrt(clusters)), alpha)
        if needed is None:
            return None
        pairs_a_cluster = len(self.differences) / clusters
        return max(0, math.ceil(needed * pairs_a_cluster) - len(self.differences))


def difference_of(
    differences: FloatArray,
    clusters: IntArray | None,
    *,
    binary: bool,
    repeated: bool,
    seed: int,
    resamples: int = RESAMPLES,
) -> Difference:
    """Sum up differences, one a record (at least one); `binary` tells that both sides are 0 or 1, `repeated` that
    records have several tries."""
    sums, sizes = differences, np.ones(len(differences))
    if clusters is not None:
        _, codes = np.unique(clusters, return_inverse=True)
        sums, sizes = (
            np.bincount(codes, weights=differences).astype(np.float64),
            np.bincount(codes).astype(np.float64),
        )
    binary = binary and clusters is None
    affordable = resamples_for(len(sums), resamples)
    draws = draw_means(sums, sizes, affordable, seed) if not binary and len(sums) > 1 and affordable else None
    return Difference(
        differences=differences,
        estimate=cluster_mean(sums, sizes),
        up=int(np.count_nonzero(differences > 0)),
        down=int(np.count_nonzero(differences < 0)),
        binary=binary,
        clustered=clusters is not None or (repeated and not binary),
        draws=draws,
    )
