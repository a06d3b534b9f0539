"""Runs, evaluations and models put back into SQLite as an export took them out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.domain.evaluation import EvaluationDump
from lodeline.domain.evaluation_row import EvaluationRow
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.model import AliasEvent, ModelDump
from lodeline.domain.run import MetricPoint, RunDump
from lodeline.storage.sql import evaluation_rows, evaluations, models, runs
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.experiment_rows import check_writable, number_of
from lodeline.storage.sql.labeling import is_queue_name_taken
from lodeline.storage.sql.writer import Writer


class SqlRunTransfer:
    """Implements `storage.base.RunTransferStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def restore_run(self, experiment_id: ExperimentId, dump: RunDump, evaluation: EvaluationDump | None) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (clean(dump.run.run_id),)).fetchone() is not None:
                return False
            moved = replace(dump.run, experiment_id=experiment_id)
            if is_queue_name_taken(db, experiment_id, moved):
                return False
            row_id = runs.insert(db, moved)
            runs.add_points(db, row_id, dump.points)
            if evaluation is not None:
                evaluations.insert(db, row_id, moved, evaluation)
            return True

        return self._writer.call(run)

    def restore_points(self, run_id: RunId, points: Sequence[MetricPoint]) -> int:
        return self._writer.call(lambda db: runs.add_points(db, runs.writable(db, run_id)[0], points))

    def restore_rows(self, run_id: RunId, rows: Sequence[EvaluationRow]) -> int:
        def run(db: Db) -> int:
            row_id, present = runs.writable(db, run_id)
            evaluation = evaluations.of_run(db, row_id, present)
            scorers = dict.fromkeys(evaluation.scorers)
            added = 0
            for row in rows:
                if evaluation_rows.find(db, row_id, row.row_key, row.repetition) is None:
                    evaluation_rows.put(db, row_id, [row])
                    scorers.update(dict.fromkeys(score.name for score in row.scores))
                    added += 1
            evaluation_rows.recount(db, row_id, tuple(scorers))
            return added

        return self._writer.call(run)

    def restore_model(self, experiment_id: ExperimentId, dump: ModelDump) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            model = replace(dump.model, experiment_id=experiment_id)
            known = "SELECT 1 FROM models WHERE model_id = ?"
            if db.execute(known, (clean(model.model_id),)).fetchone() is not None:
                return False
            if model.lifecycle == "ACTIVE" and models.reuse_taken(db, model):
                model = replace(model, reuse_key=None)
            row_id = models.insert(db, model)
            for alias in model.aliases:
                taken = "SELECT 1 FROM model_aliases WHERE exp = ? AND alias = ?"
                if db.execute(taken, (number_of(experiment_id), clean(alias))).fetchone() is None:
                    models.point(db, experiment_id, alias, row_id)
            return True

        return self._writer.call(run)

    def restore_alias_events(self, experiment_id: ExperimentId, events: Sequence[AliasEvent]) -> None:
        def run(db: Db) -> None:
            check_writable(db, experiment_id)
            known = "SELECT 1 FROM alias_events WHERE exp = ? LIMIT 1"
            if db.execute(known, (number_of(experiment_id),)).fetchone() is None:
                for event in events:
                    models.add_event(db, experiment_id, replace(event, experiment_id=experiment_id))

        self._writer.call(run)

    def points(self, run_id: RunId) -> Iterator[MetricPoint]:
        with self._readers.read() as db:
            row = runs.select_active(db, run_id)
            found = [] if row is None else runs.points_of(db, row[0])
        return iter(found)
