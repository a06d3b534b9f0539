"""Evaluations: create, start, log rows, finish, cancel, resume; read rows, summarise and compare."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.aggregate import parse_reducer
from lodeline.domain.assessment import AssessmentError, AssessmentTarget, SourceKind
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.comparison import Comparison
from lodeline.domain.errors import Conflict, Invalid, NotFound, TooLarge
from lodeline.domain.evaluation import (
    MAX_COMPARED,
    MAX_ROWS_OF_RUN,
    Bindings,
    CompareOptions,
    Evaluation,
    EvaluationChange,
    EvaluationDraft,
    EvaluationState,
    EvaluationSummary,
    View,
    check_bindings,
    check_resume,
    final_state,
)
from lodeline.domain.evaluation_row import (
    MAX_LISTED_MESSAGE,
    MAX_MESSAGE,
    EvaluationRow,
    RowDraft,
    RowFilter,
    RowScore,
    RowsReport,
    check_rows,
)
from lodeline.domain.gate import GateReport
from lodeline.domain.ids import AssessmentId, ModelId, RunId
from lodeline.domain.page import DEFAULT_LIMIT, Page, check_limit
from lodeline.domain.row_amounts import NOTHING, amounts_of, with_amounts
from lodeline.domain.run import RunDraft, RunInput, check_run
from lodeline.domain.span import JsonValue
from lodeline.evals.gates.parse import parse_gates
from lodeline.services.audit import audit_entry
from lodeline.services.enforced_schemas import EnforcedSchemas
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.masking import masked_row, masks_of
from lodeline.services.references import check_inputs, check_references
from lodeline.services.runs import check_tags_free, writable_experiment
from lodeline.storage.base import Stores


class EvaluationService:
    """Use cases of evaluations. As runs they are found, listed, tagged and deleted by `RunService`."""

    def __init__(self, stores: Stores, scope: ExperimentScope, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._clock = clock

    def create(self, actor: Actor, experiment: str, draft: EvaluationDraft) -> Evaluation:
        """Make an evaluation in state CREATED; it takes rows once it is started.

        The model that it is bound to stands among the run's inputs, where runs of a model are looked for. NotFound
        for a parent, a dataset or a model of an experiment that the actor may not read.
        """
        holder = writable_experiment(self._scope, actor, "run.write", experiment)
        permit(actor, "assessment.write", holder.experiment_id)
        check_bindings(draft.bindings)
        run = _with_model(draft.run, draft.bindings.model_id)
        check_run(run)
        check_tags_free(run.tags)
        _check_total(draft.rows_total)
        check_inputs(self._stores, actor, run.inputs, run.outputs, run.parent_run_id)
        self._check_bound(actor, draft.bindings)
        now_ms = self._clock.now_ms()
        made = replace(draft, run=replace(run, created_by=actor.author))
        audit = audit_entry(actor, "evaluation.create", "", at_ms=now_ms, experiment_id=holder.experiment_id)
        return self._stores.evaluations.create(holder.experiment_id, made, now_ms=now_ms, audit=audit)

    def get(self, actor: Actor, run_id: RunId, action: ExperimentAction = "run.read") -> Evaluation:
        """Return one; NotFound when it is unknown, out of reach, or no evaluation."""
        permit_reach(actor, action)
        found = self._stores.evaluations.get(run_id)
        permit(actor, action, found.run.experiment_id, missing=NotFound.of("evaluation", run_id))
        self._scope.holder(found.run.experiment_id)
        return found

    def start(self, actor: Actor, run_id: RunId) -> Evaluation:
        """Take rows from now on; of one that is RUNNING nothing changes. Conflict once it has ended: resume it."""
        found = self.get(actor, run_id, "run.write")
        if found.state == "RUNNING":
            return found
        if found.state != "CREATED":
            raise Conflict(
                f"evaluation {run_id!r} is {found.state} and cannot be started; resume it.",
                code="evaluation_state",
                details={"state": found.state, "wanted": "RUNNING"},
            )
        return self._set(actor, found, EvaluationChange("RUNNING"), "evaluation.start")

    def log_rows(self, actor: Actor, run_id: RunId, rows: Sequence[RowDraft]) -> RowsReport:
        """Add or take over a batch of rows with their scores, which become assessments on the rows' traces, all in
        one transaction; idempotent. Conflict unless the evaluation is RUNNING. Invalid names the row in which a
        person says what the experiment's label schemas do not let in, where it enforces them."""
        found = self.get(actor, run_id, "run.write")
        permit(actor, "assessment.write", found.run.experiment_id)
        check_rows(rows)
        masks = masks_of(self._scope.holder(found.run.experiment_id))
        rows = [masked_row(masks, row) for row in rows]
        self._check_people(found, rows)
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "evaluation.log_rows", run_id, at_ms=now_ms, experiment_id=found.run.experiment_id,
            details={"rows": len(rows)},
        )  # fmt: skip
        report = self._stores.evaluations.log_rows(run_id, rows, by=actor.author, now_ms=now_ms, audit=audit)
        return replace(report, cost_usd=self._cost_usd(rows, report))

    def _check_people(self, evaluation: Evaluation, rows: Sequence[RowDraft]) -> None:
        """Hold what people say in rows to the experiment's label schemas, where it enforces them."""
        holder = self._scope.holder(evaluation.run.experiment_id)
        if not holder.settings.enforce_label_schemas:
            return
        enforced = EnforcedSchemas(self._stores, holder)
        for row in rows:
            if row.trace_id is None:
                continue
            target = AssessmentTarget(row.trace_id)
            said: list[tuple[SourceKind, str, JsonValue]] = [
                *((score.source.kind, score.name, score.value) for score in row.scores),
                *((row.expected_by.kind, name, value) for name, value in row.expectations.items()),
            ]
            for source, name, value in said:
                try:
                    enforced.check(source, name, value, target)
                except (Invalid, TooLarge) as error:
                    message = f"row {row.row_key!r}: {error.message}"
                    raise type(error)(message, code=error.error_code, details=error.details) from error

    def _cost_usd(self, rows: Sequence[RowDraft], report: RowsReport) -> float:
        missing = frozenset(report.missing_traces)
        ids = dict.fromkeys(row.trace_id for row in rows if row.trace_id is not None and row.trace_id not in missing)
        return sum(trace.cost_usd or 0.0 for trace in self._stores.traces.get(tuple(ids)))

    def finish(
        self, actor: Actor, run_id: RunId, *, state: EvaluationState | None = None, message: str | None = None
    ) -> Evaluation:
        """End an evaluation that is RUNNING: as FAILED or INTERRUPTED when `state` says so, else COMPLETED or, when a
        row failed or has no result, COMPLETED_WITH_ERRORS."""
        found = self.get(actor, run_id, "run.write")
        if state not in {None, "FAILED", "INTERRUPTED"}:
            raise Invalid.value("state", state, "FAILED, INTERRUPTED, or nothing: the rows tell the rest")
        _check_message(message)
        change = EvaluationChange(state or final_state(found), message)
        return self._set(actor, found, change, "evaluation.finish")

    def cancel(self, actor: Actor, run_id: RunId, *, message: str | None = None) -> Evaluation:
        """End an evaluation early; the rows it has stay valid. Again is fine."""
        found = self.get(actor, run_id, "run.write")
        if found.state == "CANCELLED":
            return found
        _check_message(message)
        return self._set(actor, found, EvaluationChange("CANCELLED", message), "evaluation.cancel")

    def resume(
        self, actor: Actor, run_id: RunId, *, bindings: Bindings | None = None, force: bool = False,
        rows_total: int | None = None,
    ) -> Evaluation:  # fmt: skip
        """Take up an evaluation that has ended; its rows stay. Conflict names what differs when `bindings` are not
        those it had, unless `force`: then they are taken over, as for scoring again with another scorer."""
        found = self.get(actor, run_id, "run.write")
        if bindings is not None:
            check_bindings(bindings)
            self._check_bound(actor, bindings)
        _check_total(rows_total)
        check_resume(found, bindings, force=force)
        change = EvaluationChange("RUNNING", None, bindings, rows_total)
        return self._set(actor, found, change, "evaluation.resume", forced=force or None)

    def rows(
        self, actor: Actor, run_id: RunId, which: RowFilter, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[EvaluationRow]:
        """List rows by key and repetition, those that `which` selects, each with what it took: as it was logged, else
        as its trace says at this moment (`domain.row_amounts`). Of the errors of their scores also the beginning of
        the message, where a judgment on the row's trace still says it."""
        found = self.get(actor, run_id)
        page = self._stores.evaluations.rows(run_id, which, limit=check_limit(limit), cursor=cursor)
        ids = dict.fromkeys(row.trace_id for row in page.items if row.trace_id is not None)
        traces = {
            trace.trace_id: amounts_of(trace)
            for trace in self._stores.traces.get(tuple(ids))
            if trace.experiment_id == found.run.experiment_id
        }
        items = tuple(
            with_amounts(row, NOTHING if row.trace_id is None else traces.get(row.trace_id, NOTHING))
            for row in page.items
        )
        return replace(page, items=self._with_messages(items))

    def _with_messages(self, rows: Sequence[EvaluationRow]) -> tuple[EvaluationRow, ...]:
        failed = [
            score.assessment_id
            for row in rows
            for score in row.scores
            if score.error is not None and score.assessment_id is not None
        ]
        if not failed:
            return tuple(rows)
        judgments = self._stores.assessments.known(failed)
        errors = {each: said.error for each, said in judgments.items() if said.error is not None}
        return tuple(replace(row, scores=tuple(_with_message(score, errors) for score in row.scores)) for row in rows)

    def summary(
        self, actor: Actor, run_id: RunId, *, view: View = "as_judged", slices: Sequence[str] = (),
        reducer: str = "mean", level: float = 0.95,
    ) -> EvaluationSummary:  # fmt: skip
        """Return what the scores come to: n, errors, mean or rate with an interval, quantiles; also by slices; and
        what the rows took."""
        found = self.get(actor, run_id)
        reduced = parse_reducer(reducer)
        check_level(level)
        table = self._stores.evaluations.scores(run_id, effective=view == "effective")
        # Here, not at the top: NumPy and SciPy take half a second and 80 MB, which only statistics need.
        from lodeline.services.evaluation_statistics import summarise  # noqa: PLC0415

        scorers, amounts = summarise(table, reducer=reduced, slice_keys=slices, level=level)
        return EvaluationSummary(found, view, scorers, amounts)

    def compare(
        self, actor: Actor, baseline: RunId, candidates: Sequence[RunId], options: CompareOptions
    ) -> Comparison:
        """Compare evaluations with a baseline on the records that they share, which are found by their content."""
        of = self.get(actor, baseline)
        runs = [of.run, *(self.get(actor, run_id).run for run_id in candidates)]
        if not 1 <= len(candidates) <= MAX_COMPARED:
            raise Invalid.value("candidates", f"{len(candidates)} runs", f"1 to {MAX_COMPARED}")
        reducer = parse_reducer(options.reducer)
        check_level(options.level)
        effective = options.view == "effective"
        tables = [self._stores.evaluations.scores(i, effective=effective) for i in (baseline, *candidates)]
        chosen = replace(options, directions={**of.bindings.directions, **options.directions})
        from lodeline.services.evaluation_statistics import compare  # noqa: PLC0415 - as in `summary`

        compared = compare(tables[0], tables[1:], chosen, reducer)
        return replace(compared, names={run.run_id: run.name for run in runs if run.name})

    def gate(
        self, actor: Actor, run_id: RunId, rules: str, *, baseline: RunId | None = None, view: View = "as_judged",
        seed: int = 0, can_fail: bool = False,
    ) -> GateReport:  # fmt: skip
        """Hold an evaluation, and its baseline where a rule asks for one, to the rules of a gate file (TOML text).

        Invalid, naming rule and key, for a file that is none; with `can_fail` also for a rule that holds whatever the
        rows say. Nothing passes for want of data: see `GateReport`.
        """
        found = self.get(actor, run_id)
        against = None if baseline is None else self.get(actor, baseline)
        parsed = parse_gates(rules)
        effective = view == "effective"
        table = self._stores.evaluations.scores(run_id, effective=effective)
        other = None if baseline is None else self._stores.evaluations.scores(baseline, effective=effective)
        from lodeline.services.evaluation_statistics import gate  # noqa: PLC0415 - as in `summary`

        report = gate(parsed, table, other, found.bindings.directions, seed=seed, can_fail=can_fail)
        return replace(report, run_name=found.run.name, baseline_name="" if against is None else against.run.name)

    def _check_bound(self, actor: Actor, bindings: Bindings) -> None:
        check_references(self._stores, actor, datasets=(bindings.dataset_id,), models=(bindings.model_id,))

    def _set(
        self, actor: Actor, found: Evaluation, change: EvaluationChange, action: str, *, forced: bool | None = None
    ) -> Evaluation:
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, action, found.run.run_id, at_ms=now_ms, experiment_id=found.run.experiment_id,
            details={"from": found.state, "to": change.state, "forced": forced},
        )  # fmt: skip
        return self._stores.evaluations.change(found.run.run_id, change, expected=found, now_ms=now_ms, audit=audit)


