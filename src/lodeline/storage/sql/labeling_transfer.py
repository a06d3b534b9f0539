"""Label schemas and labeling sessions put back into SQLite as an export took them out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.label_schema import LabelSchema
from lodeline.domain.labeling import LabelingItem, LabelingSession, SessionDump
from lodeline.storage.sql import label_schemas, runs
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.connection import Readers
from lodeline.storage.sql.db import Db
from lodeline.storage.sql.experiment_rows import check_writable, number_of
from lodeline.storage.sql.labeling_rows import insert_item, insert_session, put_former, session_of, visible_session
from lodeline.storage.sql.writer import Writer


class SqlLabelingTransfer:
    """Implements `storage.base.LabelingTransferStore`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def sessions(self, experiment_id: ExperimentId) -> Iterator[LabelingSession]:
        sql = "SELECT r.run_id FROM labeling_sessions s JOIN runs r ON r.id = s.run WHERE r.exp = ? ORDER BY r.id"
        with self._readers.read() as db:
            found = db.execute(sql, (number_of(experiment_id),)).fetchall()
        for (run_id,) in found:
            with self._readers.read() as db:
                session = visible_session(db, RunId(run_id))[1]
            yield session

    def restore_schema(self, experiment_id: ExperimentId, versions: Sequence[LabelSchema]) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            moved = [replace(version, experiment_id=experiment_id) for version in versions]
            last = moved[-1]
            known = "SELECT 1 FROM label_schemas WHERE schema_id = ? OR (exp = ? AND name = ? AND deleted = 0)"
            values = clean(last.schema_id), number_of(experiment_id), clean(last.name)
            if db.execute(known, values).fetchone() is not None:
                return False
            label_schemas.insert(db, moved)
            return True

        return self._writer.call(run)

    def restore_session(self, experiment_id: ExperimentId, run_id: RunId, dump: SessionDump) -> bool:
        def run(db: Db) -> bool:
            check_writable(db, experiment_id)
            row = db.execute(
                "SELECT id, id IN (SELECT run FROM labeling_sessions) FROM runs "
                "WHERE run_id = ? AND exp = ? AND kind = 'LABELING'",
                (clean(run_id), number_of(experiment_id)),
            ).fetchone()
            if row is None:
                return False
            of = runs.by_row(db, row[0])
            if row[1]:
                put_former(db, row[0], session_of(db, row[0], of), (*dump.former_schemas, *dump.schemas))
                return False
            session = LabelingSession(
                of,
                dump.state,
                dump.schemas,
                dump.instructions,
                dump.reviewers,
                dump.policy,
                dump.dataset_id,
                rules=dump.rules,
                former_schemas=dump.former_schemas,
            )
            insert_session(db, row[0], session)
            return True

        return self._writer.call(run)

    def restore_items(self, experiment_id: ExperimentId, items: Sequence[LabelingItem]) -> int:
        def run(db: Db) -> int:
            check_writable(db, experiment_id)
            added = 0
            for item in items:
                row = db.execute(
                    "SELECT r.id FROM runs r JOIN labeling_sessions s ON s.run = r.id "
                    "WHERE r.run_id = ? AND r.exp = ? AND NOT EXISTS (SELECT 1 FROM labeling_items i "
                    "WHERE i.item_id = ? OR (i.run = r.id AND i.place = ?))",
                    (clean(item.run_id), number_of(experiment_id), clean(item.item_id), item.place),
                ).fetchone()
                if row is not None:
                    insert_item(db, row[0], item)
                    added += 1
            return added

        return self._writer.call(run)
