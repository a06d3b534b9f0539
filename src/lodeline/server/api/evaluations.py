"""Native routes of evaluations: state, rows, summary, comparison. As runs they are listed and changed by /runs."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from lodeline.domain.assessment import AssessmentSource
from lodeline.domain.comparison import Adjustment, Comparison, Direction
from lodeline.domain.evaluation import (
    MAX_COMPARED,
    MAX_ROWS_OF_RUN,
    Bindings,
    Budget,
    CompareOptions,
    Evaluation,
    EvaluationDraft,
    EvaluationSummary,
    View,
)
from lodeline.domain.evaluation_row import (
    MAX_EXPECTATIONS,
    MAX_MESSAGE,
    MAX_REPETITION,
    MAX_ROWS,
    MAX_SCORE_TEXT,
    MAX_SCORES,
    EvaluationRow,
    RowDraft,
    RowFilter,
    RowsReport,
    RowState,
    ScoreDraft,
)
from lodeline.domain.gate import MAX_GATE_TEXT, GateReport
from lodeline.domain.ids import ModelId, RunId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.run import MAX_NUMBER
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api import bodies
from lodeline.server.api.assessments import SourceBody
from lodeline.server.api.bodies import Body, Id, Tags, Text
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import CursorParam, LimitParam
from lodeline.server.api.runs import RunFields, RunPath

router = native_router("/evaluations", "evaluations")

_Count = Annotated[int | None, Field(ge=0, le=MAX_NUMBER)]
_Names = Field(default_factory=dict[str, str], max_length=1_000)


class BudgetBody(Body):
    """Where an evaluation stops by itself; null is no limit."""

    max_cost_usd: Annotated[float | None, Field(ge=0, le=1e9)] = None
    max_tokens: _Count = None
    max_rows: _Count = None


class BindingsBody(Body):
    """Everything that an evaluation's result depends on; two with equal bindings are replicates."""

    dataset_id: Id | None = None
    dataset_version: _Count = None
    dataset_digest: Id | None = None
    split: Id | None = None
    model_id: Id | None = None
    scorers: dict[Id, Id] = _Names
    directions: dict[Id, Direction] = Field(default_factory=dict[str, Direction], max_length=1_000)
    judges: dict[Id, bodies.Json] = Field(default_factory=dict[str, bodies.Json], max_length=1_000)
    prompt_versions: dict[Id, Annotated[int, Field(ge=0, le=MAX_NUMBER)]] = Field(
        default_factory=dict[str, int], max_length=1_000
    )
    git: dict[Id, Text] = _Names
    seed: Annotated[int | None, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)] = None
    concurrency: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    repetitions: Annotated[int, Field(ge=1, le=MAX_REPETITION)] = 1
    environment: dict[Id, Text] = _Names
    budget: BudgetBody = BudgetBody()

    def to_domain(self) -> Bindings:
        """Return the bindings as the services take them."""
        given = self.model_dump(exclude={"budget", "model_id"})
        model_id = None if self.model_id is None else ModelId(self.model_id)
        return Bindings(**given, model_id=model_id, budget=Budget(**self.budget.model_dump()))


class EvaluationBody(RunFields):
    """A new evaluation of `experiment` (id or name), in state CREATED."""

    bindings: BindingsBody = BindingsBody()
    rows_total: Annotated[int | None, Field(ge=0, le=MAX_ROWS_OF_RUN)] = None


class ScoreBody(Body):
    """A score of a row: a value (boolean, number or short text) or the code of an error."""

    name: Annotated[str, Field(min_length=1, max_length=250)]
    value: bool | int | float | Annotated[str, Field(max_length=MAX_SCORE_TEXT)] | None = None
    error: Id | None = None
    error_message: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""
    rationale: Text | None = None
    source: SourceBody = SourceBody(kind="CODE")
    metadata: Tags = Field(default_factory=dict[str, str])
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None

    def to_domain(self) -> ScoreDraft:
        """Return the score as the services take it."""
        return ScoreDraft(
            self.name, self.value, self.error, self.error_message, self.rationale,
            AssessmentSource(self.source.kind, self.source.source_id, self.source.digest), self.metadata,
            self.confidence,
        )  # fmt: skip


