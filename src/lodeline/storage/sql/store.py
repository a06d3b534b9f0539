"""A SQLite store as a whole: opened, wired, closed."""

import threading
import time
from contextlib import ExitStack
from importlib.resources.abc import Traversable
from pathlib import Path

from lodeline.domain.errors import Unavailable
from lodeline.domain.operation import Capabilities
from lodeline.storage.base import Stores
from lodeline.storage.blobs import DirectoryBlobStore
from lodeline.storage.sql.accounts import SqlAccounts
from lodeline.storage.sql.admin import SqlAdmin
from lodeline.storage.sql.analytics import SqlAnalyticsStore
from lodeline.storage.sql.assessments import SqlAssessments
from lodeline.storage.sql.audit import SqlAudit
from lodeline.storage.sql.connection import BUSY_TIMEOUT_MS, Readers, connect
from lodeline.storage.sql.conversation_store import SqlConversationStore
from lodeline.storage.sql.costs import SqlCosts
from lodeline.storage.sql.data_transfer import SqlDataTransfer
from lodeline.storage.sql.datasets import SqlDatasets
from lodeline.storage.sql.deliveries import SqlDeliveries
from lodeline.storage.sql.directory import BLOBS_FOLDER, prepare
from lodeline.storage.sql.evaluations import SqlEvaluations
from lodeline.storage.sql.experiments import SqlExperiments
from lodeline.storage.sql.faults import translated
from lodeline.storage.sql.fresh_texts import FreshTexts
from lodeline.storage.sql.ingest import TraceIngester
from lodeline.storage.sql.issues import SqlIssues
from lodeline.storage.sql.keys import SqlKeys
from lodeline.storage.sql.label_schemas import SqlLabelSchemas
from lodeline.storage.sql.labeling import SqlLabeling
from lodeline.storage.sql.labeling_transfer import SqlLabelingTransfer
from lodeline.storage.sql.lock import DirectoryLock
from lodeline.storage.sql.models import SqlModels
from lodeline.storage.sql.parking import SqlParking
from lodeline.storage.sql.prompts import SqlPrompts
from lodeline.storage.sql.records import SqlRecords
from lodeline.storage.sql.reviews import SqlReviews
from lodeline.storage.sql.run_transfer import SqlRunTransfer
from lodeline.storage.sql.runs import SqlRuns
from lodeline.storage.sql.schema import ensure_schema
from lodeline.storage.sql.scorers import SqlScorers
from lodeline.storage.sql.spans import SqlSpanStore
from lodeline.storage.sql.text import TextIndexer
from lodeline.storage.sql.text_file import ensure_text
from lodeline.storage.sql.traces import SqlTraceStore
from lodeline.storage.sql.transfer import SqlTransfer
from lodeline.storage.sql.writer import Writer

_AGAIN_S = 0.05
CAPABILITIES = Capabilities(backend="sqlite", durable=True, full_text_index=True, multi_process=True, backup=True)


def open_sqlite(directory: Path, *, create: bool = True, migrations: Traversable | None = None) -> Stores:
    """Open the store in a directory, which is made when missing and `create`; close what this returns.

    Several processes may have it open. NotFound when there is none. Conflict when the directory holds something
    else, when the store needs a migration first or was made by a newer version, or while it is being rewritten.
    """
    prepare(directory, create=create)
    with ExitStack() as opened:
        lock = DirectoryLock(directory)
        opened.callback(lock.release)
        _ensure_schema(directory, migrations)
        fresh = FreshTexts()
        readers = Readers(directory, fresh)
        opened.callback(readers.close)
        writer = Writer(directory, TraceIngester(fresh))
        opened.callback(writer.close)
        indexer = TextIndexer(directory, writer, readers, fresh)
        indexer.start()
        opened.callback(indexer.stop)
        blobs = DirectoryBlobStore(directory / BLOBS_FOLDER)
        return Stores(
            capabilities=CAPABILITIES,
            experiments=SqlExperiments(writer, readers, blobs),
            traces=SqlTraceStore(writer, readers, blobs, fresh),
            deliveries=SqlDeliveries(readers),
            spans=SqlSpanStore(readers),
            analytics=SqlAnalyticsStore(readers),
            conversations=SqlConversationStore(readers),
            assessments=SqlAssessments(writer, readers),
            parking=SqlParking(writer, readers),
            costs=SqlCosts(writer, readers),
            accounts=SqlAccounts(writer, readers),
            keys=SqlKeys(writer, readers),
            audit=SqlAudit(writer, readers),
            transfer=SqlTransfer(writer, readers),
            blobs=blobs,
            admin=SqlAdmin(directory, lock, writer=writer, readers=readers, indexer=indexer, blobs=blobs),
            datasets=SqlDatasets(writer, readers),
            records=SqlRecords(writer, readers),
            prompts=SqlPrompts(writer, readers),
            scorers=SqlScorers(writer, readers),
            data_transfer=SqlDataTransfer(writer, readers),
            closer=_Closer(opened.pop_all()),
            runs=SqlRuns(writer, readers),
            evaluations=SqlEvaluations(writer, readers),
            models=SqlModels(writer, readers),
            run_transfer=SqlRunTransfer(writer, readers),
            label_schemas=SqlLabelSchemas(writer, readers),
            labeling=SqlLabeling(writer, readers),
            reviews=SqlReviews(writer, readers),
            labeling_transfer=SqlLabelingTransfer(writer, readers),
            issues=SqlIssues(writer, readers),
        )


def _ensure_schema(directory: Path, migrations: Traversable | None) -> None:
    """Set up the schema; while others make or close the same store, which SQLite does not always wait for, again."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            db = connect(directory, readonly=False)
            try:
                with translated(f"the store in {directory} cannot be opened", db):
                    ensure_schema(db, directory, source=migrations)
                    ensure_text(directory)
            finally:
                db.close()
        except Unavailable as error:
            if error.error_code != "store_busy" or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


class _Closer:
    """Ends the indexer, then the writer, then the readers, and lets go of the lock."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self._gate = threading.Lock()

    def close(self) -> None:
        """Close; again is fine."""
        with self._gate:
            self._opened.close()
