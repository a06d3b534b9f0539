"""`score_sessions`: judge whole conversations, which no row of an evaluation is."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from lodeline.domain.assessment import AssessmentDraft, AssessmentError, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Invalid, LodelineError, NotFound
from lodeline.domain.evaluation_row import MAX_MESSAGE
from lodeline.domain.scorer import Feedback, Sample, ScoredTrace
from lodeline.domain.session import Session
from lodeline.evals.engine.calling import in_thread, score_of
from lodeline.evals.judges.opening import watching
from lodeline.evals.scoring.bound import as_scorer
from lodeline.evals.scoring.failures import failure_of
from lodeline.evals.scoring.protocol import Scorer
from lodeline.sdk import provider
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.default_client import default_client
from lodeline.sdk.evaluation.apart import run_apart
from lodeline.sdk.evaluation.evaluate import load_trace
from lodeline.sdk.evaluation.judging import JudgeTracer
from lodeline.sdk.evaluation.keeping import JUDGE_TRACE
from lodeline.sdk.rendering import clean_text

MAX_TURNS = 500
"""Traces of one conversation that its scorers see: the first ones."""


@dataclass(frozen=True, slots=True)
class SessionScores:
    """What the scorers said of one conversation, in their order; each is an assessment on it."""

    session: str
    turns: int
    scores: tuple[Feedback, ...]


def score_sessions(
    sessions: str | Sequence[str] | None = None,
    *,
    scorers: Sequence[object],
    experiment: str | None = None,
    filter: str = "",
    limit: int | None = 100,
    concurrency: int = 4,
    timeout_s: float | None = None,
    trace_judges: bool = True,
) -> list[SessionScores]:
    """Judge conversations with scorers that take `session`, and log what they say as assessments on them.

    `sessions` names them; None takes those of the experiment (the one that traces go to unless given) that match
    `filter`, last activity first, at most `limit`. Scoring one again revises what the same scorer said before. What a
    scorer raises is an assessment with an error. Invalid for scorers that need a row or one trace; NotFound for a
    session that is not there. Judges' calls are traced as by `evaluate`.
    """
    client = default_client()
    checked = _check(scorers, concurrency)
    where = experiment or provider.current_experiment()
    provider.flush()
    found = _sessions(client, sessions, where, filter, limit)
    if not found:
        return []
    home = found[0].experiment_id
    judging = watching(JudgeTracer(None, home)) if trace_judges else nullcontext()
    with judging:
        return run_apart(lambda: _all(client, found, checked, concurrency, timeout_s))


def _check(scorers: Sequence[object], concurrency: int) -> tuple[Scorer, ...]:
    found = tuple(as_scorer(each) for each in scorers)
    for scorer in found:
        if "session" not in scorer.definition.wants:
            raise Invalid(f"scorers: {scorer.name!r} takes no session; give it to evaluate.")
    if not found or len({scorer.name for scorer in found}) < len(found):
        raise Invalid("scorers: give at least one, each with a name of its own.")
    if concurrency < 1:
        raise Invalid.value("concurrency", concurrency, "a number from 1")
    return found


def _sessions(
    client: LodelineClient, wanted: str | Sequence[str] | None, experiment: str, filter: str, limit: int | None
) -> list[Session]:
    if wanted is None:
        return client.sessions.search(experiment=experiment, filter=filter, limit=limit).all()
    if filter:
        raise Invalid("score_sessions: give sessions or a filter, not both.")
    given = [wanted] if isinstance(wanted, str) else wanted
    return [client.sessions.get(each, experiment=experiment) for each in dict.fromkeys(given)]


async def _all(
    client: LodelineClient,
    sessions: Sequence[Session],
    scorers: Sequence[Scorer],
    concurrency: int,
    timeout_s: float | None,
) -> list[SessionScores]:
    gate = asyncio.Semaphore(concurrency)

    async def one(session: Session) -> SessionScores:
        async with gate:
            turns = await in_thread(partial(_turns, client, session))
            given = await asyncio.gather(*(_scored(scorer, Sample(session=turns), timeout_s) for scorer in scorers))
            scores = tuple(feedback for found in given for feedback in found)
            await in_thread(partial(_log, client, session, scores))
            return SessionScores(session.session, len(turns), scores)

    return await asyncio.gather(*(one(session) for session in sessions))


def _turns(client: LodelineClient, session: Session) -> tuple[ScoredTrace, ...]:
    quoted = session.session.replace("'", "''")
    listed = client.traces.search(
        experiment=session.experiment_id, filter=f"session = '{quoted}'", order="start", limit=MAX_TURNS
    ).all()
    if not listed:
        raise NotFound.of("session", session.session)
    return tuple(load_trace(client, trace.trace_id) for trace in listed)


async def _scored(scorer: Scorer, sample: Sample, timeout_s: float | None) -> tuple[Feedback, ...]:
    try:
        async with asyncio.timeout(timeout_s):
            return await score_of(scorer, sample)
    except Exception as error:  # a failing scorer is a value
        source = AssessmentSource("CODE", scorer.name, scorer.definition.digest)
        return (Feedback(name=scorer.name, error=failure_of(error), source=source),)


def _log(client: LodelineClient, session: Session, scores: Sequence[Feedback]) -> None:
    drafts = [_draft(session, each) for each in scores]
    for item in client.assessments.log_many(drafts, experiment=session.experiment_id) if drafts else ():
        if item.code is not None:
            raise LodelineError(f"session {session.session!r}: {item.message}", code=item.code)


def _draft(session: Session, feedback: Feedback) -> AssessmentDraft:
    name = feedback.name or "score"
    source = feedback.source or AssessmentSource("CODE", name)
    metadata = {clean_text(key): clean_text(value) for key, value in feedback.metadata.items()}
    if feedback.trace_id is not None:
        metadata[JUDGE_TRACE] = feedback.trace_id
    error = feedback.error
    if error is not None:
        error = AssessmentError(clean_text(error.code), clean_text(error.message)[:MAX_MESSAGE], error.stack_digest)
    return AssessmentDraft(
        target=AssessmentTarget(session=session.session),
        name=name,
        kind="FEEDBACK",
        source=source,
        value=feedback.value,
        error=error,
        rationale=None if feedback.rationale is None else clean_text(feedback.rationale),
        metadata=metadata,
        identifier=f"session-score:{name}",
        confidence=feedback.confidence,
    )
