"""Where rows go: to the server, with their scores as assessments on their traces."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

from lodeline.domain.errors import Unavailable
from lodeline.domain.evaluation import MAX_SCORE_TEXT, RowDraft, RowsReport, ScoreDraft
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.scorer import Feedback
from lodeline.domain.span import JsonValue
from lodeline.evals.engine.calling import in_thread
from lodeline.evals.engine.rows import Row
from lodeline.sdk import provider

LogRows = Callable[[RunId, Sequence[RowDraft]], RowsReport]
FLUSH_S = 30.0
ARRIVAL_S = 60.0
"""How long the traces of rows may take to arrive at the server."""
_AGAIN_S = 0.2


class ServerSink:
    """Logs rows of one evaluation. Their traces are delivered first, so that their scores can be on them."""

    def __init__(self, log_rows: LogRows, run_id: RunId) -> None:
        self._log_rows = log_rows
        self._run_id = run_id

    async def keep(self, rows: Sequence[Row]) -> float:
        """Log rows; return 0: what their traces cost is known to the server alone.

        Raises what the client raises; Unavailable, with the rows kept and without assessments, when their traces do
        not arrive.
        """
        drafts = [draft_of(row) for row in rows]
        until = time.monotonic() + ARRIVAL_S
        while True:
            await in_thread(partial(provider.flush, FLUSH_S))
            report = await in_thread(partial(self._log_rows, self._run_id, drafts))
            if not report.missing_traces:
                return 0.0
            if time.monotonic() > until:
                raise _late(report.missing_traces)
            missing = set(report.missing_traces)
            drafts = [draft for draft in drafts if draft.trace_id in missing]
            await asyncio.sleep(_AGAIN_S)


def draft_of(row: Row) -> RowDraft:
    """Return a finished row as it is logged. Its cost is that of its judgments: its trace tells the rest."""
    case, prediction = row.case, row.prediction
    return RowDraft(
        row_key=case.key,
        repetition=case.repetition,
        record_id=case.record_id,
        content_hash=case.content_hash or None,
        cluster=case.cluster,
        slices=dict(case.slices),
        state=row.state,
        trace_id=prediction.trace_id,
        error=None if prediction.failure is None else f"{prediction.failure.code}: {prediction.failure.message}",
        duration_ms=None if prediction.duration_ms is None else round(prediction.duration_ms),
        cost_usd=row.judged_usd,
        scores=tuple(_score(feedback) for feedback in row.scores),
    )


def _score(feedback: Feedback) -> ScoreDraft:
    source = {} if feedback.source is None else {"source": feedback.source}
    error = feedback.error
    return ScoreDraft(
        name=feedback.name or "score",
        value=_value(feedback.value),
        error=None if error is None else error.code,
        error_message="" if error is None else error.message,
        rationale=feedback.rationale,
        metadata=dict(feedback.metadata),
        confidence=feedback.confidence,
        **source,
    )


def _value(value: JsonValue) -> JsonValue:
    return value[:MAX_SCORE_TEXT] if isinstance(value, str) else value


def _late(missing: Sequence[TraceId]) -> Unavailable:
    return Unavailable(
        f"{len(missing)} traces of rows did not arrive within {ARRIVAL_S:g} s, such as {missing[0]}; run "
        "`lodeline doctor` to see why, then resume the evaluation."
    )
