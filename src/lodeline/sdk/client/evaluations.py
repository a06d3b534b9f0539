"""Evaluations: their state and their rows. As runs they are listed, tagged and deleted by `runs`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from lodeline.domain.comparison import Comparison
from lodeline.domain.evaluation import Bindings, CompareOptions, Evaluation, EvaluationDraft, EvaluationSummary, View
from lodeline.domain.evaluation_row import PERSON, EvaluationRow, RowDraft, RowsReport, RowState
from lodeline.domain.gate import GateReport
from lodeline.sdk.client.call import LONG_S, Call, Listing, ModeT, Noun, call, given, listing, names, one, path_of
from lodeline.sdk.client.runs import run_body


class Evaluations(Noun[ModeT]):
    """Calls about evaluations."""

    @call
    def create(self, draft: EvaluationDraft, *, experiment: str = "0") -> Call[Evaluation]:
        """Create an evaluation of an experiment (id or name), in state CREATED."""
        body = given(
            **run_body(draft.run, experiment, draft.run.name),
            bindings=asdict(draft.bindings),
            rows_total=draft.rows_total,
        )
        return Call("POST", path_of("evaluations"), one(Evaluation), body=body)

    @call
    def get(self, run_id: str) -> Call[Evaluation]:
        """Return one evaluation; NotFound for a run of another kind."""
        return Call("GET", path_of("evaluations", run_id), one(Evaluation))

    @call
    def start(self, run_id: str) -> Call[Evaluation]:
        """Start an evaluation; of one that is RUNNING nothing changes."""
        return Call("POST", path_of("evaluations", run_id, "start"), one(Evaluation), repeat="always")

    @call
    def finish(
        self, run_id: str, *, state: Literal["FAILED", "INTERRUPTED"] | None = None, message: str | None = None
    ) -> Call[Evaluation]:
        """End an evaluation: by what its rows tell, or as `state` says."""
        body = given(state=state, message=message)
        return Call("POST", path_of("evaluations", run_id, "finish"), one(Evaluation), body=body)

    @call
    def cancel(self, run_id: str, *, message: str | None = None) -> Call[Evaluation]:
        """Cancel an evaluation; the rows it has stay valid."""
        body = given(message=message)
        path = path_of("evaluations", run_id, "cancel")
        return Call("POST", path, one(Evaluation), body=body, repeat="always")

    @call
    def resume(
        self, run_id: str, *, bindings: Bindings | None = None, force: bool = False, rows_total: int | None = None
    ) -> Call[Evaluation]:
        """Take up an evaluation that has ended; Conflict when `bindings` are not those it had, unless `force`."""
        body = given(bindings=None if bindings is None else asdict(bindings), force=force, rows_total=rows_total)
        return Call("POST", path_of("evaluations", run_id, "resume"), one(Evaluation), body=body)

    @call
    def log_rows(self, run_id: str, rows: Sequence[RowDraft]) -> Call[RowsReport]:
        """Log up to 1,000 rows with their scores, which become assessments on the rows' traces; idempotent.

        The report names traces that are not there: when they have arrived, log their rows again.
        """
        body = {"rows": [_row(row) for row in rows]}
        path = path_of("evaluations", run_id, "rows")
        return Call("POST", path, one(RowsReport), body=body, repeat="always", timeout_s=LONG_S)

    @listing
    def rows(
        self,
        run_id: str,
        *,
        state: RowState | Sequence[RowState] | None = None,
        error_of: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[EvaluationRow]:
        """List rows by key and repetition: those in a state, those for which a scorer ended in an error."""
        states = [state] if isinstance(state, str) else state
        params = {"state": states, "error_of": error_of}
        return Listing(path_of("evaluations", run_id, "rows"), EvaluationRow, params, limit, cursor)

    @call
    def summary(
        self,
        run_id: str,
        *,
        view: View = "as_judged",
        slices: Sequence[str] = (),
        reducer: str = "mean",
        level: float = 0.95,
    ) -> Call[EvaluationSummary]:
        """Return what each scorer's values come to, also by the values of slices."""
        params = {"view": view, "slice": list(slices), "reducer": reducer, "level": level}
        path = path_of("evaluations", run_id, "summary")
        return Call("GET", path, one(EvaluationSummary), params=params, timeout_s=LONG_S)

    @call
    def compare(
        self, baseline: str, candidates: str | Sequence[str], options: CompareOptions | None = None
    ) -> Call[Comparison]:
        """Compare evaluations with a baseline on the records that they share."""
        body = {
            "baseline": baseline, "candidates": list(names(candidates) or ()), **asdict(options or CompareOptions()),
        }  # fmt: skip
        path = path_of("evaluations", "compare")
        return Call("POST", path, one(Comparison), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def gate(
        self,
        run_id: str,
        rules: str,
        *,
        baseline: str | None = None,
        view: View = "as_judged",
        seed: int = 0,
        can_fail: bool = False,
    ) -> Call[GateReport]:
        """Hold an evaluation to the rules of a gate file, whose text `rules` is; with `can_fail` Invalid for rules
        that hold whatever the rows say, as they are for a gated alias."""
        body = given(rules=rules, baseline=baseline, view=view, seed=seed, can_fail=can_fail or None)
        path = path_of("evaluations", run_id, "gate")
        return Call("POST", path, one(GateReport), body=body, repeat="always", timeout_s=LONG_S)


def _row(row: RowDraft) -> dict[str, object]:
    scores = [
        given(
            name=score.name,
            value=score.value,
            error=score.error,
            error_message=score.error_message or None,
            rationale=score.rationale,
            source=given(kind=score.source.kind, source_id=score.source.source_id, digest=score.source.digest),
            metadata=dict(score.metadata),
            confidence=score.confidence,
        )
        for score in row.scores
    ]
    return given(
        row_key=row.row_key,
        repetition=row.repetition,
        record_id=row.record_id,
        content_hash=row.content_hash,
        cluster=row.cluster,
        slices=dict(row.slices),
        state=row.state,
        trace_id=row.trace_id,
        error=row.error,
        duration_ms=row.duration_ms,
        cost_usd=row.cost_usd,
        judged_usd=row.judged_usd,
        scores=scores,
        expectations=dict(row.expectations) or None,
        expected_by=None if not row.expectations or row.expected_by == PERSON else asdict(row.expected_by),
    )
