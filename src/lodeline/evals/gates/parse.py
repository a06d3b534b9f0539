"""Reading gate files: TOML with one `[[gate]]` table a rule. Every error names the rule and the key."""

import difflib
import math
import re
import tomllib
from collections.abc import Mapping
from typing import Literal, TypeVar, cast

from lodeline.domain.aggregate import parse_reducer
from lodeline.domain.comparison import Direction
from lodeline.domain.errors import Invalid, shown
from lodeline.domain.gate import MAX_GATE_TEXT, GateAction, GateInsufficient, GateOp, GateRule

T = TypeVar("T", bound=str)

MAX_RULES = 1_000
MAX_MARGIN_RATIO = 100
_KEYS = (
    "name", "metric", "statistic", "slice", "reducer", "op", "threshold", "versus", "margin", "margin_ratio",
    "direction", "confidence", "min_n", "max_error_rate", "action", "insufficient",
)  # fmt: skip
_PERCENTILE = re.compile(r"p(?:100|[0-9]{1,2}(?:\.[0-9]{1,3})?)")
_OPS: dict[object, GateOp] = {">=": ">=", ">": ">", "<=": "<=", "<": "<"}
_ACTIONS: dict[object, GateAction] = {"fail": "fail", "warn": "warn"}
_INSUFFICIENT: dict[object, GateInsufficient] = {"fail": "fail", "inconclusive": "inconclusive", "skip": "skip"}
_DIRECTIONS: dict[object, Direction] = {"higher": "higher", "lower": "lower"}
_BASELINE: dict[object, Literal["baseline"]] = {"baseline": "baseline"}


