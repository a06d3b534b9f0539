"""Columns: an evaluation run's scores as arrays, built from rows once or given as they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lodeline.domain.aggregate import AggregateKind, Reducer, Score, ScoredRow
from lodeline.domain.assessment import AssessmentError, numeric_value
from lodeline.domain.errors import Invalid
from lodeline.evals.statistics.arrays import BoolArray, FloatArray, IntArray, group

LARGEST = 1e100
"""Squares and sums of larger numbers would overflow."""


@dataclass(frozen=True, slots=True)
class ScorerColumn:
    """One scorer's scores, a row each: `values` with NaN where there is none, `errors` where the scorer failed.

    With `labels`, the scores are texts and `values` index into them. Infinities and numbers beyond ±`LARGEST` count
    as failures. Of an `amount` 0 and 1 are numbers as any other, not a no and a yes.
    """

    values: FloatArray
    errors: BoolArray
    labels: tuple[str, ...] = ()
    amount: bool = False

    @property
    def usable(self) -> FloatArray:
        """The values, NaN also where the scorer failed."""
        return np.where((np.abs(self.values) <= LARGEST) & ~self.errors, self.values, np.nan)

    @property
    def failed(self) -> BoolArray:
        """Where the scorer failed."""
        return self.errors | (np.abs(self.values) > LARGEST)


@dataclass(frozen=True, slots=True)
class RunColumns:
    """A run's rows as columns of equal length (Invalid otherwise); what they mean is told by `ScoredRow`."""

    run_id: str
    content_hashes: Sequence[str]
    record_ids: Sequence[str]
    scorers: Mapping[str, ScorerColumn]
    clusters: Sequence[str | None] | None = None
    slices: Mapping[str, Sequence[str | None]] = field(default_factory=dict[str, "Sequence[str | None]"])
    amounts: Mapping[str, ScorerColumn] = field(default_factory=dict[str, ScorerColumn])
    """What rows took, with a failure where the row's call failed; the value stands there all the same."""

    def __post_init__(self) -> None:
        """Check the lengths."""
        rows = len(self.content_hashes)
        lengths = {"record_ids": len(self.record_ids)} | {f"slice {k!r}": len(v) for k, v in self.slices.items()}
        if self.clusters is not None:
            lengths["clusters"] = len(self.clusters)
        for name, column in (*self.scorers.items(), *self.amounts.items()):
            lengths[f"values of {name!r}"], lengths[f"errors of {name!r}"] = len(column.values), len(column.errors)
        for what, length in lengths.items():
            if length != rows:
                raise Invalid(
                    f"run {self.run_id!r}: {what} has {length} rows, content_hashes {rows}; give equal ones."
                )

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.content_hashes)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a run: `codes` says which record a row belongs to, `clusters` which cluster a record does.

    `clusters` is None where each record stands for itself. A record without a cluster is one of its own.
    """

    codes: IntArray
    hashes: Sequence[str]
    ids: Sequence[str]
    clusters: IntArray | None

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.hashes)


def records_of(run: RunColumns) -> Records:
    """Gather the rows of a run into records by their content; id and cluster are those of a record's first row."""
    groups = group(run.content_hashes)
    first: list[int] = groups.first.tolist()
    clusters = None
    if run.clusters is not None and any(cluster is not None for cluster in run.clusters):
        named = [run.clusters[row] for row in first]
        clusters = group([(row,) if name is None else name for row, name in enumerate(named)]).codes
    hashes = [run.content_hashes[row] for row in first]
    return Records(groups.codes, hashes, [run.record_ids[row] for row in first], clusters)


