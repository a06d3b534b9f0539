"""Scorer: what judges an output. Its definition, what it is shown of a row, and the judgments that come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lodeline.domain.aggregate import Interval
from lodeline.domain.assessment import Assessment, AssessmentError, AssessmentSource
from lodeline.domain.span import JsonValue, Span
from lodeline.domain.trace import Trace

ScorerKind = Literal["BUILTIN", "FUNCTION", "CLASS", "JUDGE", "ADAPTER"]
Direction = Literal["higher", "lower", "none"]
"""Which way is better; "none" where neither is."""
ValueKind = Literal["bool", "number", "string", "list", "mapping", "any"]
"""What a scorer's values are; "any" where it does not say."""
ScorerArgument = Literal["inputs", "outputs", "expectations", "trace", "session"]
SCORER_ARGUMENTS: tuple[ScorerArgument, ...] = ("inputs", "outputs", "expectations", "trace", "session")
"""What a scorer may ask for, by the names of its parameters."""
MAX_FEEDBACKS = 100
"""Judgments that one call of a scorer may give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One judgment: a value, or the error that says why there is none.

    A scorer may leave `name` and `source` out: its own are filled in. `confidence` is from 0 to 1. `cost_usd` is what
    the judgment itself cost, None when that is not known.
    """

    value: JsonValue = None
    error: AssessmentError | None = None
    rationale: str | None = None
    name: str | None = None
    source: AssessmentSource | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    confidence: float | None = None
    cost_usd: float | None = None
    trace_id: str | None = None
    """The trace of the judgment itself, where it was traced."""


@dataclass(frozen=True, slots=True)
class ScoredTrace:
    """A trace as scorers see it: its summary, its whole spans in the order of their start, its assessments."""

    trace: Trace
    spans: tuple[Span, ...] = ()
    assessments: tuple[Assessment, ...] = ()

    @property
    def root(self) -> Span | None:
        """The root span; None when it is not there."""
        for span in self.spans:
            if span.span_id == self.trace.root_span_id:
                return span
        return next((span for span in self.spans if span.parent_id is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What there is to judge: one row of an evaluation, one trace, or one session (its traces, oldest first).

    `trace` and `session` are None where there is none; `expectations` is empty where nothing is expected.
    """

    inputs: JsonValue = None
    outputs: JsonValue = None
    expectations: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    trace: ScoredTrace | None = None
    session: tuple[ScoredTrace, ...] | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """How far a judge was measured to agree with people: it judged the share `agreement` of `n` items as they did.

    `against` says whose judgments of what. It holds for this `model` and for outputs like those.
    """

    against: str
    model: str
    n: int
    agreement: float
    interval: Interval | None = None

    def __str__(self) -> str:
        shown = "" if self.interval is None else f" ({self.interval.low:.1%} to {self.interval.high:.1%})"
        return f"{self.agreement:.1%}{shown} of {self.n}"


@dataclass(frozen=True, slots=True)
class ScorerDefinition:
    """What a scorer is, as it can be stored and compared.

    `digest` is 64 hex digits over what it computes (kind, qualified name, version, parameters, source text), and not
    over its `name`: equal on every machine, and another one when its judgments may be others. `exact` is False when
    the digest could not take in everything, because the source text was not to be had or a value that the scorer
    holds has no JSON form. `validated` says of a judge
    whether its agreement with people was measured, and `validation` how far it went; None for code. `target` is the
    qualified name of the function or class. `wants` lists the arguments it takes; one that takes `session` judges
    sessions, not rows.
    """

    name: str
    kind: ScorerKind
    target: str
    digest: str
    version: str = "1"
    direction: Direction = "higher"
    value_kind: ValueKind = "any"
    wants: tuple[ScorerArgument, ...] = ()
    params: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    source: str | None = None
    exact: bool = True
    validated: bool | None = None
    validation: Validation | None = None
    description: str = ""
