"""All stores of one backend, as they are passed down."""

from dataclasses import dataclass
from typing import Protocol

from lodeline.domain.operation import Capabilities
from lodeline.storage.base.accounts import AccountStore, AuditStore, KeyStore
from lodeline.storage.base.admin import StoreAdmin
from lodeline.storage.base.analytics import AnalyticsStore, ConversationStore
from lodeline.storage.base.assessments import AssessmentStore
from lodeline.storage.base.blobs import BlobStore
from lodeline.storage.base.costs import CostStore
from lodeline.storage.base.datasets import DatasetStore, RecordStore
from lodeline.storage.base.experiments import ExperimentStore
from lodeline.storage.base.issues import IssueStore
from lodeline.storage.base.label_schemas import LabelSchemaStore
from lodeline.storage.base.labeling import LabelingStore, LabelingTransferStore, ReviewStore
from lodeline.storage.base.models import ModelStore
from lodeline.storage.base.parking import ParkingStore
from lodeline.storage.base.prompts import PromptStore
from lodeline.storage.base.runs import EvaluationStore, RunStore
from lodeline.storage.base.scorers import ScorerStore
from lodeline.storage.base.traces import DeliveryStore, SpanStore, TraceStore
from lodeline.storage.base.transfer import DataTransferStore, RunTransferStore, TransferStore


class Closer(Protocol):
    """Something that can be closed."""

    def close(self) -> None:
        """Close; again is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """All stores of one backend, as the services see them."""

    capabilities: Capabilities
    experiments: ExperimentStore
    traces: TraceStore
    deliveries: DeliveryStore
    spans: SpanStore
    analytics: AnalyticsStore
    conversations: ConversationStore
    assessments: AssessmentStore
    parking: ParkingStore
    costs: CostStore
    accounts: AccountStore
    keys: KeyStore
    audit: AuditStore
    transfer: TransferStore
    blobs: BlobStore
    admin: StoreAdmin
    datasets: DatasetStore
    records: RecordStore
    prompts: PromptStore
    scorers: ScorerStore
    data_transfer: DataTransferStore
    closer: Closer
    runs: RunStore
    evaluations: EvaluationStore
    models: ModelStore
    run_transfer: RunTransferStore
    label_schemas: LabelSchemaStore
    labeling: LabelingStore
    reviews: ReviewStore
    labeling_transfer: LabelingTransferStore
    issues: IssueStore

    def close(self) -> None:
        """Finish pending work and let go of files and locks; again is fine."""
        self.closer.close()
