"""What every backend implements: one small Protocol a noun. The docstrings are the contract; tests/contract holds
every backend to it.

Stores are synchronous and thread-safe. A method that changes something returns after the change is durable (where
`Capabilities.durable`), sees and is seen by every later call, and writes the `AuditEntry` it is given in the same
transaction; a call that changes nothing records nothing. Stores check no permissions: services do. Methods raise only
the errors of `domain.errors`.

Whatever is below a deleted experiment is hidden: reads answer as if it did not exist, edits raise Deleted.

Lists end with a page without cursor. A cursor that is malformed or of another filter or order is Invalid. Where the
order leaves a tie, what came later is first; of sessions and users, which do not come, the lesser id.
"""

from lodeline.storage.base.accounts import AccountStore, AuditStore, KeyStore
from lodeline.storage.base.admin import StoreAdmin
from lodeline.storage.base.analytics import AnalyticsStore, ConversationStore
from lodeline.storage.base.assessments import AssessmentStore
from lodeline.storage.base.blobs import BlobStore
from lodeline.storage.base.costs import CostStore
from lodeline.storage.base.datasets import MAX_PAGE_CHARS, DatasetStore, RecordStore
from lodeline.storage.base.experiments import ExperimentStore
from lodeline.storage.base.issues import IssueStore
from lodeline.storage.base.label_schemas import LabelSchemaStore
from lodeline.storage.base.labeling import LabelingStore, LabelingTransferStore, ReviewStore
from lodeline.storage.base.models import ModelStore
from lodeline.storage.base.parking import ParkingStore
from lodeline.storage.base.prompts import PromptStore
from lodeline.storage.base.runs import EvaluationStore, RunStore
from lodeline.storage.base.scorers import ScorerStore
from lodeline.storage.base.stores import Stores
from lodeline.storage.base.traces import DeliveryStore, SpanStore, TraceStore
from lodeline.storage.base.transfer import DataTransferStore, RunTransferStore, TransferStore

__all__ = [
    "MAX_PAGE_CHARS",
    "AccountStore",
    "AnalyticsStore",
    "AssessmentStore",
    "AuditStore",
    "BlobStore",
    "ConversationStore",
    "CostStore",
    "DataTransferStore",
    "DatasetStore",
    "DeliveryStore",
    "EvaluationStore",
    "ExperimentStore",
    "IssueStore",
    "KeyStore",
    "LabelSchemaStore",
    "LabelingStore",
    "LabelingTransferStore",
    "ModelStore",
    "ParkingStore",
    "PromptStore",
    "RecordStore",
    "ReviewStore",
    "RunStore",
    "RunTransferStore",
    "ScorerStore",
    "SpanStore",
    "StoreAdmin",
    "Stores",
    "TraceStore",
    "TransferStore",
]
