"""Whole datasets, prompts and registered scorers in SQLite, taken out and put back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.domain.dataset import name_taken
from lodeline.domain.experiment import Lifecycle
from lodeline.domain.ids import DatasetId, ExperimentId, RecordId
from lodeline.domain.prompt import names_when_taken, prompt_name_taken
from lodeline.domain.record import RecordRevision
from lodeline.domain.registered_scorer import RegisteredScorer
from lodeline.domain.transfer import DatasetDump, PromptDump, named_prompt
from lodeline.storage.sql import dataset_rows, datasets, prompts, record_rows, scorers
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.experiments import check_writable, number_of
from lodeline.storage.sql.writer import Writer

_STEP = 500
_DRAFT = """
UPDATE datasets SET
  added = (SELECT count(*) FROM records b WHERE b.ds = ?1 AND b.valid_from = ?2 AND NOT EXISTS
    (SELECT 1 FROM records e WHERE e.ds = ?1 AND e.record_id = b.record_id AND e.valid_to = ?2)),
  changed = (SELECT count(*) FROM records b WHERE b.ds = ?1 AND b.valid_from = ?2 AND EXISTS
    (SELECT 1 FROM records e WHERE e.ds = ?1 AND e.record_id = b.record_id AND e.valid_to = ?2)),
  removed = (SELECT count(*) FROM records e WHERE e.ds = ?1 AND e.valid_to = ?2 AND NOT EXISTS
    (SELECT 1 FROM records b WHERE b.ds = ?1 AND b.record_id = e.record_id AND b.valid_from = ?2)),
  next_place = ?3
WHERE id = ?1
"""


class SqlDataTransfer:
    """Implements `storage.base.DataTransferStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def revisions(self, dataset_id: DatasetId) -> Iterator[RecordRevision]:
        sql = "SELECT DISTINCT place, record_id FROM records WHERE ds = ? AND place > ? ORDER BY place LIMIT ?"
        last = -1
        while True:
            with self._readers.read() as db:
                key, _ = dataset_rows.known(db, dataset_id)
                found = db.execute(sql, (key, last, _STEP)).fetchall()
                entries = [
                    each for _, record_id in found for each in record_rows.revisions(db, key, RecordId(record_id))
                ]
            yield from entries
            if not found:
                return
            last = found[-1][0]

    def holder_of(self, dataset_id: DatasetId) -> ExperimentId | None:
        with self._readers.read() as db:
            row = db.execute("SELECT exp FROM datasets WHERE dataset_id = ?", (clean(dataset_id),)).fetchone()
        return None if row is None else ExperimentId(str(row[0]))

    def restore_dataset(self, experiment_id: ExperimentId, dump: DatasetDump) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            dataset = replace(dump.dataset, experiment_id=experiment_id, lifecycle="DELETED", updated_ms=0)
            sql = "SELECT updated_ms FROM datasets WHERE dataset_id = ?"
            row = db.execute(sql, (clean(dataset.dataset_id),)).fetchone()
            if row is not None:
                return row[0] == 0
            key = datasets.insert(db, dataset)
            db.execute(
                "UPDATE datasets SET latest = ?, record_count = ? WHERE id = ?",
                (dataset.latest_version, dataset.record_count, key),
            )
            for version in dump.versions:
                dataset_rows.add_version(db, key, version)
                db.executemany(
                    "INSERT INTO dataset_labels (ds, label, version) VALUES (?, ?, ?)",
                    [(key, clean(label), version.version) for label in version.labels],
                )
            return True

        return self._writer.call(run)

    def complete_dataset(self, dataset_id: DatasetId, *, lifecycle: Lifecycle, updated_ms: int) -> None:
        def run(db: Db) -> None:
            key, dataset = dataset_rows.writable(db, dataset_id, deleted_too=True)
            holder = dataset_rows.named(db, number_of(dataset.experiment_id), dataset.name)
            if holder is not None and lifecycle == "ACTIVE":
                raise name_taken(dataset.name, holder.dataset_id)
            sql = "UPDATE datasets SET lifecycle = ?, updated_ms = ? WHERE id = ?"
            db.execute(sql, (lifecycle, updated_ms, key))

        self._writer.call(run)

    def restore_records(self, dataset_id: DatasetId, revisions: Sequence[RecordRevision]) -> int:
        def run(db: Db) -> int:
            key, dataset = dataset_rows.writable(db, dataset_id, deleted_too=True)
            row = db.execute("SELECT next_place FROM datasets WHERE id = ?", (key,)).fetchone()
            first = place = 0 if row is None else int(row[0])
            known = "SELECT place, max(valid_from = ?) FROM records WHERE ds = ? AND record_id = ?"
            for revision in revisions:
                values = (revision.valid_from, key, clean(revision.record.record_id))
                at, there = db.execute(known, values).fetchone() or (None, None)
                if not there:
                    record_rows.insert(db, key, place if at is None else at, revision)
                    place += at is None
            db.execute(_DRAFT, (key, dataset.latest_version + 1, place))
            return place - first

        return self._writer.call(run)

    def restore_prompt(self, experiment_id: ExperimentId, dump: PromptDump) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            for name in names_when_taken(dump.prompt.name, experiment_id):
                row = db.execute("SELECT exp FROM prompts WHERE name = ?", (clean(name),)).fetchone()
                if row is None:
                    break
                if row[0] == number_of(experiment_id):
                    return False
            else:
                raise prompt_name_taken(dump.prompt.name)
            moved = named_prompt(dump, name, experiment_id)
            key = prompts.insert(db, moved.prompt)
            for version in moved.versions:
                prompts.insert_version(db, key, version)
            prompts.set_aliases(db, key, moved.prompt)
            prompts.insert_events(db, key, moved.events)
            return True

        return self._writer.call(run)

    def restore_scorer(self, experiment_id: ExperimentId, versions: Sequence[RegisteredScorer]) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            sql = "SELECT 1 FROM scorers WHERE exp = ? AND name = ?"
            if db.execute(sql, (number_of(experiment_id), clean(versions[0].name))).fetchone() is not None:
                return False
            for version in versions:
                scorers.insert(db, replace(version, experiment_id=experiment_id))
            return True

        return self._writer.call(run)
