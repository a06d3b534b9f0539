"""Runs that MLflow's client evaluated, made evaluations when they end: summarised and compared like any other."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import cast

from lodeline.auth.actor import Actor
from lodeline.domain.assessment import Assessment
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.dataset import LATEST, Dataset, DatasetVersion, parse_version
from lodeline.domain.errors import LodelineError, NotFound
from lodeline.domain.evaluated_run import adopted, adopted_state, expected_of, is_adopted, row_of_trace
from lodeline.domain.evaluation import Bindings, Evaluation, EvaluationDump
from lodeline.domain.evaluation_row import MAX_SCORE_NAMES, EvaluationRow, RowScore
from lodeline.domain.ids import DatasetId, ModelId, RecordId
from lodeline.domain.record import RecordDraft, prepare
from lodeline.domain.run import ENDED, Run, RunInput
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import Trace
from lodeline.query.ast import Compare, Search
from lodeline.query.fields import field as filter_field
from lodeline.services.audit import audit_entry
from lodeline.services.datasets import DatasetService
from lodeline.services.record_sources import content_of
from lodeline.storage.base import Stores

BATCH = 500
MAX_ADOPTED = 20_000
"""Traces of one run that become rows: it happens before the call that ends the run is answered."""
MAX_RECORDS = 100_000
"""Records of the dataset among which those of the traces' inputs are looked for."""


@dataclass(slots=True)
class _Adoption:
    """One run on its way: what it is bound to, and what came of its rows so far.

    `records` has the id and the content hash of the dataset's records by the hash of their inputs.
    """

    run: Run
    bindings: Bindings
    records: Mapping[str, tuple[RecordId, str]]
    names: set[str] = field(default_factory=set[str])
    rows: int = 0
    done: int = 0

    def add(self, rows: Sequence[EvaluationRow]) -> None:
        """Count rows that are taken over."""
        self.rows += len(rows)
        self.done += sum(row.state == "DONE" for row in rows)

    def dump(self, *, last: bool, cut: bool) -> EvaluationDump:
        """Return the state that the evaluation has with the rows so far."""
        if not last:
            message = "its traces were not all taken over as rows; end its run again"
            return EvaluationDump("INTERRUPTED", self.bindings, self.rows, message)
        message = f"only {MAX_ADOPTED} of its traces, the newest, are rows" if cut else None
        state = adopted_state(self.run.status, whole=not cut and self.done == self.rows)
        return EvaluationDump(state, self.bindings, self.rows, message)


