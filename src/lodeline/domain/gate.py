"""Gate: rules that an evaluation run must meet, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.aggregate import Interval
from lodeline.domain.comparison import Direction
from lodeline.domain.ids import RunId

MAX_GATE_TEXT = 1_000_000
"""Characters of a gate file."""
GateOp = Literal[">=", ">", "<=", "<"]
GateAction = Literal["fail", "warn"]
GateInsufficient = Literal["fail", "inconclusive", "skip"]
GateStatus = Literal["pass", "fail", "inconclusive", "skipped"]
GateVerdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class GateRule:
    """One rule. `metric` is a scorer or, where none has that name, an amount: `cost_usd`, `tokens_total`,
    `duration_ms` of a row, of which less is better.

    Absolute (`op` and `threshold`): the statistic of `metric` over the rows of `slice` must stand so to the
    threshold. With `confidence` the whole one-sided interval must; without it the estimate alone. Against a
    `baseline` run (`margin`): the paired difference must not be worse than the margin by the one-sided interval of
    level `confidence` (non-inferiority); `margin_ratio` gives the margin as a share of the baseline's mean over the
    pairs, which is taken as it is, without an interval of its own. `statistic` is "mean", "error_rate" or a
    percentile such as "p95".

    Fewer than `min_n` records with a value (or pairs) are insufficient data, whose status is `insufficient`; a share
    of rows without a value (errors and missing) above `max_error_rate` fails the rule. With `action` "warn" the rule
    is reported and does not decide.
    """

    name: str
    metric: str
    statistic: str = "mean"
    slice: Mapping[str, str] = field(default_factory=dict[str, str])
    reducer: str = "mean"
    op: GateOp | None = None
    threshold: float | None = None
    baseline: bool = False
    margin: float | None = None
    margin_ratio: float | None = None
    direction: Direction | None = None
    confidence: float | None = None
    min_n: int = 10
    max_error_rate: float = 0.05
    action: GateAction = "fail"
    insufficient: GateInsufficient = "inconclusive"


@dataclass(frozen=True, slots=True)
class GateRun:
    """What a gate is to be held on: an evaluation, the text of the gate file, and the evaluation that rules compare
    with."""

    run_id: RunId
    rules: str
    baseline_run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """What became of one rule. `observed` is the statistic, against a baseline the difference; `interval` decided
    where the rule has a confidence. `error_rate` is the share of rows without a value, None without rows. `warnings`
    say why the result means less than it seems to."""

    rule: GateRule
    status: GateStatus
    message: str
    n: int = 0
    observed: float | None = None
    interval: Interval | None = None
    error_rate: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReport:
    """All rules of a gate file on one run.

    `status`: "fail" when a deciding rule failed; else "inconclusive" when a deciding rule was, or when no deciding
    rule passed; else "pass". The names are those of the runs, empty where they have none.
    """

    run_id: str
    baseline_run_id: str | None
    status: GateVerdict
    results: tuple[GateResult, ...]
    run_name: str = ""
    baseline_name: str = ""
