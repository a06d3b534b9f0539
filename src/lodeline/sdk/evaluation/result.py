"""What an evaluation came to, as a program and a person see it."""

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from lodeline.domain.aggregate import ScorerAggregate, ValueSummary
from lodeline.domain.evaluation import EvaluationState
from lodeline.domain.evaluation_row import errors_told
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.evals.engine.rows import Row
from lodeline.sdk.frames import FrameKind, frame_of

_heard: ContextVar[list["EvaluationResult"] | None] = ContextVar("lodeline-evaluations", default=None)


@contextmanager
def collected() -> Generator[list["EvaluationResult"]]:
    """Give a list that every evaluation joins that ends meanwhile, in this context."""
    results: list[EvaluationResult] = []
    token = _heard.set(results)
    try:
        yield results
    finally:
        _heard.reset(token)


def told(result: "EvaluationResult") -> "EvaluationResult":
    """Return a result, after whoever collects them has it."""
    results = _heard.get()
    if results is not None:
        results.append(result)
    return result


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """One evaluation that has ended. `rows` are those that ran here, in the order in which they ended.

    `scores` are the server's aggregates over all rows of the run, also those of before it was resumed. `message` says
    why it ended as it did, when that was not by itself. `warnings` say why scores mean less than they seem to.
    """

    run_id: RunId
    name: str
    experiment_id: ExperimentId
    state: EvaluationState
    rows: tuple[Row, ...]
    scores: tuple[ScorerAggregate, ...]
    message: str | None = None
    warnings: tuple[str, ...] = ()
    unvalidated: tuple[str, ...] = ()
    """Judges among the scorers whose agreement with people nobody has measured."""
    url: str | None = None
    """The address of its page; None where the server serves none."""

    def score(self, name: str) -> ValueSummary:
        """Return the summary of one scorer; KeyError, naming those there are, when there is none."""
        for aggregate in self.scores:
            if aggregate.scorer == name:
                return aggregate.summary
        raise KeyError(f"{name!r}; there are: {', '.join(aggregate.scorer for aggregate in self.scores) or 'none'}")

    @property
    def judged_usd(self) -> float | None:
        """What the judgments of `rows` cost in US dollars, as far as that is known; None where nothing is."""
        known = [row.judged_usd for row in self.rows if row.judged_usd is not None]
        return math.fsum(known) if known else None

    def to_frame(self, kind: FrameKind = "pandas") -> Any:
        """Return the rows as a frame of pandas or Polars, a column for each scorer."""
        return frame_of([_frame_row(row) for row in self.rows], kind)

    def __str__(self) -> str:
        head = f"{self.name or 'evaluation'} ({self.run_id}): {self.state}"
        if self.message:
            head += f", {self.message}"
        program, scorer = (sum(row.state == it for row in self.rows) for it in ("PREDICT_ERROR", "SCORE_ERROR"))
        counts = ", ".join(filter(None, (f"{len(self.rows)} rows", errors_told(program, scorer))))
        if self.judged_usd is not None:
            counts += f", judged for {self.judged_usd:.4g} US dollars"
        notes = [f"Warning: {each}" for each in self.warnings]
        if self.unvalidated:
            notes.append(f"Not validated against people: {', '.join(self.unvalidated)}")
        notes += [f"View: {self.url}"] if self.url else []
        return "\n".join([head, counts, *_table(self.scores), *notes])


def _frame_row(row: Row) -> dict[str, object]:
    return {
        "row": row.case.key,
        "repetition": row.case.repetition,
        "state": row.state,
        "trace_id": row.prediction.trace_id,
        "inputs": dict(row.case.inputs),
        "outputs": row.prediction.outputs,
        "expectations": dict(row.case.expectations),
        "duration_ms": row.prediction.duration_ms,
        "error": None if row.prediction.failure is None else row.prediction.failure.message,
        **{f"{score.name}": score.value for score in row.scores},
        **{f"{score.name}.error": score.error.message for score in row.scores if score.error is not None},
    }


def _table(scores: Sequence[ScorerAggregate]) -> list[str]:
    lines = [("scorer", "value", "interval", "n", "errors")]
    for aggregate in scores:
        summary = aggregate.summary
        shown = (_value(summary), _interval(summary), str(summary.n), str(summary.errors))
        lines.append((aggregate.scorer, *shown))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _value(summary: ValueSummary) -> str:
    if summary.kind == "counts":
        return ", ".join(f"{count.label[:20]!r}: {count.count}" for count in summary.counts[:3]) or "–"
    if summary.value is None:
        return "–"
    return f"{summary.value:.1%}" if summary.kind == "rate" else f"{summary.value:.4g}"


def _interval(summary: ValueSummary) -> str:
    interval = summary.interval
    if interval is None:
        return "–"
    low, high = (f"{end:.1%}" if summary.kind == "rate" else f"{end:.3g}" for end in (interval.low, interval.high))
    return f"{low} to {high} ({interval.level:.0%})"
