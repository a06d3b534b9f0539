"""Amounts: what the rows of a run took in cost, tokens and time, summed up, and compared with a baseline by pairs.

They go through what scores go through (`aggregate_scorer`, `compare_runs`), as a family of their own: what rows cost
changes no p value of a scorer.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lodeline.domain.aggregate import Reducer
from lodeline.domain.comparison import AmountComparison, Change, Comparison, ScorerComparison
from lodeline.domain.evaluation import AmountSummary
from lodeline.domain.evaluation_row import AMOUNTS, Amount
from lodeline.evals.statistics.aggregate import aggregate_scorer
from lodeline.evals.statistics.columns import RunColumns, ScorerColumn
from lodeline.evals.statistics.compare import ComparisonOptions, compare_runs


def summarise_amounts(run: RunColumns, *, level: float) -> tuple[AmountSummary, ...]:
    """Return what the rows took, of each amount that any row has a value of; repetitions count by their mean."""
    by_amount = amounts_as_scorers(run)
    return tuple(
        AmountSummary(amount, _total(run, amount), aggregate_scorer(by_amount, amount, level=level).summary)
        for amount in AMOUNTS
        if _total(run, amount) is not None
    )


def with_amounts_compared(
    compared: Comparison, baseline: RunColumns, candidates: Sequence[RunColumns], options: ComparisonOptions
) -> Comparison:
    """Return a comparison with what the rows of its runs took; of each amount that either run has a value of."""
    chosen = replace(options, directions=dict.fromkeys(AMOUNTS, "lower"), deltas={}, reducer=Reducer(), max_rows=0)
    found = compare_runs(amounts_as_scorers(baseline), [amounts_as_scorers(each) for each in candidates], chosen)
    runs = zip(compared.candidates, found.candidates, candidates, strict=True)
    return replace(
        compared,
        candidates=tuple(
            replace(run, amounts=_amounts({one.scorer: one for one in of.scorers}, baseline, candidate))
            for run, of, candidate in runs
        ),
    )


def amounts_as_scorers(run: RunColumns) -> RunColumns:
    """Return the run with its amounts in place of its scorers."""
    return replace(run, scorers=run.amounts, amounts={})


def with_amounts_as_scorers(run: RunColumns) -> RunColumns:
    """Return the run with its amounts among its scorers; a scorer of the name of an amount stays what it is."""
    return replace(run, scorers={**run.amounts, **run.scorers}, amounts={})


def _amounts(
    found: dict[str, ScorerComparison], baseline: RunColumns, candidate: RunColumns
) -> tuple[AmountComparison, ...]:
    return tuple(
        _amount(amount, found[amount], _total(baseline, amount), _total(candidate, amount))
        for amount in AMOUNTS
        if amount in found and (_total(baseline, amount) is not None or _total(candidate, amount) is not None)
    )


_CHANGES: dict[str, Change] = {"better": "less", "worse": "more", "inconclusive": "inconclusive"}


def _amount(
    amount: Amount, one: ScorerComparison, baseline_total: float | None, candidate_total: float | None
) -> AmountComparison:
    before, after = one.baseline_value, one.candidate_value
    return AmountComparison(
        amount=amount,
        n=one.n,
        baseline_lost=one.baseline_lost,
        candidate_lost=one.candidate_lost,
        baseline_value=before,
        candidate_value=after,
        ratio=after / before if before and after is not None else None,
        difference=one.difference,
        interval=one.interval,
        p=one.p,
        test=one.test,
        p_adjusted=one.p_adjusted,
        change=None if one.verdict is None else _CHANGES[one.verdict],
        baseline_total=baseline_total,
        candidate_total=candidate_total,
        warnings=one.warnings,
    )


def _total(run: RunColumns, amount: str) -> float | None:
    """Return the sum over all rows, also those whose call failed; None where no row has a value."""
    column = run.amounts.get(amount)
    return None if column is None or not np.isfinite(column.values).any() else float(np.nansum(column.values))


def amount_column(values: Sequence[float | None], failed: Sequence[bool]) -> ScorerColumn:
    """Return an amount, a row each, None where it is not known, as a column."""
    return ScorerColumn(np.array(values, dtype=np.float64), np.array(failed, dtype=np.bool_), amount=True)