def parse_gates(text: str) -> tuple[GateRule, ...]:
    """Return the rules of a gate file in order; at least one.

    Invalid for a file that is not TOML (with line and column), for unknown keys (with the nearest known one), and for
    values that are missing, of the wrong type, out of bounds or contradict each other; `details` holds the rule's
    number from 1 (`gate`) and the `field`.
    """
    if len(text) > MAX_GATE_TEXT:
        raise Invalid(f"gate file: has {len(text)} characters; the limit is {MAX_GATE_TEXT}.")
    try:
        document: Mapping[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(f"gate file: is not TOML: {error}") from error
    unknown = sorted(document.keys() - {"gate"})
    if unknown:
        raise Invalid(f"gate file: {shown(unknown[0])} is not known; write each rule under [[gate]].")
    tables = document.get("gate")
    if not isinstance(tables, list) or not tables:
        raise Invalid("gate file: has no rule; write at least one, each under [[gate]].")
    items = cast("list[object]", tables)
    if len(items) > MAX_RULES:
        raise Invalid(f"gate file: has {len(items)} rules; the limit is {MAX_RULES}.")
    rules = tuple(_Table(number, item).rule() for number, item in enumerate(items, start=1))
    _check_names(rules)
    return rules


def _check_names(rules: tuple[GateRule, ...]) -> None:
    seen: dict[str, int] = {}
    for number, rule in enumerate(rules, start=1):
        if rule.name in seen:
            raise Invalid(
                f"gate {number}: has the name of gate {seen[rule.name]}, {shown(rule.name)}; give it another `name`.",
                details={"gate": number, "field": "name"},
            )
        seen[rule.name] = number


class _Table:
    """One `[[gate]]` table and the reading of its keys."""

    def __init__(self, number: int, item: object):
        self.ordinal = number
        if not isinstance(item, dict):
            raise Invalid(f"gate {number}: is not a table; write it under [[gate]].", details={"gate": number})
        self.values = cast("Mapping[str, object]", item)
        for key in self.values:
            if key not in _KEYS:
                near = difflib.get_close_matches(key, _KEYS, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(_KEYS)}."
                raise self.error(key, f"is not known; {hint}")

    def rule(self) -> GateRule:
        """Return the table as a rule."""
        metric = self.text("metric")
        if metric is None:
            raise self.error("metric", "is missing; name the scorer it looks at.")
        baseline = self.choice("versus", _BASELINE) is not None
        statistic = self.statistic(baseline=baseline)
        reducer = self.text("reducer") or "mean"
        try:
            parse_reducer(reducer)
        except Invalid as error:
            raise self.error("reducer", f"{shown(reducer)} is no reducer: {error.message}") from error
        op, threshold = self.condition(baseline=baseline)
        margin, ratio = self.margins(baseline=baseline)
        direction = self.choice("direction", _DIRECTIONS)
        if direction is not None and not baseline:
            raise self.error("direction", 'goes with `versus = "baseline"`; `op` says it for a threshold.')
        confidence = self.number("confidence", 0.5, 1, default=0.95 if baseline else None, inside=True)
        if confidence is not None and statistic == "error_rate":
            raise self.error("confidence", "does not go with the statistic error_rate, which is exact.")
        max_error_rate = self.number("max_error_rate", 0, 1, default=0.05)
        return GateRule(
            name=self.text("name") or self.title(metric, statistic),
            metric=metric,
            statistic=statistic,
            slice=self.slice(),
            reducer=reducer,
            op=op,
            threshold=threshold,
            baseline=baseline,
            margin=margin,
            margin_ratio=ratio,
            direction=direction,
            confidence=confidence,
            min_n=self.whole("min_n", default=10),
            max_error_rate=0.05 if max_error_rate is None else max_error_rate,
            action=self.choice("action", _ACTIONS) or "fail",
            insufficient=self.choice("insufficient", _INSUFFICIENT) or "inconclusive",
        )

    def title(self, metric: str, statistic: str) -> str:
        """Return a name for a rule that has none."""
        where = ", ".join(f"{key}={value}" for key, value in self.slice().items())
        return f"{self.ordinal}: {statistic} of {metric}" + (f" where {where}" if where else "")

    def error(self, key: str, problem: str) -> Invalid:
        """Return the error that names this rule and `key`."""
        return Invalid(f"gate {self.ordinal}: {shown(key)} {problem}", details={"gate": self.ordinal, "field": key})

    def statistic(self, *, baseline: bool) -> str:
        """Return the statistic: mean, error_rate or a percentile; against a baseline only the mean."""
        statistic = self.text("statistic") or "mean"
        if statistic == "rate":
            statistic = "mean"
        if statistic not in {"mean", "error_rate"} and not _PERCENTILE.fullmatch(statistic):
            raise self.error("statistic", f"{shown(statistic)} is not mean, rate, error_rate or such as p95.")
        if baseline and statistic != "mean":
            raise self.error("statistic", f"{shown(statistic)} is not compared with a baseline; only mean is.")
        return statistic

    def condition(self, *, baseline: bool) -> tuple[GateOp | None, float | None]:
        """Return op and threshold; neither goes with a baseline."""
        op, threshold = self.choice("op", _OPS), self.number("threshold", -math.inf, math.inf)
        if baseline:
            extra = "op" if op is not None else "threshold" if threshold is not None else None
            if extra is not None:
                raise self.error(extra, 'does not go with `versus = "baseline"`; give `margin`.')
        elif self.values.keys().isdisjoint({"margin", "margin_ratio"}) and (op is None or threshold is None):
            missing = "op" if op is None else "threshold"
            raise self.error(missing, 'is missing; give `op` and `threshold`, or `versus = "baseline"` and `margin`.')
        return op, threshold

    def margins(self, *, baseline: bool) -> tuple[float | None, float | None]:
        """Return the margin, or the share of the baseline's mean that it is: one of the two for a baseline."""
        margin = self.number("margin", 0, math.inf)
        ratio = self.number("margin_ratio", 0, MAX_MARGIN_RATIO)
        if not baseline:
            given = "margin" if margin is not None else "margin_ratio" if ratio is not None else None
            if given is not None:
                raise self.error(given, 'goes with `versus = "baseline"` only.')
        elif margin is None and ratio is None:
            raise self.error("margin", "is missing; say how much worse than the baseline is still good.")
        elif margin is not None and ratio is not None:
            raise self.error("margin_ratio", "does not go with `margin`; give one of the two.")
        return margin, ratio

    def slice(self) -> dict[str, str]:
        """Return the slice's keys and values."""
        value = self.values.get("slice", {})
        if not isinstance(value, dict):
            raise self.error("slice", f'{shown(value)} is not a table; write such as {{ language = "de" }}.')
        items = cast("Mapping[str, object]", value)
        found: dict[str, str] = {}
        for key, item in items.items():
            if not isinstance(item, str):
                raise self.error(f"slice.{key}", f"{shown(item)} is not a text; put it in quotes.")
            found[key] = item
        return found

    def text(self, key: str) -> str | None:
        """Return a text that is not empty, None where the key is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{shown(value)} is not a text.")
        return value

    def choice(self, key: str, known: Mapping[object, T]) -> T | None:
        """Return one of the known texts, None where the key is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        chosen = known.get(value) if isinstance(value, str) else None
        if chosen is None:
            raise self.error(key, f"{shown(value)} is not one of {', '.join(map(str, known))}.")
        return chosen

    def number(
        self, key: str, low: float, high: float, *, default: float | None = None, inside: bool = False
    ) -> float | None:
        """Return a finite number within the bounds (`inside`: and on neither), `default` where the key is absent."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"{shown(value)} is not a number.")
        if not math.isfinite(value) or not low <= value <= high or (inside and value in {low, high}):
            bounds = "finite" if math.isinf(high) and math.isinf(low) else f"from {low:g} to {high:g}"
            raise self.error(key, f"{shown(value)} is not {bounds}{', ends excluded' if inside else ''}.")
        return float(value)

    def whole(self, key: str, *, default: int) -> int:
        """Return a whole number from 1 up."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.error(key, f"{shown(value)} is not a whole number from 1 up.")
        return value