class RowBody(Body):
    """A row: a record of the data (or the index of one) in one repetition.

    Sent again it is taken over: given fields replace those there are, scores replace those of the same name.
    """

    row_key: Id
    repetition: Annotated[int, Field(ge=0, le=MAX_REPETITION)] = 0
    record_id: Id | None = None
    content_hash: Id | None = None
    cluster: Id | None = None
    slices: Tags = Field(default_factory=dict[str, str])
    state: RowState = "DONE"
    trace_id: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    error: Annotated[str | None, Field(max_length=MAX_MESSAGE)] = None
    duration_ms: _Count = None
    cost_usd: Annotated[
        float | None, Field(ge=0, le=1e9, description="Without it the row's trace says what it costs.")
    ] = None
    judged_usd: Annotated[float | None, Field(ge=0, le=1e9, description="What the row's judgments cost.")] = None
    scores: Annotated[list[ScoreBody], Field(max_length=MAX_SCORES)] = Field(default_factory=list[ScoreBody])
    expectations: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=250)], bodies.Json],
        Field(max_length=MAX_EXPECTATIONS, description="Become expectations on the row's trace."),
    ] = Field(default_factory=dict[str, bodies.Json])
    expected_by: SourceBody = SourceBody(kind="HUMAN")

    def to_domain(self) -> RowDraft:
        """Return the row as the services take it."""
        return RowDraft(
            row_key=self.row_key,
            repetition=self.repetition,
            record_id=self.record_id,
            content_hash=self.content_hash,
            cluster=self.cluster,
            slices=self.slices,
            state=self.state,
            trace_id=None if self.trace_id is None else TraceId(self.trace_id),
            error=self.error,
            duration_ms=self.duration_ms,
            cost_usd=self.cost_usd,
            judged_usd=self.judged_usd,
            scores=tuple(score.to_domain() for score in self.scores),
            expectations=self.expectations,
            expected_by=AssessmentSource(self.expected_by.kind, self.expected_by.source_id, self.expected_by.digest),
        )


class RowsBody(Body):
    """A batch of rows with their scores."""

    rows: Annotated[list[RowBody], Field(max_length=MAX_ROWS)]


class FinishBody(Body):
    """How an evaluation ended, where its rows do not tell it."""

    state: Literal["FAILED", "INTERRUPTED"] | None = None
    message: Annotated[str | None, Field(max_length=MAX_MESSAGE)] = None


class CancelBody(Body):
    """Why an evaluation is cancelled."""

    message: Annotated[str | None, Field(max_length=MAX_MESSAGE)] = None


class ResumeBody(Body):
    """What an evaluation is taken up with: when `bindings` are not those it had, it must be forced."""

    bindings: BindingsBody | None = None
    force: bool = False
    rows_total: Annotated[int | None, Field(ge=0, le=MAX_ROWS_OF_RUN)] = None


class CompareBody(Body):
    """Which evaluations to compare with which baseline, and how."""

    baseline: Id
    candidates: Annotated[list[Id], Field(min_length=1, max_length=MAX_COMPARED)]
    view: View = "as_judged"
    directions: dict[Id, Direction] = Field(default_factory=dict[str, Direction], max_length=1_000)
    deltas: dict[Id, Annotated[float, Field(gt=0, le=1e300)]] = Field(
        default_factory=dict[str, float], max_length=1_000
    )
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    adjustment: Adjustment = "holm"
    reducer: Annotated[str, Field(max_length=50)] = "mean"
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    max_rows: Annotated[int, Field(ge=0, le=1_000)] = 100


class GateBody(Body):
    """The rules to hold an evaluation to: the text of a gate file, and the baseline that rules may refer to; with
    `can_fail` a rule that holds whatever the rows say is refused, as the move of a gated alias refuses it."""

    rules: Annotated[str, Field(max_length=MAX_GATE_TEXT)]
    baseline: Id | None = None
    view: View = "as_judged"
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    can_fail: bool = False


@router.post("/compare", **answer(Comparison, 404))
def compare_evaluations(actor: ActorDep, services: ServicesDep, body: CompareBody) -> Json:
    """Compare evaluations with a baseline: per scorer wins, ties and losses, the difference with its interval, a
    test, and a verdict; rows in order of regression."""
    options = CompareOptions(**body.model_dump(exclude={"baseline", "candidates"}))
    candidates = [RunId(item) for item in body.candidates]
    return Json(services.evaluations.compare(actor, RunId(body.baseline), candidates, options))


