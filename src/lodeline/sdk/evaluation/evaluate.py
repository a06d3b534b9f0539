"""`evaluate`: run the application over data, score what comes out, and keep it all in one run."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lodeline.domain.errors import Conflict, Invalid, LodelineError
from lodeline.domain.evaluation import Evaluation, EvaluationDraft, check_resume
from lodeline.domain.evaluation_row import EvaluationRow
from lodeline.domain.ids import TraceId
from lodeline.domain.run import RunDraft, RunInput
from lodeline.domain.scorer import ScoredTrace
from lodeline.evals.engine.calling import in_thread
from lodeline.evals.engine.rows import Case, Row
from lodeline.evals.engine.run import EngineSettings, Outcome
from lodeline.evals.engine.run import run as run_engine
from lodeline.evals.judges.opening import watching
from lodeline.sdk import provider
from lodeline.sdk.alignment.tuned import tuned_tags, warn_of_tuned
from lodeline.sdk.client.clients import LodelineClient
from lodeline.sdk.datasets.handle import Dataset
from lodeline.sdk.default_client import default_client
from lodeline.sdk.evaluation.apart import run_apart
from lodeline.sdk.evaluation.beginning import begin, check_place, prompts_of, source_of_code, version_of
from lodeline.sdk.evaluation.data import as_mapping, cases_of_records, table_of
from lodeline.sdk.evaluation.judging import JudgeTracer
from lodeline.sdk.evaluation.keeping import FLUSH_S, ServerSink
from lodeline.sdk.evaluation.plan import (
    DataIdentity,
    Plan,
    check_function,
    check_keys,
    check_scorers,
    check_settings,
)
from lodeline.sdk.evaluation.predicting import RecordedOutputs, RowScope, TracedPredictor
from lodeline.sdk.evaluation.progress import Progress
from lodeline.sdk.evaluation.result import EvaluationResult, told

MAX_SLICE_KEYS = 10
MAX_SLICE_VALUES = 20
"""Slice keys that a result is broken down by, the first by name."""


def evaluate(
    data: object,
    *,
    scorers: Sequence[object] = (),
    predict_fn: Callable[..., Any] | None = None,
    name: str = "",
    experiment: str | None = None,
    model_id: str | None = None,
    repetitions: int = 1,
    concurrency: int = 10,
    timeout_s: float | None = None,
    retries: int = 2,
    budget_usd: float | None = None,
    seed: int | None = None,
    tags: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    trace_judges: bool = True,
    progress: bool | None = None,
) -> EvaluationResult:
    """Run `predict_fn` over `data`, score each answer, and return what it came to.

    `data` is a dataset, or rows with `inputs` (a mapping, given to the function by keyword, or whole to a function of
    one parameter), `expectations`, and perhaps `id`, `cluster` and `slices`, as a list or a frame. Without
    `predict_fn` the rows' `outputs` are scored, or their `trace`: a list of traces is scored as it is. Each call is a
    trace of the run, each score an assessment on it, and so is what is expected. What the function or a scorer raises
    is a value of its row, counted and shown. Unless `trace_judges` is false, a judge's call is a trace of its own:
    not of the run, tagged ``lodeline.judge``, and named in the assessment's metadata. `progress` None draws a line
    where standard error is a terminal.

    Invalid, before anything is called, for data, scorers or settings that cannot be used. Ctrl-C keeps the finished
    rows, ends the run as CANCELLED and is raised; `resume_evaluation` goes on from there.
    """
    client = default_client()
    settings = EngineSettings(concurrency, repetitions, timeout_s, retries, budget_usd)
    plan = _plan(client, data, scorers, predict_fn, settings, model_id=model_id, seed=seed)
    version = version_of(client, plan.model_id)
    plan = replace(plan, git=source_of_code(), prompt_versions=prompts_of(version))
    draft = EvaluationDraft(
        RunDraft(
            name=name,
            tags={**(tags or {}), **tuned_tags(plan.scorers, plan.cases)},
            params=dict(params or {}),
            inputs=_inputs(plan),
        ),
        plan.bindings(),
        plan.rows_total,
    )
    evaluation = begin(client, draft, experiment)
    check_place(version, evaluation.run.experiment_id)
    return _run(client, evaluation, plan, trace_judges=trace_judges, progress=progress)


def resume_evaluation(
    run_id: str,
    data: object,
    *,
    scorers: Sequence[object] = (),
    predict_fn: Callable[..., Any] | None = None,
    model_id: str | None = None,
    timeout_s: float | None = None,
    retries: int = 2,
    force: bool = False,
    trace_judges: bool = True,
    progress: bool | None = None,
) -> EvaluationResult:
    """Go on with an evaluation that was cancelled, interrupted or failed: run the rows that have no good result yet.
    One that is still RUNNING is taken over: its program was killed, or lost the server before it could say that it
    ended.

    Data, scorers and model must be those of before: Conflict names what changed, unless `force`. Rows whose function
    or scorer failed are run again; finished ones stay.
    """
    client = default_client()
    before = client.evaluations.get(run_id)
    settings = EngineSettings(
        before.bindings.concurrency or 10, before.bindings.repetitions, timeout_s, retries,
        before.bindings.budget.max_cost_usd,
    )  # fmt: skip
    plan = _plan(client, data, scorers, predict_fn, settings, model_id=model_id, seed=before.bindings.seed)
    then = before.bindings
    bindings = replace(plan.bindings(), git=then.git, prompt_versions=then.prompt_versions)
    if before.state == "RUNNING":
        check_resume(replace(before, state="INTERRUPTED"), bindings, force=force)
        client.evaluations.finish(run_id, state="INTERRUPTED", message="its program was gone")
    evaluation = client.evaluations.resume(run_id, bindings=bindings, force=force)
    done = {(row.row_key, row.repetition) for row in client.evaluations.rows(run_id, state="DONE")}
    return _run(client, evaluation, plan, done=done, trace_judges=trace_judges, progress=progress)


def rescore(
    run_id: str,
    scorers: Sequence[object],
    data: object = None,
    *,
    timeout_s: float | None = None,
    concurrency: int = 10,
    trace_judges: bool = True,
    progress: bool | None = None,
) -> EvaluationResult:
    """Score the answers of an evaluation with other scorers, without running the application again.

    Scores of a name that is there become new revisions, the old ones stay in the history. What is expected comes from
    `data`, the rows or the dataset of before, for scorers that ask for it. Conflict while the evaluation runs.
    """
    client = default_client()
    before = client.evaluations.get(run_id)
    if before.state in {"CREATED", "RUNNING"}:
        raise Conflict(f"evaluation {run_id!r} is {before.state}; score it again when it has ended.")
    known = {} if data is None else {case.key: case for case in _cases(client, data, predict=True)[0]}
    rows = [row for row in client.evaluations.rows(run_id) if row.trace_id is not None and row.error is None]
    cases = [_case_again(client, row, known.get(row.row_key)) for row in rows]
    checked = check_scorers(scorers)
    plan = Plan(cases, DataIdentity(), checked, None, check_settings(EngineSettings(concurrency, 1, timeout_s)))
    bindings = replace(
        before.bindings,
        scorers={**before.bindings.scorers, **plan.bindings().scorers},
        directions={**before.bindings.directions, **plan.bindings().directions},
        judges={**before.bindings.judges, **plan.bindings().judges},
    )
    evaluation = client.evaluations.resume(run_id, bindings=bindings, force=True)
    return _run(client, evaluation, plan, trace_judges=trace_judges, progress=progress)


def _plan(
    client: LodelineClient,
    data: object,
    scorers: Sequence[object],
    predict_fn: Callable[..., Any] | None,
    settings: EngineSettings,
    *,
    model_id: str | None,
    seed: int | None,
) -> Plan:
    checked = check_scorers(scorers)
    check_settings(settings)
    cases, identity = _cases(client, data, predict=predict_fn is not None)
    check_keys(cases)
    check_function(predict_fn, cases)
    model = model_id or provider.get_defaults().model_id
    return Plan(cases, identity, checked, predict_fn, settings, model, seed)


def _cases(client: LodelineClient, data: object, *, predict: bool) -> tuple[list[Case], DataIdentity]:
    if not isinstance(data, Dataset):
        return list(table_of(data).cases(partial(_content_of, client), predict=predict)), DataIdentity()
    if data.version == "draft":
        raise Invalid("data: the draft of a dataset may change; publish it, and evaluate that version.")
    found = client.datasets.version(data.dataset_id, data.version)
    records = client.records.search(data.dataset_id, version=found.version)
    cases = list(cases_of_records(records, predict=predict))
    if not cases:
        raise Invalid(f"data: version {found.version} of dataset {data.name!r} has no records.")
    return cases, DataIdentity(data.dataset_id, found.version, found.digest)


def _content_of(client: LodelineClient, trace_id: TraceId) -> tuple[Any, Any]:
    """Return what went into the root span of a trace, and what came out."""
    trace = load_trace(client, trace_id)
    root = trace.root
    return (None, None) if root is None else (root.view.inputs, root.view.outputs)


def load_trace(client: LodelineClient, trace_id: TraceId) -> ScoredTrace:
    """Return a trace as scorers see it."""
    detail = client.traces.get(trace_id)
    return ScoredTrace(detail.trace, tuple(client.traces.spans(trace_id)), tuple(detail.assessments))


def _case_again(client: LodelineClient, row: EvaluationRow, known: Case | None) -> Case:
    trace_id = TraceId(row.trace_id or "")
    inputs, outputs = _content_of(client, trace_id)
    return Case(
        key=row.row_key,
        inputs=as_mapping(inputs),
        expectations={} if known is None else known.expectations,
        content_hash=row.content_hash or "",
        repetition=row.repetition,
        record_id=row.record_id,
        outputs=outputs,
        trace_id=trace_id,
        predicted=True,
        cluster=row.cluster,
        slices=row.slices,
    )


def _inputs(plan: Plan) -> tuple[RunInput, ...]:
    identity = plan.identity
    if identity.dataset_id is None:
        return ()
    return (
        RunInput(dataset_id=identity.dataset_id, version=identity.version, digest=identity.digest, context="eval"),
    )


@dataclass(slots=True)
class _Watch:
    """Collects rows and draws the line."""

    rows: list[Row]
    progress: Progress

    def row(self, row: Row) -> None:
        self.rows.append(row)
        self.progress.row(row)


def _run(
    client: LodelineClient,
    evaluation: Evaluation,
    plan: Plan,
    *,
    done: set[tuple[str, int]] | None = None,
    trace_judges: bool,
    progress: bool | None,
) -> EvaluationResult:
    run = evaluation.run
    left = _left(plan, done or set())
    watch = _Watch([], Progress(len(left), shown=progress))
    scope = RowScope(run.run_id, run.experiment_id, plan.model_id)
    predictor = RecordedOutputs(scope) if plan.predict_fn is None else TracedPredictor(plan.predict_fn, scope)
    settings = replace(plan.settings, repetitions=1)

    async def execute() -> Outcome:
        outcome = await run_engine(
            left,
            predictor=predictor,
            scorers=plan.scorers,
            sink=ServerSink(client.evaluations.log_rows, run.run_id),
            settings=settings,
            load_trace=partial(_load_delivered, client),
            watcher=watch,
        )
        await in_thread(partial(_finish, client, run.run_id, outcome))
        return outcome

    judging = watching(JudgeTracer(run.run_id, run.experiment_id)) if trace_judges else nullcontext()
    try:
        with judging:
            outcome = run_apart(execute)
    finally:
        watch.progress.close()
    if outcome.error is not None:
        raise outcome.error
    ended = client.evaluations.get(run.run_id)
    slices = _slice_keys(plan.cases)
    scores = client.evaluations.summary(run.run_id, slices=slices).scorers
    result = EvaluationResult(
        run.run_id, ended.run.name, run.experiment_id, ended.state, tuple(watch.rows), tuple(scores), outcome.reason,
        warn_of_tuned(plan.scorers, plan.cases),
        tuple(scorer.name for scorer in plan.scorers if scorer.definition.validated is False),
        client.page_url(run.experiment_id, "evaluations", run.run_id),
    )  # fmt: skip
    return told(result)


def _slice_keys(cases: Sequence[Case]) -> list[str]:
    """Return the keys that a result is broken down by: not those that tell single rows apart, such as an id."""
    values: dict[str, set[str]] = {}
    for case in cases:
        for key, value in case.slices.items():
            values.setdefault(key, set()).add(value)
    return sorted(key for key, found in values.items() if len(found) <= MAX_SLICE_VALUES)[:MAX_SLICE_KEYS]


def _finish(client: LodelineClient, run_id: str, outcome: Outcome) -> None:
    """Tell the server how it ended. A server that is away is no news to a run that ended by it."""
    try:
        if outcome.ending == "CANCELLED":
            client.evaluations.cancel(run_id, message=outcome.reason)
        elif outcome.ending == "INTERRUPTED":
            client.evaluations.finish(run_id, state="INTERRUPTED", message=outcome.reason)
        else:
            client.evaluations.finish(run_id, message=outcome.reason)
    except LodelineError:
        if outcome.error is None:
            raise


def _left(plan: Plan, done: set[tuple[str, int]]) -> list[Case]:
    """Return each repetition of each case that is not done."""
    wanted = itertools.product(plan.cases, range(plan.settings.repetitions))
    rows = (replace(case, repetition=case.repetition + further) for case, further in wanted)
    return [row for row in rows if (row.key, row.repetition) not in done]


async def _load_delivered(client: LodelineClient, trace_id: TraceId) -> ScoredTrace:
    """Return a trace that this process has just made: it is delivered first."""
    await in_thread(partial(provider.flush, FLUSH_S))
    return await in_thread(partial(load_trace, client, trace_id))