class EvaluatedRuns:
    """Makes evaluations of runs that `domain.evaluated_run` describes."""

    def __init__(self, stores: Stores, datasets: DatasetService, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._datasets = datasets
        self._clock = clock

    def made(self, run: Run) -> bool:
        """Tell whether a run of kind EVALUATION was made here, so that its status may be set from outside."""
        return run.kind == "EVALUATION" and is_adopted(self._stores.evaluations.get(run.run_id).bindings)

    def adopt(self, actor: Actor, run: Run) -> Run:
        """Make the run an evaluation in the state that its status says, its traces rows and what it judged of them
        scores; return it. Again it takes over what has come since; when it goes on, only the state follows."""
        known = self._stores.evaluations.get(run.run_id) if run.kind == "EVALUATION" else None
        if known is not None and run.status not in ENDED:
            state = adopted_state(run.status, whole=True)
            return self._put(actor, run, EvaluationDump(state, known.bindings, known.rows_total), ())
        dataset = self._dataset(actor, run)
        adoption = _Adoption(run, _bindings(run, dataset), self._records(dataset))
        if known is not None:
            adoption.names.update(known.scorers)
        search = Search(
            (run.experiment_id,), node=Compare(filter_field("trace", "run"), "=", run.run_id), limit=BATCH
        )
        while True:
            page = self._stores.traces.search(search)
            rows = self._rows(adoption, page.items[: MAX_ADOPTED - adoption.rows])
            adoption.add(rows)
            cut = adoption.rows >= MAX_ADOPTED and (page.cursor is not None or len(rows) < len(page.items))
            last = cut or page.cursor is None
            adopted_run = self._put(actor, run, adoption.dump(last=last, cut=cut), rows)
            if last:
                return adopted_run
            search = replace(search, cursor=page.cursor)

    def _put(self, actor: Actor, run: Run, dump: EvaluationDump, rows: Sequence[EvaluationRow]) -> Run:
        audit = audit_entry(
            actor, "evaluation.adopt", run.run_id, at_ms=self._clock.now_ms(), experiment_id=run.experiment_id,
            details={"to": dump.state, "rows": len(rows)},
        )  # fmt: skip
        evaluation: Evaluation = self._stores.evaluations.adopt(run.run_id, dump, rows, audit=audit)
        return evaluation.run

    def _rows(self, adoption: _Adoption, traces: Sequence[Trace]) -> list[EvaluationRow]:
        judged = self._stores.assessments.of_traces([trace.trace_id for trace in traces])
        rows: list[EvaluationRow] = []
        for trace in traces:
            judgments = judged.get(trace.trace_id, ())
            record_id, content_hash = self._content(adoption, trace, judgments)
            row = row_of_trace(adoption.run.run_id, trace, judgments, content_hash=content_hash, record_id=record_id)
            rows.append(_within_names(adoption.names, row))
        return rows

    def _content(
        self, adoption: _Adoption, trace: Trace, judgments: Sequence[Assessment]
    ) -> tuple[RecordId | None, str | None]:
        """Return the record of the dataset that has a trace's inputs, and the hash of its content; else no record,
        and the hash that a record would have; neither when there are no inputs, or such that no record can hold."""
        try:
            inputs = content_of(self._stores, trace)[0]
        except NotFound:  # it was deleted meanwhile
            return None, None
        if inputs is None:
            return None, None
        given = inputs if isinstance(inputs, Mapping) else {"inputs": inputs}
        try:
            prepared = prepare(RecordDraft(given, expected_of(adoption.run, judgments)))
        except LodelineError:
            return None, None
        return adoption.records.get(prepared.input_hash, (None, prepared.content_hash))

    def _dataset(self, actor: Actor, run: Run) -> DatasetVersion | None:
        """Return the version of the dataset that went into a run; None when it is none of those the actor reads."""
        for item in run.inputs:
            dataset_id = _dataset_id(item)
            if dataset_id is None:
                continue
            try:
                return self._version(self._datasets.get(actor, DatasetId(dataset_id)), item)
            except LodelineError:
                continue
        return None

    def _version(self, dataset: Dataset, item: RunInput) -> DatasetVersion:
        with suppress(LodelineError):  # it may be no digest of a version: records were added since it was told
            wanted = parse_version(f"sha256:{item.digest}")
            return self._stores.datasets.version(dataset.dataset_id, wanted)
        return self._stores.datasets.version(dataset.dataset_id, LATEST)

    def _records(self, version: DatasetVersion | None) -> dict[str, tuple[RecordId, str]]:
        found: dict[str, tuple[RecordId, str]] = {}
        search = Search(limit=BATCH)
        while version is not None and len(found) < MAX_RECORDS:
            page = self._stores.records.search(version.dataset_id, version.version, search)
            found.update({record.input_hash: (record.record_id, record.content_hash) for record in page.items})
            if page.cursor is None:
                break
            search = replace(search, cursor=page.cursor)
        return found


def _bindings(run: Run, version: DatasetVersion | None) -> Bindings:
    """Return what is known of a run's bindings: its dataset and its model."""
    digest = next((item.digest for item in run.inputs if item.digest), None)
    models = {item.model_id for item in run.inputs if item.model_id}
    models = models or {point.model_id for point in run.metrics.values() if point.model_id}
    return adopted(
        Bindings(
            dataset_id=None if version is None else version.dataset_id,
            dataset_version=None if version is None else version.version,
            dataset_digest=digest if version is None else version.digest,
            model_id=ModelId(models.pop()) if len(models) == 1 else None,
        )
    )


def _dataset_id(item: RunInput) -> str | None:
    """Return the id of the dataset that an input is: its own, or the one in the source as MLflow's client says it."""
    if item.dataset_id is not None or not item.source:
        return item.dataset_id
    try:
        source = cast(JsonValue, json.loads(item.source))
    except (ValueError, RecursionError):
        return None
    found = source.get("dataset_id") if isinstance(source, Mapping) else None
    return found if isinstance(found, str) else None


def _within_names(names: set[str], row: EvaluationRow) -> EvaluationRow:
    """Return the row without scores of names beyond those that an evaluation may have; adds its names."""
    kept: list[RowScore] = []
    for score in row.scores:
        if score.name in names or len(names) < MAX_SCORE_NAMES:
            names.add(score.name)
            kept.append(score)
    return row if len(kept) == len(row.scores) else replace(row, scores=tuple(kept))