def columns_of(run_id: str, rows: Sequence[ScoredRow]) -> RunColumns:
    """Return the rows as columns. A scorer has a column when any row has it; a row without it has nothing there.

    A scorer whose values all have a number (`domain.assessment.numeric_value`) is numeric, any other textual. NaN,
    infinities and numbers beyond ±`LARGEST` count as failures of the scorer.
    """
    names = sorted({name for row in rows for name in row.scores})
    keys = sorted({key for row in rows for key in row.slices})
    clustered = any(row.cluster is not None for row in rows)
    return RunColumns(
        run_id=run_id,
        content_hashes=[row.content_hash for row in rows],
        record_ids=[row.record_id for row in rows],
        scorers={name: score_column([row.scores.get(name) for row in rows]) for name in names},
        clusters=[row.cluster for row in rows] if clustered else None,
        slices={key: [row.slices.get(key) for row in rows] for key in keys},
    )


def score_column(scores: Sequence[Score]) -> ScorerColumn:
    """Return one scorer's scores, a row each, as a column; see `columns_of`."""
    errors = np.fromiter((isinstance(score, AssessmentError) for score in scores), np.bool_, len(scores))
    values = [None if isinstance(score, AssessmentError) else score for score in scores]
    if any(isinstance(value, str) and numeric_value(value) is None for value in values):
        texts = [None if value is None else str(value) for value in values]
        labels = sorted({text for text in texts if text is not None})
        number_of = {label: float(number) for number, label in enumerate(labels)}
        numbers = [math.nan if text is None else number_of[text] for text in texts]
        return ScorerColumn(np.array(numbers, dtype=np.float64), errors, tuple(labels))
    numbers = [math.nan if value is None else numeric_value(value) for value in values]
    array = np.array(numbers, dtype=np.float64)
    given = np.fromiter((value is not None for value in values), np.bool_, len(values))
    return ScorerColumn(array, errors | (given & ~(np.abs(array) <= LARGEST)))


def kind_of(column: ScorerColumn, values: FloatArray) -> AggregateKind:
    """Return what these values of a column are: texts, a rate when all are 0 or 1, else numbers."""
    if column.labels:
        return "counts"
    if column.amount:
        return "mean"
    present = values[np.isfinite(values)]
    return "rate" if len(present) and bool(np.all((present == 0) | (present == 1))) else "mean"


def reducers_of(reducer: Reducer, scorers: Mapping[str, Sequence[ScorerColumn]]) -> Mapping[str, Reducer]:
    """Return how each scorer's values are reduced, given its columns: as asked, but by the mean in place of a reducer
    that counts passes where numbers are others than 0 and 1. Where all scorers give such, it stays as asked, and
    refuses them."""
    numeric = {name for name, found in scorers.items() if any(kind_of(each, each.usable) == "mean" for each in found)}
    if not reducer.name.endswith("k") or len(numeric) == len(scorers):
        return dict.fromkeys(scorers, reducer)
    return {name: Reducer() if name in numeric else reducer for name in scorers}


def select(run: RunColumns, keep: BoolArray) -> RunColumns:
    """Return the run with the rows that `keep` marks."""
    kept: list[int] = np.flatnonzero(keep).tolist()

    def taken(values: Sequence[str | None]) -> list[str | None]:
        return [values[row] for row in kept]

    def columns(of: Mapping[str, ScorerColumn]) -> dict[str, ScorerColumn]:
        return {
            name: ScorerColumn(column.values[keep], column.errors[keep], column.labels, column.amount)
            for name, column in of.items()
        }

    return RunColumns(
        run_id=run.run_id,
        content_hashes=[run.content_hashes[row] for row in kept],
        record_ids=[run.record_ids[row] for row in kept],
        scorers=columns(run.scorers),
        clusters=None if run.clusters is None else taken(run.clusters),
        slices={key: taken(values) for key, values in run.slices.items()},
        amounts=columns(run.amounts),
    )


def select_slice(run: RunColumns, wanted: Mapping[str, str]) -> RunColumns:
    """Return the rows whose slices have all the wanted values; a key that the run does not have matches no row."""
    if not wanted:
        return run
    keep = np.ones(run.rows, dtype=np.bool_)
    for key, value in wanted.items():
        own = run.slices.get(key)
        keep &= False if own is None else np.fromiter((item == value for item in own), np.bool_, run.rows)
    return select(run, keep)
