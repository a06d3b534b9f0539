"""Runs, evaluations and models in an experiment's file: written by an export, checked and restored by an import.

- ``models/NNNNN.jsonl``: a row a model; ``aliases/NNNNN.jsonl``: a row a move of an alias, the first first;
- ``runs/NNNNN.jsonl``: a row a run, with the state of an evaluation; of blocks the last made first;
- ``metrics/NNNNN.jsonl``: rows of points of one run's metrics;
- ``rows/NNNNN.jsonl``: rows of evaluations, some of one run in a row of the file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lodeline.domain.document import from_document, to_document
from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.evaluation import EvaluationDump, check_bindings
from lodeline.domain.evaluation_row import (
    MAX_MESSAGE,
    MAX_SNAPSHOT_RATIONALE,
    EvaluationRow,
    RowFilter,
    check_row,
    check_score_names,
)
from lodeline.domain.experiment import check_name
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.model import (
    MAX_GATE_RULES,
    AliasEvent,
    Model,
    ModelDump,
    check_alias,
    check_metrics,
    check_model,
    check_model_id,
)
from lodeline.domain.run import (
    MAX_KEY,
    MetricPoint,
    Run,
    RunDump,
    check_moment,
    check_points,
    check_run,
    check_run_id,
)
from lodeline.query.ast import Search
from lodeline.services.transfer_rows import Row, write_row
from lodeline.storage.base import Stores

BLOCK = 100
ROWS_TOGETHER = 500
POINTS_TOGETHER = 5_000
MAX_EVENTS = 100_000
_MEMBER = re.compile(r"(models|aliases|runs|metrics|rows)/[0-9]{5}\.jsonl")
RowsOf = Callable[[str], Iterator[Row]]
"""Gives the rows of a member of the file."""


@dataclass(slots=True)
class RunCounts:
    """What an import added, and what was there already."""

    runs: int = 0
    models: int = 0
    existing_runs: int = 0
    existing_models: int = 0
    metric_points: int = 0


class RunExport:
    """The members of a file that hold an experiment's runs, evaluations and models."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._numbers: dict[str, int] = {}
        self.runs = self.models = 0

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each member."""
        yield from self._models()
        events = self._stores.models.alias_events(self._experiment_id, limit=MAX_EVENTS)
        if events:
            yield self._name("aliases"), b"".join(write_row(to_document(event)) for event in reversed(events))
        yield from self._runs()

    def _models(self) -> Iterator[tuple[str, bytes]]:
        search = Search((self._experiment_id,), limit=BLOCK)
        while True:
            page = self._stores.models.search(search)
            found = self._stores.models.get([model.model_id for model in page.items])
            if found:
                self.models += len(found)
                yield self._name("models"), b"".join(write_row(to_document(model)) for model in reversed(found))
            if page.cursor is None:
                return
            search = replace(search, cursor=page.cursor)

    def _runs(self) -> Iterator[tuple[str, bytes]]:
        search = Search((self._experiment_id,), limit=BLOCK)
        while True:
            page = self._stores.runs.search(search)
            if page.items:
                self.runs += len(page.items)
                yield self._name("runs"), b"".join(write_row(self._run(run)) for run in reversed(page.items))
            for run in page.items:
                yield from self._points(run.run_id)
                if run.kind == "EVALUATION":
                    yield from self._rows(run.run_id)
            if page.cursor is None:
                return
            search = replace(search, cursor=page.cursor)

    def _run(self, run: Run) -> dict[str, object]:
        evaluation = None
        if run.kind == "EVALUATION":
            found = self._stores.evaluations.get(run.run_id)
            dump = EvaluationDump(found.state, found.bindings, found.rows_total, found.message)
            evaluation = to_document(dump)
        return {"run": to_document(replace(run, metrics={})), "evaluation": evaluation}

    def _points(self, run_id: RunId) -> Iterator[tuple[str, bytes]]:
        points = list(self._stores.run_transfer.points(run_id))
        for start in range(0, len(points), POINTS_TOGETHER):
            part = [to_document(point) for point in points[start : start + POINTS_TOGETHER]]
            yield self._name("metrics"), write_row({"run_id": run_id, "points": part})

    def _rows(self, run_id: RunId) -> Iterator[tuple[str, bytes]]:
        cursor: str | None = None
        while True:
            page = self._stores.evaluations.rows(run_id, RowFilter(), limit=ROWS_TOGETHER, cursor=cursor)
            if page.items:
                rows = [to_document(row) for row in page.items]
                yield self._name("rows"), write_row({"run_id": run_id, "rows": rows})
            cursor = page.cursor
            if cursor is None:
                return

    def _name(self, folder: str) -> str:
        self._numbers[folder] = self._numbers.get(folder, 0) + 1
        return f"{folder}/{self._numbers[folder]:05d}.jsonl"


class RunImport:
    """Restores what `RunExport` wrote; `check` was called before `run`."""

    def __init__(self, stores: Stores, experiment_id: ExperimentId, names: list[str], rows_of: RowsOf) -> None:
        self._stores = stores
        self._experiment_id = experiment_id
        self._names = names
        self._rows_of = rows_of
        self._ours: dict[RunId, bool] = {}
        self.counts = RunCounts()

    def check(self) -> None:
        """Return when everything can be stored; Invalid or TooLarge, naming the place, before that."""
        for row in self._all("models"):
            _model(row)
        for row in self._all("aliases"):
            _event(row)
        names: dict[RunId, set[str]] = {}
        for row in self._all("runs"):
            run, evaluation = _run(row)
            if evaluation is not None:
                names[run.run_id] = set(evaluation.bindings.scorers)
        for row in self._all("metrics"):
            _points(row)
        for row in self._all("rows"):
            run_id, rows = _rows(row)
            known = names.setdefault(run_id, set())
            known.update(score.name for each in rows for score in each.scores)
            check_score_names(known)

    def run(self) -> Iterator[None]:
        """Add what is not there yet; yields after every row of the file."""
        transfer = self._stores.run_transfer
        for row in self._all("models", last_first=True):
            added = transfer.restore_model(self._experiment_id, ModelDump(_model(row)))
            self.counts.models += added
            self.counts.existing_models += not added
            yield
        transfer.restore_alias_events(self._experiment_id, [_event(row) for row in self._all("aliases")])
        for row in self._all("runs", last_first=True):
            run, evaluation = _run(row)
            added = transfer.restore_run(self._experiment_id, RunDump(run), evaluation)
            self.counts.runs += added
            self.counts.existing_runs += not added
            yield
        for row in self._all("metrics"):
            run_id, points = _points(row)
            if self._is_ours(run_id):
                self.counts.metric_points += transfer.restore_points(run_id, points)
            yield
        for row in self._all("rows"):
            run_id, rows = _rows(row)
            if self._is_ours(run_id):
                transfer.restore_rows(run_id, rows)
            yield

    def _all(self, folder: str, *, last_first: bool = False) -> Iterator[Row]:
        for name in sorted((n for n in self._names if n.startswith(f"{folder}/")), reverse=last_first):
            yield from self._rows_of(name)

    def _is_ours(self, run_id: RunId) -> bool:
        """Tell whether a run of this id is in the experiment: a run of another one with its id is left alone."""
        if run_id not in self._ours:
            found = self._stores.runs.get([run_id])
            self._ours[run_id] = bool(found) and found[0].experiment_id == self._experiment_id
        return self._ours[run_id]


def members_of_runs(names: Iterator[str]) -> list[str]:
    """Return those members of a file that hold runs, evaluations and models."""
    return [name for name in names if _MEMBER.fullmatch(name)]


def _model(row: Row) -> Model:
    model = from_document(Model, row.data, row.where)
    check_model_id(model.model_id)
    check_model(model)
    check_metrics(model.metrics)
    for moment in (model.created_ms, model.updated_ms):
        check_moment(moment, row.where)
    for alias in model.aliases:
        check_alias(alias)
    return model


def _event(row: Row) -> AliasEvent:
    event = from_document(AliasEvent, row.data, row.where)
    check_alias(event.alias)
    check_moment(event.at_ms, row.where)
    for text in (event.model_id, event.previous_model_id):
        if text is not None:
            check_model_id(text)
    if event.gate_run_id is not None:
        check_run_id(event.gate_run_id)
    if len(event.gate_rules or "") > MAX_GATE_RULES or len(event.gate_rules_sha256 or "") > 64:
        raise Invalid(f"{row.where}: gate_rules or gate_rules_sha256 is longer than the event of a move keeps.")
    return event


def _run(row: Row) -> tuple[Run, EvaluationDump | None]:
    run = from_document(Run, row.row("run").data, row.where)
    check_run(run)
    of = row.row_or_none("evaluation")
    if (of is not None) != (run.kind == "EVALUATION"):
        raise Invalid(f"{row.where}: a run of kind {run.kind} has {'no' if of is None else 'an'} evaluation.")
    if of is None:
        return run, None
    evaluation = from_document(EvaluationDump, of.data, row.where)
    check_bindings(evaluation.bindings)
    if len(evaluation.message or "") > MAX_MESSAGE:
        raise TooLarge(f"{row.where}: its message is over the limit of {MAX_MESSAGE} characters.")
    return run, evaluation


def _points(row: Row) -> tuple[RunId, list[MetricPoint]]:
    points = [from_document(MetricPoint, item, row.where) for item in row.items("points")]
    check_points(points)
    return RunId(row.text("run_id")), points


def _rows(row: Row) -> tuple[RunId, list[EvaluationRow]]:
    rows = [from_document(EvaluationRow, item, row.where) for item in row.items("rows")]
    for item in rows:
        check_row(item)
        for score in item.scores:
            if len(score.rationale or "") > MAX_SNAPSHOT_RATIONALE:
                raise TooLarge(f"{row.where}: a rationale is over {MAX_SNAPSHOT_RATIONALE} characters.")
            if score.assessment_id is not None:
                check_name(score.assessment_id, noun="assessment_id", most=MAX_KEY)
    return RunId(row.text("run_id")), rows