@router.get("/{run_id}/summary", **answer(EvaluationSummary, 404))
def get_evaluation_summary(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    *,
    view: Annotated[
        View, Query(description="Scores as they were given, or as the judgments stand now.")
    ] = "as_judged",
    slice: Annotated[
        list[str] | None, Query(max_length=10, description="Also by the values of this slice. May be repeated.")
    ] = None,
    reducer: Annotated[
        str, Query(max_length=50, description="How repetitions of a record become one value, such as `pass^4`.")
    ] = "mean",
    level: Annotated[float, Query(ge=0.5, lt=1, description="The level of the intervals.")] = 0.95,
) -> Json:
    """Return what each scorer's values come to: n, errors, mean or rate with an interval, quantiles."""
    found = services.evaluations.summary(
        actor, RunId(run_id), view=view, slices=tuple(slice or ()), reducer=reducer, level=level
    )
    return Json(found)


@router.post("", **answer(Evaluation, 404, 409, 413, status=201))
def create_evaluation(actor: ActorDep, services: ServicesDep, body: EvaluationBody) -> Json:
    """Create an evaluation: a run with rows, bound to data, a model and scorers."""
    draft = EvaluationDraft(body.to_run(), body.bindings.to_domain(), body.rows_total)
    return Json(services.evaluations.create(actor, body.experiment, draft), status_code=201)


@router.get("/{run_id}", **answer(Evaluation, 404))
def get_evaluation(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Return an evaluation: its run, state, bindings and how many rows are done."""
    return Json(services.evaluations.get(actor, RunId(run_id)))


@router.post("/{run_id}/gate", **answer(GateReport, 404))
def gate_evaluation(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: GateBody) -> Json:
    """Hold an evaluation to the rules of a gate file: pass, fail or inconclusive, rule by rule."""
    baseline = None if body.baseline is None else RunId(body.baseline)
    report = services.evaluations.gate(
        actor, RunId(run_id), body.rules, baseline=baseline, view=body.view, seed=body.seed, can_fail=body.can_fail
    )
    return Json(report)


@router.post("/{run_id}/start", **answer(Evaluation, 404, 409))
def start_evaluation(actor: ActorDep, services: ServicesDep, run_id: RunPath) -> Json:
    """Start an evaluation, which takes rows from now on; of one that is RUNNING nothing changes."""
    return Json(services.evaluations.start(actor, RunId(run_id)))


@router.post("/{run_id}/finish", **answer(Evaluation, 404, 409, 413))
def finish_evaluation(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: FinishBody) -> Json:
    """End an evaluation: COMPLETED, or COMPLETED_WITH_ERRORS when rows failed or are missing, or as given."""
    return Json(services.evaluations.finish(actor, RunId(run_id), state=body.state, message=body.message))


@router.post("/{run_id}/cancel", **answer(Evaluation, 404, 409, 413))
def cancel_evaluation(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: CancelBody) -> Json:
    """Cancel an evaluation; the rows it has stay valid."""
    return Json(services.evaluations.cancel(actor, RunId(run_id), message=body.message))


@router.post("/{run_id}/resume", **answer(Evaluation, 404, 409, 413))
def resume_evaluation(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: ResumeBody) -> Json:
    """Take up an evaluation that has ended; its rows stay."""
    bindings = None if body.bindings is None else body.bindings.to_domain()
    resumed = services.evaluations.resume(
        actor, RunId(run_id), bindings=bindings, force=body.force, rows_total=body.rows_total
    )
    return Json(resumed)


@router.post("/{run_id}/rows", **answer(RowsReport, 404, 409, 413))
def log_evaluation_rows(actor: ActorDep, services: ServicesDep, run_id: RunPath, body: RowsBody) -> Json:
    """Log rows with their scores, which become assessments on the rows' traces, in one transaction.

    The same rows sent again change nothing. Rows of traces that are not there are kept and named.
    """
    return Json(services.evaluations.log_rows(actor, RunId(run_id), [row.to_domain() for row in body.rows]))


@router.get("/{run_id}/rows", **answer(Page[EvaluationRow], 404))
def list_evaluation_rows(
    actor: ActorDep,
    services: ServicesDep,
    run_id: RunPath,
    *,
    state: Annotated[list[RowState] | None, Query(description="Only rows in this state. May be repeated.")] = None,
    error_of: Annotated[
        str | None, Query(max_length=250, description="Only rows for which this scorer ended in an error.")
    ] = None,
    limit: LimitParam = 50,
    cursor: CursorParam = None,
) -> Json:
    """List rows by key and repetition."""
    which = RowFilter(tuple(state or ()), error_of)
    return Json(services.evaluations.rows(actor, RunId(run_id), which, limit=limit, cursor=cursor))