def _with_model(run: RunDraft, model_id: ModelId | None) -> RunDraft:
    if model_id is None or any(each.model_id == model_id for each in run.inputs):
        return run
    return replace(run, inputs=(*run.inputs, RunInput(model_id=model_id, context="eval")))


def _with_message(score: RowScore, errors: Mapping[AssessmentId, AssessmentError]) -> RowScore:
    """A judgment that says another error by now does not explain the one that the row has."""
    said = None if score.assessment_id is None else errors.get(score.assessment_id)
    if score.error is None or said is None or said.code != score.error:
        return score
    return replace(score, error_message=said.message[:MAX_LISTED_MESSAGE])


def check_level(level: float) -> None:
    """Return when an interval may be of this level; else Invalid."""
    if not 0.5 <= level < 1:
        raise Invalid.value("level", level, "a number from 0.5 to below 1, such as 0.95")


def _check_total(rows_total: int | None) -> None:
    if rows_total is not None and not 0 <= rows_total <= MAX_ROWS_OF_RUN:
        raise Invalid.value("rows_total", rows_total, f"a whole number from 0 to {MAX_ROWS_OF_RUN}")


def _check_message(message: str | None) -> None:
    if message is not None and len(message) > MAX_MESSAGE:
        raise TooLarge(f"message: {len(message)} characters are over the limit of {MAX_MESSAGE}.")
