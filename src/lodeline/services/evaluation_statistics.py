"""From the scores that a store keeps to what they come to, by the pure functions of `evals.statistics`."""

from collections.abc import Mapping, Sequence

import numpy as np

from lodeline.domain.aggregate import Reducer, ScorerAggregate
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.comparison import Comparison, Direction
from lodeline.domain.evaluation import CompareOptions
from lodeline.domain.evaluation_row import Score, ScoreTable
from lodeline.domain.gate import GateReport, GateRule
from lodeline.evals.statistics.aggregate import aggregate_scorer
from lodeline.evals.statistics.columns import RunColumns, ScorerColumn, reducers_of, score_column
from lodeline.evals.statistics.compare import ComparisonOptions, compare_runs
from lodeline.evals.statistics.gates import GateInputs, check_can_fail, evaluate_gates


def summarise(
    table: ScoreTable, *, reducer: Reducer, slice_keys: Sequence[str], level: float
) -> tuple[ScorerAggregate, ...]:
    """Return what each scorer's values come to, by name, reduced as `reducers_of` says."""
    run = columns(table)
    reducers = reducers_of(reducer, {name: [column] for name, column in run.scorers.items()})
    return tuple(
        aggregate_scorer(run, name, reducer=reducers[name], slice_keys=slice_keys, level=level)
        for name in sorted(run.scorers)
    )


def compare(baseline: ScoreTable, candidates: Sequence[ScoreTable], options: CompareOptions, reducer: Reducer
            ) -> Comparison:  # fmt: skip
    """Compare runs scorer by scorer on the records that they share."""
    chosen = ComparisonOptions(
        directions=options.directions,
        deltas=options.deltas,
        level=options.level,
        adjustment=options.adjustment,
        reducer=reducer,
        seed=options.seed,
        max_rows=options.max_rows,
    )
    return compare_runs(columns(baseline), [columns(each) for each in candidates], chosen)


def gate(
    rules: Sequence[GateRule],
    run: ScoreTable,
    baseline: ScoreTable | None,
    directions: Mapping[str, Direction],
    *,
    seed: int,
    can_fail: bool = False,
) -> GateReport:
    """Hold a run to rules; with `can_fail` Invalid for rules that hold whatever the rows say."""
    inputs = GateInputs(columns(run), None if baseline is None else columns(baseline), directions, seed)
    if can_fail:
        check_can_fail(rules, inputs.run)
    return evaluate_gates(rules, inputs)


def columns(table: ScoreTable) -> RunColumns:
    """Return scores as arrays. A row without content hash is paired by its record's id, or else by its key."""
    hashes = [
        found or f"record {record}" if found or record else f"key {key}"
        for found, record, key in zip(table.content_hashes, table.record_ids, table.row_keys, strict=True)
    ]
    records = [record or key for record, key in zip(table.record_ids, table.row_keys, strict=True)]
    keys = sorted({key for each in table.slices if each for key in each})
    return RunColumns(
        run_id=table.run_id,
        content_hashes=hashes,
        record_ids=records,
        scorers={name: _column(values, table.errors[name]) for name, values in table.values.items()},
        clusters=table.clusters if any(table.clusters) else None,
        slices={key: [each.get(key) for each in table.slices] for key in keys},
    )


def _column(values: Sequence[Score], errors: Sequence[str | None]) -> ScorerColumn:
    if any(isinstance(value, str) for value in values):
        pairs = zip(values, errors, strict=True)
        return score_column([value if error is None else AssessmentError(error) for value, error in pairs])
    # Most scorers give numbers alone; of a hundred thousand rows that takes a tenth of the time.
    failed = np.fromiter((error is not None for error in errors), np.bool_, len(errors))
    return ScorerColumn(np.array(values, dtype=np.float64), failed)
