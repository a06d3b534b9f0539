"""Bundle: all services over one store, put together once by whoever composes the program."""

from dataclasses import dataclass, field

from lodeline.auth.credentials import Credentials
from lodeline.domain.clock import Clock, system_clock
from lodeline.services.accounts import AccountService
from lodeline.services.analytics import AnalyticsService
from lodeline.services.artifact_parts import ArtifactPartService
from lodeline.services.artifacts import ArtifactService
from lodeline.services.assessments import AssessmentService
from lodeline.services.attachments import AttachmentService
from lodeline.services.audit import AuditService
from lodeline.services.budgets import BudgetService
from lodeline.services.conversations import ConversationService
from lodeline.services.datasets import DatasetService
from lodeline.services.deliveries import DeliveryService
from lodeline.services.evaluated_runs import EvaluatedRuns
from lodeline.services.evaluations import EvaluationService
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.experiments import ExperimentService
from lodeline.services.filters import FilterService
from lodeline.services.ingest import IngestBounds, IngestService
from lodeline.services.issues import IssueService
from lodeline.services.keys import KeyService
from lodeline.services.label_schemas import LabelSchemaService
from lodeline.services.labeling import LabelingService
from lodeline.services.labeling_items import LabelingItemService
from lodeline.services.labeling_report import LabelingReportService
from lodeline.services.labeling_rules import LabelingRuleService
from lodeline.services.listing import Listing
from lodeline.services.logins import LoginService
from lodeline.services.measurements import MeasurementService
from lodeline.services.models import ModelService
from lodeline.services.name_hints import NameHints
from lodeline.services.names import Names
from lodeline.services.near_duplicates import NearDuplicateService
from lodeline.services.operation import OperationService
from lodeline.services.parking import ParkingService
from lodeline.services.prompts import PromptService
from lodeline.services.records import RecordService
from lodeline.services.repricing import RepricingService
from lodeline.services.review_queues import ReviewQueueService
from lodeline.services.reviews import ReviewService
from lodeline.services.runs import RunService
from lodeline.services.scorers import ScorerService
from lodeline.services.traces import TraceService
from lodeline.services.transfer import TransferService
from lodeline.services.trust import TrustService
from lodeline.storage.base import Stores


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the services are bounded by; every door passes its settings."""

    search_deadline_s: float = 10.0
    max_attachment_bytes: int = 100 * 2**20
    ingest: IngestBounds = field(default_factory=IngestBounds)


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases over one store."""

    stores: Stores
    clock: Clock
    experiments: ExperimentService
    ingest: IngestService
    traces: TraceService
    repricing: RepricingService
    deliveries: DeliveryService
    attachments: AttachmentService
    artifacts: ArtifactService
    artifact_parts: ArtifactPartService
    assessments: AssessmentService
    parking: ParkingService
    conversations: ConversationService
    analytics: AnalyticsService
    measurements: MeasurementService
    filters: FilterService
    audit: AuditService
    budgets: BudgetService
    accounts: AccountService
    keys: KeyService
    logins: LoginService
    operation: OperationService
    transfer: TransferService
    runs: RunService
    evaluations: EvaluationService
    models: ModelService
    datasets: DatasetService
    records: RecordService
    near_duplicates: NearDuplicateService
    prompts: PromptService
    scorers: ScorerService
    trust: TrustService
    label_schemas: LabelSchemaService
    labeling: LabelingService
    labeling_items: LabelingItemService
    labeling_rules: LabelingRuleService
    reviews: ReviewService
    labeling_reports: LabelingReportService
    review_queues: ReviewQueueService
    issues: IssueService

    def close(self) -> None:
        """Hand over what is still to be recorded, end what decodes, and close the stores; again is fine."""
        self.ingest.close()
        self.keys.flush_uses()
        self.stores.close()


def assemble(
    stores: Stores, credentials: Credentials, clock: Clock = system_clock, bounds: Bounds | None = None
) -> Services:
    """Return the services over `stores`; they share one cache of experiments."""
    bounds = bounds or Bounds()
    cache = ExperimentCache(stores.experiments)
    scope = ExperimentScope(stores.experiments, cache)
    names = Names(stores)
    listing = Listing(
        scope,
        clock,
        deadline_s=bounds.search_deadline_s,
        assessments=stores.assessments,
        names=names,
        name_hints=NameHints(stores, names),
    )
    traces = TraceService(stores, scope, listing, clock)
    assessments = AssessmentService(stores, scope, listing, clock)
    datasets = DatasetService(stores, scope, listing, clock)
    records = RecordService(stores, datasets, traces, listing, clock)
    label_schemas = LabelSchemaService(stores, scope, clock)
    labeling = LabelingService(stores, scope, label_schemas, datasets, listing, clock=clock)
    experiments = ExperimentService(stores, cache, scope, listing, clock)
    runs = RunService(stores, scope, listing, EvaluatedRuns(stores, datasets, clock), clock)
    evaluations = EvaluationService(stores, scope, clock)
    labeling_items = LabelingItemService(stores, labeling, records, listing, clock)
    artifacts = ArtifactService(stores, scope, clock, max_bytes=bounds.max_attachment_bytes)
    return Services(
        stores=stores,
        clock=clock,
        experiments=experiments,
        ingest=IngestService(stores, cache, experiments, clock, bounds.ingest),
        traces=traces,
        repricing=RepricingService(stores, scope, listing, clock),
        deliveries=DeliveryService(stores, scope),
        attachments=AttachmentService(stores, traces, clock, max_bytes=bounds.max_attachment_bytes),
        artifacts=artifacts,
        artifact_parts=ArtifactPartService(stores, artifacts, clock),
        assessments=assessments,
        parking=ParkingService(stores, clock),
        conversations=ConversationService(stores, scope, listing, clock),
        analytics=AnalyticsService(stores, listing),
        measurements=MeasurementService(stores, traces, assessments),
        filters=FilterService(clock),
        audit=AuditService(stores, scope, listing),
        budgets=BudgetService(stores, scope, listing, clock),
        accounts=AccountService(stores, credentials, clock),
        keys=KeyService(stores, credentials, clock),
        logins=LoginService(stores, credentials, clock),
        operation=OperationService(stores),
        transfer=TransferService(stores, cache, scope, clock, max_attachment_bytes=bounds.max_attachment_bytes),
        runs=runs,
        evaluations=evaluations,
        models=ModelService(stores, scope, listing, evaluations, clock),
        datasets=datasets,
        records=records,
        near_duplicates=NearDuplicateService(stores, datasets),
        prompts=PromptService(stores, scope, listing, clock),
        scorers=ScorerService(stores, scope, clock),
        trust=TrustService(stores, listing),
        label_schemas=label_schemas,
        labeling=labeling,
        labeling_items=labeling_items,
        labeling_rules=LabelingRuleService(stores, labeling, listing, clock),
        reviews=ReviewService(stores, scope, clock),
        labeling_reports=LabelingReportService(stores, labeling),
        review_queues=ReviewQueueService(
            stores, scope, clock, sessions=labeling, items=labeling_items, schemas=label_schemas, runs=runs
        ),
        issues=IssueService(stores, scope, clock),
    )
