"""From the scores that a store keeps to what they come to, by the pure functions of `evals.statistics`."""

from collections.abc import Mapping, Sequence

import numpy as np

from lodeline.domain.aggregate import Reducer, ScorerAggregate
from lodeline.domain.assessment import AssessmentError
from lodeline.domain.comparison import Comparison, Direction
from lodeline.domain.evaluation import AmountSummary, CompareOptions
from lodeline.domain.evaluation_row import Score, ScoreTable
from lodeline.domain.gate import GateReport, GateRule
from lodeline.evals.statistics.aggregate import aggregate_scorer
from lodeline.evals.statistics.amounts import (
    amount_column,
    summarise_amounts,
    with_amounts_as_scorers,
    with_amounts_compared,
)
from lodeline.evals.statistics.columns import RunColumns, ScorerColumn, reducers_of, score_column
from lodeline.evals.statistics.compare import ComparisonOptions, compare_runs
from lodeline.evals.statistics.gates import GateInputs, check_can_fail, evaluate_gates


def summarise(
    table: ScoreTable, *, reducer: Reducer, slice_keys: Sequence[str], level: float
) -> tuple[tuple[ScorerAggregate, ...], tuple[AmountSummary, ...]]:
    """Return what each scorer's values come to, by name, reduced as `reducers_of` says; and what the rows took."""
    run = columns(table)
    reducers = reducers_of(reducer, {name: [column] for name, column in run.scorers.items()})
    scorers = tuple(
        aggregate_scorer(run, name, reducer=reducers[name], slice_keys=slice_keys, level=level)
        for name in sorted(run.scorers)
    )
    return scorers, summarise_amounts(run, level=level)


def compare(baseline: ScoreTable, candidates: Sequence[ScoreTable], options: CompareOptions, reducer: Reducer
            ) -> Comparison:  # fmt: skip
    """Compare runs scorer by scorer on the records that they share, and what their rows took."""
    chosen = ComparisonOptions(
        directions=options.directions,
        deltas=options.deltas,
        level=options.level,
        adjustment=options.adjustment,
        reducer=reducer,
        seed=options.seed,
        max_rows=options.max_rows,
    )
    of, others = columns(baseline), [columns(each) for each in candidates]
    return with_amounts_compared(compare_runs(of, others, chosen), of, others, chosen)


def gate(
    rules: Sequence[GateRule],
    run: ScoreTable,
    baseline: ScoreTable | None,
    directions: Mapping[str, Direction],
    *,
    seed: int,
    can_fail: bool = False,
) -> GateReport:
    """Hold a run to rules, whose metrics are scorers or, where none has the name, amounts; with `can_fail` Invalid
    for rules that hold whatever the rows say."""
    of = with_amounts_as_scorers(columns(run))
    other = None if baseline is None else with_amounts_as_scorers(columns(baseline))
    inputs = GateInputs(of, other, directions, seed)
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
    failed = [state == "PREDICT_ERROR" for state in table.states]
    return RunColumns(
        run_id=table.run_id,
        content_hashes=hashes,
        record_ids=records,
        scorers={name: _column(values, table.errors[name]) for name, values in table.values.items()},
        clusters=table.clusters if any(table.clusters) else None,
        slices={key: [each.get(key) for each in table.slices] for key in keys},
        amounts={name: amount_column(values, failed) for name, values in table.amounts.items()},
    )


def _column(values: Sequence[Score], errors: Sequence[str | None]) -> ScorerColumn:
    if any(isinstance(value, str) for value in values):
        pairs = zip(values, errors, strict=True)
        return score_column([value if error is None else AssessmentError(error) for value, error in pairs])
    # Most scorers give numbers alone; of a hundred thousand rows that takes a tenth of the time.
    failed = np.fromiter((error is not None for error in errors), np.bool_, len(errors))
    return ScorerColumn(np.array(values, dtype=np.float64), failed)
