"""Where rows go: to the server, with their scores as assessments on their traces."""

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import orjson

from lodeline.domain.errors import Invalid, LodelineError, TooLarge, Unavailable
from lodeline.domain.evaluation_row import (
    MAX_EXPECTATIONS,
    MAX_MESSAGE,
    MAX_SCORE_TEXT,
    MAX_SCORES,
    RowDraft,
    RowsReport,
    ScoreDraft,
    check_score,
)
from lodeline.domain.ids import RunId, TraceId
from lodeline.domain.run import MAX_KEY
from lodeline.domain.scorer import Feedback
from lodeline.domain.span import JsonValue
from lodeline.evals.engine.calling import in_thread
from lodeline.evals.engine.rows import Row
from lodeline.sdk import provider
from lodeline.sdk.rendering import DEFAULT_LIMITS, Limits, clean_text, to_json

LogRows = Callable[[RunId, Sequence[RowDraft]], RowsReport]
FLUSH_S = 30.0
ARRIVAL_S = 60.0
"""How long the traces of rows may take to arrive at the server."""
ELSEWHERE_S = 5.0
"""How long traces that are delivered may be missing: what is delivered is read at once, so these went elsewhere."""
_AGAIN_S = 0.2
JUDGE_TRACE = "lodeline.judge_trace_id"
"""The entry of an assessment's metadata that names the trace of the judge's own call."""


class ServerSink:
    """Logs rows of one evaluation. Their traces are delivered first, so that their scores can be on them."""

    def __init__(self, log_rows: LogRows, run_id: RunId) -> None:
        self._log_rows = log_rows
        self._run_id = run_id

    async def keep(self, rows: Sequence[Row]) -> float:
        """Log rows; return what their traces cost, as the server knows it.

        Raises what the client raises; Unavailable, with the rows kept and without assessments, when their traces do
        not arrive.
        """
        drafts = [draft_of(row) for row in rows]
        until = time.monotonic() + ARRIVAL_S
        cost_usd = 0.0
        delivered = False
        while True:
            if await in_thread(partial(provider.flush, FLUSH_S)) and not delivered:
                delivered = True
                until = min(until, time.monotonic() + ELSEWHERE_S)
            report = await in_thread(partial(self._log_rows, self._run_id, drafts))
            cost_usd += report.cost_usd
            if not report.missing_traces:
                return cost_usd
            if time.monotonic() > until:
                raise _missing(report.missing_traces, delivered=delivered)
            missing = set(report.missing_traces)
            drafts = [draft for draft in drafts if draft.trace_id in missing]
            await asyncio.sleep(_AGAIN_S)


def draft_of(row: Row) -> RowDraft:
    """Return a finished row as it is logged, with what its judgments cost: its trace tells what the row itself did.

    A score that the server would refuse becomes an error of its scorer: one odd value must not cost the run.
    """
    case, prediction = row.case, row.prediction
    failure = prediction.failure
    return RowDraft(
        row_key=case.key,
        repetition=case.repetition,
        record_id=case.record_id,
        content_hash=case.content_hash or None,
        cluster=case.cluster,
        slices=dict(case.slices),
        state=row.state,
        trace_id=prediction.trace_id,
        error=None if failure is None else clean_text(f"{failure.code}: {failure.message}")[:MAX_MESSAGE],
        duration_ms=None if prediction.duration_ms is None else round(prediction.duration_ms),
        judged_usd=row.judged_usd,
        scores=_scores(row.scores),
        expectations=_expectations(case.expectations) if prediction.trace_id is not None else {},
        expected_by=case.expected_by,
    )


def _expectations(given: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return what is expected of a row as its trace says it: shortened as the content of traces is, and without what
    cannot be an assessment."""
    if not given:
        return {}
    plain = cast("dict[str, JsonValue]", orjson.loads(to_json(dict(given), _EXPECTED)))
    found = {name: value for name, value in plain.items() if value is not None and _is_name(name)}
    return dict(itertools.islice(found.items(), MAX_EXPECTATIONS))


_EXPECTED = Limits(depth=16, chars=20_000)
"""Of all of a row's: a batch of rows must stay within what the server takes at once."""


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= MAX_KEY and _printable(name) == name


def _scores(given: Sequence[Feedback]) -> tuple[ScoreDraft, ...]:
    scores: dict[str, ScoreDraft] = {}
    for feedback in given[:MAX_SCORES]:
        score = _score(feedback)
        if score.name in scores:
            score = _refused(
                f"{score.name[:_MAX_STEM]}/{len(scores)}", Invalid(f"two scores are named {score.name!r}.")
            )
        scores[score.name] = score
    if len(given) > MAX_SCORES:
        message = f"{len(given)} scores of one row are over the limit of {MAX_SCORES}; the others are not kept."
        last = list(scores)[-1]
        scores[last] = _refused(last, TooLarge(message))
    return tuple(scores.values())


def _score(feedback: Feedback) -> ScoreDraft:
    source = {} if feedback.source is None else {"source": feedback.source}
    error = feedback.error
    score = ScoreDraft(
        name=feedback.name or "score",
        value=_value(feedback.value),
        error=None if error is None else clean_text(error.code),
        error_message="" if error is None else clean_text(error.message)[:MAX_MESSAGE],
        rationale=None if feedback.rationale is None else clean_text(feedback.rationale),
        metadata=_metadata(feedback),
        confidence=feedback.confidence,
        **source,
    )
    try:
        check_score(score)
    except LodelineError as refusal:
        return _refused(_printable(score.name)[:MAX_KEY].strip() or "score", refusal)
    return score


def _metadata(feedback: Feedback) -> dict[str, str]:
    said = {clean_text(key): clean_text(value) for key, value in feedback.metadata.items()}
    return said if feedback.trace_id is None else {**said, JUDGE_TRACE: feedback.trace_id}


_MAX_STEM = 200


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in name)


def _refused(name: str, refusal: LodelineError) -> ScoreDraft:
    return ScoreDraft(name, error=refusal.error_code, error_message=clean_text(refusal.message)[:MAX_MESSAGE])


def _value(value: JsonValue) -> JsonValue:
    """Lists and mappings count as their JSON text."""
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        value = to_json(value, DEFAULT_LIMITS)
    return clean_text(value)[:MAX_SCORE_TEXT] if isinstance(value, str) else value


def _missing(missing: Sequence[TraceId], *, delivered: bool) -> Unavailable:
    url = provider.get_settings().url
    if delivered:
        return Unavailable(
            f"{len(missing)} traces of rows, such as {missing[0]}, are not in the store of the evaluation: they were "
            f"delivered to {url}. An evaluation needs both in one place, so not a client whose store is opened in "
            "process; use a client of that server (`lodeline.set_default_client`), then resume the evaluation."
        )
    return Unavailable(
        f"{len(missing)} traces of rows did not arrive within {ARRIVAL_S:g} s, such as {missing[0]}. Traces are sent "
        f"to {url}. Run `lodeline doctor` to see why they wait, then resume the evaluation."
    )
