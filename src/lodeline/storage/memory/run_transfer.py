"""Runs, evaluations and models put back into memory as an export took them out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.domain.errors import NotFound
from lodeline.domain.evaluation import EvaluationDump
from lodeline.domain.evaluation_row import EvaluationRow
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.model import AliasEvent, ModelDump
from lodeline.domain.run import MetricPoint, RunDump, point_key
from lodeline.storage.memory.labeling import is_queue_name_taken
from lodeline.storage.memory.run_record import EvaluationRecord, RunRecord
from lodeline.storage.memory.runs import writable
from lodeline.storage.memory.state import State


class MemoryRunTransfer:
    """The `RunTransferStore` of the memory backend."""

    def __init__(self, state: State) -> None:
        self._state = state

    def restore_run(self, experiment_id: ExperimentId, dump: RunDump, evaluation: EvaluationDump | None) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            run_id = dump.run.run_id
            if run_id in self._state.runs or is_queue_name_taken(self._state, experiment_id, dump.run):
                return False
            record = RunRecord(replace(dump.run, experiment_id=experiment_id, metrics={}))
            record.points = {(point.key, point_key(point)): point for point in dump.points}
            if evaluation is not None:
                record.evaluation = EvaluationRecord(
                    evaluation.state, evaluation.bindings, evaluation.rows_total, evaluation.message,
                    dict.fromkeys(evaluation.bindings.scorers),
                )  # fmt: skip
            self._state.runs[run_id] = record
            return True

    def restore_points(self, run_id: RunId, points: Sequence[MetricPoint]) -> int:
        with self._state.lock:
            record = writable(self._state, run_id)
            before = len(record.points)
            for point in points:
                record.points.setdefault((point.key, point_key(point)), point)
            return len(record.points) - before

    def restore_rows(self, run_id: RunId, rows: Sequence[EvaluationRow]) -> int:
        with self._state.lock:
            evaluation = writable(self._state, run_id).evaluation
            if evaluation is None:
                raise NotFound.of("evaluation", run_id)
            before = len(evaluation.rows)
            for row in rows:
                evaluation.rows.setdefault((row.row_key, row.repetition), row)
                evaluation.scorers.update(dict.fromkeys(score.name for score in row.scores))
            return len(evaluation.rows) - before

    def restore_model(self, experiment_id: ExperimentId, dump: ModelDump) -> bool:
        with self._state.lock:
            self._state.writable(experiment_id)
            model = dump.model
            if model.model_id in self._state.models:
                return False
            moved = replace(model, experiment_id=experiment_id, aliases=())
            taken = {(m.experiment_id, m.reuse_key) for m in self._state.models.values() if m.lifecycle == "ACTIVE"}
            if moved.lifecycle == "ACTIVE" and (experiment_id, moved.reuse_key) in taken:
                moved = replace(moved, reuse_key=None)
            self._state.models[model.model_id] = moved
            for alias in model.aliases:
                self._state.aliases.setdefault((experiment_id, alias), model.model_id)
            return True

    def restore_alias_events(self, experiment_id: ExperimentId, events: Sequence[AliasEvent]) -> None:
        with self._state.lock:
            self._state.writable(experiment_id)
            if not any(event.experiment_id == experiment_id for event in self._state.alias_events):
                self._state.alias_events += [replace(event, experiment_id=experiment_id) for event in events]

    def points(self, run_id: RunId) -> Iterator[MetricPoint]:
        with self._state.lock:
            record = self._state.runs.get(run_id)
            hidden = record is None or not self._state.is_active(record.run.experiment_id)
            points = {} if record is None or hidden else record.points
            return iter([points[place] for place in sorted(points)])
