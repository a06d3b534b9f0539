"""The memory backend as a whole."""

from pathlib import Path
from tempfile import TemporaryDirectory

from lodeline.domain.ids import DatasetId
from lodeline.domain.operation import Capabilities
from lodeline.domain.registered_scorer import RegisteredScorer
from lodeline.storage.base import Stores
from lodeline.storage.blobs import DirectoryBlobStore
from lodeline.storage.memory.accounts import MemoryAccounts
from lodeline.storage.memory.admin import MemoryAdmin
from lodeline.storage.memory.analytics import MemoryAnalytics
from lodeline.storage.memory.assessments import MemoryAssessments
from lodeline.storage.memory.audit import MemoryAudit
from lodeline.storage.memory.conversations import MemoryConversations
from lodeline.storage.memory.costs import MemoryCosts
from lodeline.storage.memory.data_transfer import MemoryDataTransfer
from lodeline.storage.memory.datasets import DatasetTable, MemoryDatasets
from lodeline.storage.memory.deliveries import MemoryDeliveries
from lodeline.storage.memory.evaluations import MemoryEvaluations
from lodeline.storage.memory.experiments import MemoryExperiments
from lodeline.storage.memory.issues import MemoryIssues
from lodeline.storage.memory.keys import MemoryKeys
from lodeline.storage.memory.label_schemas import MemoryLabelSchemas
from lodeline.storage.memory.labeling import MemoryLabeling
from lodeline.storage.memory.labeling_transfer import MemoryLabelingTransfer
from lodeline.storage.memory.models import MemoryModels
from lodeline.storage.memory.parking import MemoryParking
from lodeline.storage.memory.prompts import MemoryPrompts, PromptTable
from lodeline.storage.memory.records import MemoryRecords
from lodeline.storage.memory.reviews import MemoryReviews
from lodeline.storage.memory.run_transfer import MemoryRunTransfer
from lodeline.storage.memory.runs import MemoryRuns
from lodeline.storage.memory.scorers import MemoryScorers, ScorerKey
from lodeline.storage.memory.spans import MemorySpans
from lodeline.storage.memory.state import State
from lodeline.storage.memory.traces import MemoryTraces
from lodeline.storage.memory.transfer import MemoryTransfer

CAPABILITIES = Capabilities(backend="memory", durable=False, full_text_index=False, multi_process=False, backup=False)


def open_memory() -> Stores:
    """Return an empty store. It vanishes when closed; blobs lie in a temporary directory until then."""
    state = State()
    tables: dict[DatasetId, DatasetTable] = {}
    prompts: dict[str, PromptTable] = {}
    scorers: dict[ScorerKey, list[RegisteredScorer]] = {}
    folder = TemporaryDirectory(prefix="lodeline-")
    blobs = DirectoryBlobStore(Path(folder.name))
    admin = MemoryAdmin(state, folder)
    return Stores(
        capabilities=CAPABILITIES,
        experiments=MemoryExperiments(state, blobs, tables, prompts, scorers),
        traces=MemoryTraces(state, blobs),
        deliveries=MemoryDeliveries(state),
        spans=MemorySpans(state),
        analytics=MemoryAnalytics(state),
        conversations=MemoryConversations(state),
        assessments=MemoryAssessments(state),
        parking=MemoryParking(state),
        costs=MemoryCosts(state),
        accounts=MemoryAccounts(state),
        keys=MemoryKeys(state),
        audit=MemoryAudit(state),
        transfer=MemoryTransfer(state),
        blobs=blobs,
        admin=admin,
        datasets=MemoryDatasets(state, tables),
        records=MemoryRecords(state, tables),
        prompts=MemoryPrompts(state, prompts),
        scorers=MemoryScorers(state, scorers),
        data_transfer=MemoryDataTransfer(state, tables, prompts, scorers),
        closer=admin,
        runs=MemoryRuns(state),
        evaluations=MemoryEvaluations(state),
        models=MemoryModels(state),
        run_transfer=MemoryRunTransfer(state),
        label_schemas=MemoryLabelSchemas(state),
        labeling=MemoryLabeling(state),
        reviews=MemoryReviews(state),
        labeling_transfer=MemoryLabelingTransfer(state),
        issues=MemoryIssues(state),
    )
