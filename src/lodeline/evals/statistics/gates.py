"""Evaluation of gates: each rule against a run, and its baseline where it asks for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lodeline.domain.aggregate import Interval, parse_reducer
from lodeline.domain.comparison import Direction, Pairing, ScorerComparison
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.gate import GateOp, GateReport, GateResult, GateRule, GateStatus, GateVerdict
from lodeline.evals.statistics.aggregate import aggregate_scorer
from lodeline.evals.statistics.columns import LARGEST, RunColumns, records_of, select_slice
from lodeline.evals.statistics.compare import ComparisonOptions, compare_runs
from lodeline.evals.statistics.intervals import quantile_interval
from lodeline.evals.statistics.reducers import reduce_repetitions


@dataclass(frozen=True, slots=True)
class GateInputs:
    """What rules look at: the run, its baseline, and by scorer which values are good ("higher" where it says
    nothing; a rule's own direction goes before)."""

    run: RunColumns
    baseline: RunColumns | None = None
    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Observation:
    """What a rule saw; `problem` says why nothing can be decided on it, and `typo` that waiting will not help.

    `margin` is the rule's in the unit of the metric, `baseline` the mean of the baseline that it was made of.
    """

    n: int = 0
    observed: float | None = None
    interval: Interval | None = None
    error_rate: float | None = None
    problem: str | None = None
    typo: bool = False
    margin: float | None = None
    baseline: float | None = None
    warnings: tuple[str, ...] = ()


def evaluate_gates(rules: Sequence[GateRule], inputs: GateInputs) -> GateReport:
    """Return the report of all rules in order; see `GateReport` for its status. Invalid without rules.

    Nothing passes for want of data: a rule that cannot be decided has the status it names for that, a metric that
    the run does not have is at best inconclusive, and a report in which no deciding rule passed is inconclusive.
    """
    if not rules:
        raise Invalid("gate: there are no rules; give at least one.")
    results = tuple(_result(rule, inputs) for rule in rules)
    return GateReport(
        run_id=inputs.run.run_id,
        baseline_run_id=None if inputs.baseline is None else inputs.baseline.run_id,
        status=_overall(results),
        results=results,
    )


def check_can_fail(rules: Sequence[GateRule], run: RunColumns) -> None:
    """Return when each deciding rule says something of a run; Invalid, with the code ``gate_cannot_fail``, for one
    that holds whatever the rows say: a threshold or margin that no value of its statistic reaches."""
    for rule in rules:
        low, high = _bounds(rule, run)
        if rule.margin_ratio is not None:
            lower = rule.direction == "lower" or (rule.direction is None and _is_amount(rule, run))
            always, said = rule.margin_ratio >= 1 and not lower, f"a margin_ratio of {rule.margin_ratio:g}"
        elif rule.baseline:
            always, said = (rule.margin or 0) >= high - low, f"a margin of {rule.margin:g}"
        elif rule.op is not None and rule.threshold is not None:
            worst = low if rule.op in {">=", ">"} else high
            always, said = _holds(rule.op, worst, rule.threshold), f"{rule.op} {rule.threshold:g}"
        else:
            continue
        if always and rule.action == "fail":
            raise Invalid(
                f"gate {shown(rule.name)}: holds whatever the rows say, since {rule.statistic} of "
                f"{shown(rule.metric)} lies from {low:g} to {high:g} and the rule asks for {said}; give it a bound "
                'that can be missed, or action = "warn".',
                code="gate_cannot_fail",
                details={"rule": rule.name},
            )


def _bounds(rule: GateRule, run: RunColumns) -> tuple[float, float]:
    """Return between which numbers a rule's statistic lies, as far as can be told: of scores that are all 0 or 1,
    those; else what counts as a number at all."""
    if rule.statistic == "error_rate":
        return 0.0, 1.0
    column = run.scorers.get(rule.metric)
    if column is None or column.labels:
        return -LARGEST, LARGEST
    if column.amount:
        return 0.0, LARGEST
    usable = column.usable[np.isfinite(column.usable)]
    return (0.0, 1.0) if len(usable) and bool(np.isin(usable, (0.0, 1.0)).all()) else (-LARGEST, LARGEST)


def _is_amount(rule: GateRule, run: RunColumns) -> bool:
    return rule.metric in run.scorers and run.scorers[rule.metric].amount


def _overall(results: Sequence[GateResult]) -> GateVerdict:
    deciding = [result.status for result in results if result.rule.action == "fail"]
    if "fail" in deciding:
        return "fail"
    return "inconclusive" if "inconclusive" in deciding or "pass" not in deciding else "pass"


def _result(rule: GateRule, inputs: GateInputs) -> GateResult:
    run = select_slice(inputs.run, rule.slice)
    if rule.metric not in inputs.run.scorers:
        known = ", ".join(shown(name) for name in sorted(inputs.run.scorers)) or "none"
        seen = _Observation(problem=f"the run has no scorer {shown(rule.metric)} (it has {known})", typo=True)
    elif run.rows == 0:
        seen = _Observation(problem="no row is in the slice" if rule.slice else "the run has no rows")
    elif rule.baseline:
        seen = _against_baseline(rule, run, inputs)
    else:
        seen = _absolute(rule, run)
    status, message = _status(rule, seen, inputs)
    lost = round((seen.error_rate or 0) * run.rows)
    warnings = list(seen.warnings)
    if lost and rule.statistic != "error_rate":
        warnings.insert(0, f"{lost} of {run.rows} rows have no value (errors and missing); no mean has them.")
    return GateResult(rule, status, message, seen.n, seen.observed, seen.interval, seen.error_rate, tuple(warnings))


def _lost_share(run: RunColumns, metric: str) -> float:
    return int(np.count_nonzero(np.isnan(run.scorers[metric].usable))) / run.rows


def _absolute(rule: GateRule, run: RunColumns) -> _Observation:
    lost = _lost_share(run, rule.metric)
    if rule.statistic == "error_rate":
        return _Observation(run.rows, lost, None, lost)
    if run.scorers[rule.metric].labels:
        return _Observation(error_rate=lost, problem="the scorer gives texts, which have no mean", typo=True)
    if rule.statistic != "mean":
        return _percentile(rule, run, lost)
    level = 0.95 if rule.confidence is None else 2 * rule.confidence - 1
    summary = aggregate_scorer(run, rule.metric, reducer=parse_reducer(rule.reducer), level=level).summary
    problem = None
    if rule.confidence is not None and summary.interval is None:
        problem = f"{summary.clusters} independent records have no interval"
    return _Observation(summary.records, summary.value, summary.interval, lost, problem)


def _percentile(rule: GateRule, run: RunColumns, lost: float) -> _Observation:
    order = float(rule.statistic[1:]) / 100
    records = records_of(run)
    usable = run.scorers[rule.metric].usable
    reduced = reduce_repetitions(usable, records.codes, records.count, parse_reducer(rule.reducer))
    values = reduced[np.isfinite(reduced)]
    if len(values) == 0:
        return _Observation(error_rate=lost)
    observed = float(np.quantile(values, order))
    if rule.confidence is None:
        return _Observation(len(values), observed, None, lost)
    interval = quantile_interval(values, order, 2 * rule.confidence - 1)
    problem = None
    if interval is None:
        problem = f"{len(values)} records are too few for an interval of {rule.statistic} at this confidence"
    elif records.clusters is not None:
        problem = "percentiles of records in clusters have no interval; leave out `confidence`"
    return _Observation(len(values), observed, interval, lost, problem)


def _against_baseline(rule: GateRule, run: RunColumns, inputs: GateInputs) -> _Observation:
    lost = _lost_share(run, rule.metric)
    if inputs.baseline is None:
        return _Observation(error_rate=lost, problem="no baseline run was given")
    baseline = select_slice(inputs.baseline, rule.slice)
    if rule.metric not in baseline.scorers:
        return _Observation(error_rate=lost, problem="the baseline has no such scorer", typo=True)
    options = ComparisonOptions(
        level=2 * (rule.confidence or 0.95) - 1,
        reducer=parse_reducer(rule.reducer),
        seed=inputs.seed,
        max_rows=0,
    )
    of = compare_runs(_only(baseline, rule.metric), [_only(run, rule.metric)], options).candidates[0]
    compared = of.scorers[0]
    mean = compared.baseline_value
    margin = rule.margin
    if rule.margin_ratio is not None:
        margin = None if mean is None else rule.margin_ratio * abs(mean)
    warnings = (*_unpaired(of.pairing), *compared.warnings)
    return _Observation(
        compared.n, compared.difference, compared.interval, lost, _unusable(compared),
        margin=margin, baseline=mean, warnings=warnings,
    )  # fmt: skip


def _unpaired(pairing: Pairing) -> list[str]:
    parts = {
        "that changed": pairing.changed,
        "that only the baseline has": pairing.only_baseline,
        "that only this run has": pairing.only_candidate,
    }
    told = ", ".join(f"{count} {which}" for which, count in parts.items() if count)
    return [f"Records without a pair are left out: {told}."] if told else []


def _only(run: RunColumns, metric: str) -> RunColumns:
    return RunColumns(run.run_id, run.content_hashes, run.record_ids, {metric: run.scorers[metric]}, run.clusters)


def _unusable(compared: ScorerComparison) -> str | None:
    if compared.kind == "counts":
        return "the scorer gives texts, which have no mean"
    return "the pairs give no interval" if compared.interval is None else None


def _status(rule: GateRule, seen: _Observation, inputs: GateInputs) -> tuple[GateStatus, str]:
    if rule.statistic != "error_rate" and seen.error_rate is not None and seen.error_rate > rule.max_error_rate:
        limit = f"{rule.max_error_rate:.3g} at most are allowed"
        return "fail", f"{seen.error_rate:.3g} of the rows have no value (errors and missing); {limit}."
    problem = seen.problem
    if not seen.typo and seen.n < rule.min_n:
        unit = "pairs" if rule.baseline else "rows" if rule.statistic == "error_rate" else "records with a value"
        problem = (f"{problem}; " if problem else "") + f"{seen.n} {unit}, {rule.min_n} are needed"
    if problem is not None or seen.observed is None:
        status = "inconclusive" if rule.insufficient == "skip" and seen.typo else _INSUFFICIENT[rule.insufficient]
        return status, f"Cannot be decided: {problem or 'there are no values'}."
    if rule.baseline:
        usual = "lower" if _is_amount(rule, inputs.run) else inputs.directions.get(rule.metric, "higher")
        return _non_inferior(rule, seen, seen.observed, rule.direction or usual)
    low = high = seen.observed
    if rule.confidence is not None and seen.interval is not None:
        low, high = seen.interval.low, seen.interval.high
    return _threshold(rule, seen.observed, low, high)


_INSUFFICIENT: dict[str, GateStatus] = {"fail": "fail", "inconclusive": "inconclusive", "skip": "skipped"}


def _holds(op: GateOp, value: float, threshold: float) -> bool:
    if op == ">=":
        return value >= threshold
    if op == ">":
        return value > threshold
    return value <= threshold if op == "<=" else value < threshold


def _threshold(rule: GateRule, observed: float, low: float, high: float) -> tuple[GateStatus, str]:
    op, threshold = rule.op, rule.threshold
    if op is None or threshold is None:
        raise Invalid(f"gate {shown(rule.name)}: has neither a threshold nor a baseline; give one.")
    ends = (_holds(op, low, threshold), _holds(op, high, threshold))
    told = f"{rule.statistic} {observed:.4g}, must be {op} {threshold:g}"
    if rule.confidence is not None:
        told += f" with confidence {rule.confidence:g} ({low:.4g} to {high:.4g})"
    if all(ends):
        return "pass", f"{told}."
    return ("inconclusive", f"{told}: both are possible.") if any(ends) else ("fail", f"{told}.")


def _non_inferior(
    rule: GateRule, seen: _Observation, observed: float, direction: Direction
) -> tuple[GateStatus, str]:
    interval, margin = seen.interval, seen.margin
    if interval is None or margin is None or direction == "none":
        return "inconclusive", "Cannot be decided: a margin needs a scorer with a direction, and an interval."
    worst, best = (interval.low, interval.high) if direction == "higher" else (-interval.high, -interval.low)
    told = (
        f"difference {observed:+.4g} ({interval.low:+.4g} to {interval.high:+.4g}), may be worse by {margin:.4g}"
        f"{_of_baseline(rule, seen.baseline)} with confidence {rule.confidence or 0.95:g}"
    )
    if worst >= -margin:
        return "pass", f"{told}."
    return ("fail", f"{told}.") if best < -margin else ("inconclusive", f"{told}: both are possible.")


def _of_baseline(rule: GateRule, mean: float | None) -> str:
    return "" if rule.margin_ratio is None or mean is None else f" ({rule.margin_ratio:.4g} of {mean:.4g})"
