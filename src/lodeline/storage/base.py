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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from lodeline.domain.account import Account, AccountChange, ApiKey, Login, Role
from lodeline.domain.analytics import Aggregate, AggregateQuery, Facet
from lodeline.domain.assessment import Assessment, AssessmentChange, AssessmentDraft, AssessmentRevision
from lodeline.domain.audit import AuditEntry
from lodeline.domain.blob import BlobInfo
from lodeline.domain.delivery import Delivery, DeliveryMark
from lodeline.domain.experiment import Experiment, ExperimentChange, ExperimentDraft, PurgeReceipt
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, KeyId, RunId, SpanId, TraceId
from lodeline.domain.operation import Capabilities
from lodeline.domain.page import Page
from lodeline.domain.session import Session, User
from lodeline.domain.span import Span, SpanSkeleton
from lodeline.domain.trace import Trace, TraceChange, TraceWrite, WriteOutcome
from lodeline.domain.transfer import TraceDump
from lodeline.query.ast import Search
from lodeline.storage.base_runs import EvaluationStore, ModelStore, RunStore, RunTransferStore
from lodeline.storage.copied import CopyReport


class ExperimentStore(Protocol):
    """Experiments. Names are unique and reserved until purge. Experiment "0", "Default", always exists."""

    def create(self, draft: ExperimentDraft, *, now_ms: int, audit: AuditEntry) -> Experiment:
        """Make an experiment with the next free id (never reused), or with the draft's id if that is free.

        Conflict when the name (also of a deleted experiment) or the given id is taken; details name the holder's
        id and lifecycle. A draft whose `client_key` was used before returns that experiment unchanged. The audit
        entry is given the id.
        """
        ...

    def get(self, experiment_id: ExperimentId) -> Experiment:
        """Return it, deleted or not; NotFound when unknown or purged."""
        ...

    def find(self, name: str) -> Experiment | None:
        """Return the experiment of exactly this name, deleted or not; None when there is none."""
        ...

    def search(self, search: Search) -> Page[Experiment]:
        """List experiments; default order is newest created first. `search.experiment_ids` is ignored when empty."""
        ...

    def update(self, experiment_id: ExperimentId, change: ExperimentChange, *, now_ms: int, audit: AuditEntry
               ) -> Experiment:  # fmt: skip
        """Apply the change. Conflict when the new name is taken; Deleted when it is deleted and the change does not
        restore it (lifecycle "ACTIVE"). Deleting hides everything below at once and removes nothing."""
        ...

    def purge(self, experiment_id: ExperimentId, *, audit: AuditEntry) -> PurgeReceipt:
        """Remove a deleted experiment and everything in it, blobs too (`domain.blob.experiment_folder`), in bounded
        steps; safe to repeat after a crash.

        Conflict when it is not deleted or is the default one.
        """
        ...


class TraceStore(Protocol):
    """Traces. A trace belongs to the experiment that first sent it."""

    def write(self, writes: Sequence[TraceWrite], mark: DeliveryMark | None = None) -> Sequence[WriteOutcome]:
        """Merge spans and info into traces; one outcome a write, in order; durable on return.

        Idempotent by (trace, span): of two copies the greater `SpanFacts.rank` is kept, an equal one changes
        nothing. Order does not matter. A write for a trace of another experiment is refused whole, as is one to an
        unknown or deleted experiment; the other writes are kept. Summaries follow `ingest.summary`. The mark is
        recorded in the same transaction (`domain.delivery.advance`).
        Unavailable when the queue is full or the disk is.
        """
        ...

    def get(self, trace_ids: Sequence[TraceId]) -> Sequence[Trace]:
        """Return the known ones among them in the order asked for; unknown ids are left out."""
        ...

    def search(self, search: Search) -> Page[Trace]:
        """List traces of `search.experiment_ids` that satisfy the filter; default order is newest start first,
        completed by arrival (later first)."""
        ...

    def follow(self, search: Search) -> Page[Trace]:
        """List traces as they arrive, the earliest first: without cursor the latest `search.limit` there are, with
        the cursor of such a page those that arrived since.

        `search.order` counts nothing. There is always a cursor, also of an empty page. A trace arrives once, when its
        first write is committed; none is missed or met twice, however many writers there are.
        """
        ...

    def update(self, trace_id: TraceId, change: TraceChange, *, now_ms: int, audit: AuditEntry) -> Trace:
        """Edit tags; edits win over what spans bring later. NotFound when unknown; deleting an absent tag is fine."""
        ...

    def update_many(
        self, trace_ids: Sequence[TraceId], change: TraceChange, *, now_ms: int, audit: AuditEntry
    ) -> Sequence[TraceId]:
        """Edit tags of all these traces or, when it fails, of none; return the ids of those there were, each once.

        The audit entry is for them all; none is written when there was no trace.
        """
        ...

    def delete(self, trace_ids: Sequence[TraceId], *, audit: AuditEntry) -> int:
        """Remove traces with spans, assessments, attachments (`domain.blob.trace_folder`) and index entries; return
        how many there were.

        A trace whose spans are sent again afterwards comes back as a new trace.
        """
        ...

    def link_run(self, run_id: RunId, trace_ids: Sequence[TraceId], *, audit: AuditEntry) -> int:
        """Link traces to a run, idempotently; return how many links are new. NotFound names unknown traces, and
        then nothing is linked."""
        ...

    def abandon(self, *, silent_since_ms: int, now_ms: int, limit: int) -> int:
        """Set up to `limit` traces that are IN_PROGRESS and were last touched before `silent_since_ms` to ABANDONED
        and return how many. All content stays. New content that arrives late revives the trace: its state is again
        what its spans and info say."""
        ...

    def size(self, experiment_id: ExperimentId) -> tuple[int, int]:
        """Return the number of traces of an experiment and the sum of their bytes."""
        ...


class DeliveryStore(Protocol):
    """Which batches of an SDK's process have arrived; `TraceStore.write` records them. The newest `MAX_DELIVERIES` of
    each experiment are kept."""

    def get(self, instance: str) -> Delivery:
        """Return one; NotFound when nothing came from it."""
        ...

    def list(self, experiment_ids: Sequence[ExperimentId], *, limit: int) -> Sequence[Delivery]:
        """Return up to `limit` of these experiments, the one heard of last first; ties by instance."""
        ...


class SpanStore(Protocol):
    """Spans of one trace, read back."""

    def skeleton(self, trace_id: TraceId) -> Sequence[SpanSkeleton]:
        """Return all spans without content: roots first, then by start, ties by id. NotFound when unknown."""
        ...

    def load(self, trace_id: TraceId, span_ids: Sequence[SpanId] | None = None) -> Sequence[Span]:
        """Return whole spans (all, or the known ones of `span_ids`) in skeleton order. NotFound for the trace."""
        ...

    def texts(self, trace_id: TraceId) -> Iterator[tuple[SpanId, Sequence[str]]]:
        """Return every span's id and texts (`query.values.span_texts`), in any order, without empty ones; read as
        they are asked for, so that a reader may stop early. NotFound for the trace."""
        ...

    def chunks(self, trace_id: TraceId) -> Iterator[bytes]:
        """Return the packed payload chunks as written, in order of arrival, for export."""
        ...


class AnalyticsStore(Protocol):
    """Bounded answers about many traces; `search` gives experiments, filter and deadline."""

    def count(self, search: Search) -> tuple[int, bool]:
        """Return how many traces match, and whether that is exact (False: a lower bound at the deadline)."""
        ...

    def facet(self, search: Search, field: str, *, limit: int) -> Facet:
        """Count the values of a text field (a name of the filter language) over matching traces; Invalid for other
        fields. A trace in several runs counts under each of them."""
        ...

    def aggregate(self, search: Search, query: AggregateQuery) -> Aggregate:
        """Compute measures over time buckets of the traces' starts and groups, which are as in `facet`. TooLarge
        when there are more than `query.max_points` cells."""
        ...


class ConversationStore(Protocol):
    """Sessions and users as their traces tell them; always consistent with the traces."""

    def session(self, experiment_id: ExperimentId, session: str, *, now_ms: int) -> Session:
        """Return one; NotFound when no trace names it."""
        ...

    def sessions(self, search: Search, *, now_ms: int) -> Page[Session]:
        """List sessions; default order is last activity first."""
        ...

    def users(self, search: Search) -> Page[User]:
        """List users; default order is last activity first."""
        ...


class AssessmentStore(Protocol):
    """The ledger of judgments. Nothing is overwritten: every change appends a revision."""

    def log(self, experiment_id: ExperimentId, draft: AssessmentDraft, *, by: str | None, now_ms: int,
            audit: AuditEntry) -> tuple[Assessment, bool]:  # fmt: skip
        """Append a judgment; return it and whether anything changed.

        NotFound when its trace or span is unknown. Conflict when `overrides` is not the head of its chain (details
        name the head), or names another target, or when `assessment_id` is taken by different content. A draft with
        an `identifier` already used on (target, name) is a no-op when equal and a new revision otherwise.
        """
        ...

    def get(self, assessment_id: AssessmentId) -> Assessment:
        """Return the present revision; NotFound when unknown or deleted."""
        ...

    def of_traces(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, Sequence[Assessment]]:
        """Return the assessments of traces and their spans, oldest first; traces without any are left out."""
        ...

    def search(self, search: Search) -> Page[Assessment]:
        """List assessments of `search.experiment_ids`; default order is newest created first."""
        ...

    def update(self, assessment_id: AssessmentId, change: AssessmentChange, *, by: str | None, now_ms: int,
               audit: AuditEntry) -> Assessment:  # fmt: skip
        """Append a revision; an unchanged content appends nothing."""
        ...

    def delete(self, assessment_id: AssessmentId, *, by: str | None, now_ms: int, audit: AuditEntry) -> None:
        """Mark deleted. Of a chain's head the predecessor becomes valid again; of a middle link the neighbours are
        linked and validity does not change. NotFound when unknown."""
        ...

    def history(self, assessment_id: AssessmentId) -> Sequence[AssessmentRevision]:
        """Return every revision, oldest first, also of a deleted one; NotFound when never known."""
        ...


class AccountStore(Protocol):
    """Accounts, and the roles they have per experiment."""

    def create(self, account: Account, *, password_hash: str | None, audit: AuditEntry, only_first: bool = False
               ) -> Account:  # fmt: skip
        """Add an account; Conflict when the name is taken (names compare case-folded), or when `only_first` and
        there is any account already: that makes first-run set-up safe in a race."""
        ...

    def get(self, account_id: AccountId) -> Account:
        """Return it; NotFound when unknown."""
        ...

    def credentials(self, name: str) -> tuple[Account, str | None] | None:
        """Return the account of this name with its password hash; None when there is none."""
        ...

    def list(self) -> Sequence[Account]:
        """Return all, by name."""
        ...

    def update(self, account_id: AccountId, change: AccountChange, *, audit: AuditEntry) -> Account:
        """Apply the change. NotFound when unknown. Conflict when it would leave no enabled account with the role
        admin, or when `if_password_hash` is given and is not the present hash."""
        ...

    def set_role(self, account_id: AccountId, experiment_id: ExperimentId, role: Role | None, *, audit: AuditEntry
                 ) -> Account:  # fmt: skip
        """Give or (None) take the role in one experiment. NotFound when the account is unknown."""
        ...

    def delete(self, account_id: AccountId, *, audit: AuditEntry) -> None:
        """Remove it with its logins and keys. NotFound when unknown. Conflict when it would leave no enabled
        admin."""
        ...


class KeyStore(Protocol):
    """API keys, found by the hash of their secret; and browser logins, likewise."""

    def create(self, key: ApiKey, *, secret_hash: bytes, audit: AuditEntry) -> ApiKey:
        """Add a key. NotFound when it has an owner who is unknown."""
        ...

    def find(self, secret_hash: bytes) -> ApiKey | None:
        """Return the key of this hash, revoked and expired ones too; None when there is none."""
        ...

    def list(self, owner_id: AccountId | None = None) -> Sequence[ApiKey]:
        """Return all keys, or those of an owner, newest first."""
        ...

    def revoke(self, key_id: KeyId, *, now_ms: int, audit: AuditEntry) -> ApiKey:
        """Make it useless at once; NotFound when unknown; again is fine, and records nothing."""
        ...

    def touch(self, used_ms: Mapping[KeyId, int]) -> None:
        """Record last uses, seldom and in bulk; may be lost in a crash."""
        ...

    def add_login(self, login: Login, *, secret_hash: bytes, audit: AuditEntry) -> None:
        """Add a browser session, and forget those that have expired. NotFound when its account is unknown."""
        ...

    def find_login(self, secret_hash: bytes) -> Login | None:
        """Return the browser session of this hash, expired or not; None when there is none."""
        ...

    def end_login(self, secret_hash: bytes, *, audit: AuditEntry) -> None:
        """Forget it; unknown is fine, and records nothing."""
        ...


class AuditStore(Protocol):
    """The audit trail."""

    def append(self, entry: AuditEntry) -> None:
        """Record something that changed nothing else in the store, such as a refused login or an export."""
        ...

    def search(self, search: Search) -> Page[AuditEntry]:
        """List entries, newest first. An empty `experiment_ids` means all of them."""
        ...


class TransferStore(Protocol):
    """Whole traces and ledgers, taken out and put back without loss. Their spans travel as `SpanStore.chunks`."""

    def dump(self, trace_id: TraceId) -> TraceDump:
        """Return a trace as an export keeps it; NotFound when unknown or hidden."""
        ...

    def owners(self, trace_ids: Sequence[TraceId]) -> Mapping[TraceId, ExperimentId]:
        """Return the experiments to which the known ones among these traces belong, also where they are hidden."""
        ...

    def restore(self, experiment_id: ExperimentId, traces: Sequence[tuple[TraceDump, Sequence[bytes]]]
                ) -> Sequence[bool]:  # fmt: skip
        """Add traces, each with its chunks, as they were dumped, in one transaction; tell of each whether it was
        added: one whose id is known is left as it is.

        A restored trace is what it was, but for its experiment. Conflict when an assessment's id is taken, Deleted or
        NotFound for the experiment; then none is added.
        """
        ...

    def session_ledgers(self, experiment_id: ExperimentId) -> Iterator[Sequence[AssessmentRevision]]:
        """Return the revisions, oldest first, of each assessment on a session of the experiment, deleted ones too,
        in the order in which they were first logged."""
        ...

    def restore_ledger(self, experiment_id: ExperimentId, revisions: Sequence[AssessmentRevision]) -> bool:
        """Add an assessment on a session with its revisions; False, and nothing is changed, when its id is known."""
        ...


class BlobStore(Protocol):
    """Bytes by path, confined to one root: `domain.blob.check_blob_path` holds for every path."""

    def put(self, path: str, data: BinaryIO, *, max_bytes: int) -> BlobInfo:
        """Write whole or not at all, replacing; TooLarge over `max_bytes`."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Return a readable stream; NotFound when there is none."""
        ...

    def list(self, prefix: str) -> Sequence[BlobInfo]:
        """Return the blobs whose path starts with the folder `prefix` ("" for all), by path."""
        ...

    def delete(self, prefix: str) -> tuple[int, int]:
        """Remove the blob `prefix` or everything in the folder of that name; return count and bytes."""
        ...


class StoreAdmin(Protocol):
    """Operation of the store itself."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot answer."""
        ...

    def figures(self) -> Mapping[str, int | str]:
        """Return sizes and counters by name, such as "file_bytes", "queue_length", "text_backlog"."""
        ...

    def check(self) -> Sequence[str]:
        """Verify the store's own consistency; return what is wrong, empty when all is well."""
        ...

    def backup(self, target: str) -> CopyReport:
        """Write a consistent copy into a new directory `target` while serving; Conflict when it exists."""
        ...

    def vacuum(self) -> Mapping[str, int]:
        """Give free space back; return bytes before and after."""
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
    accounts: AccountStore
    keys: KeyStore
    audit: AuditStore
    transfer: TransferStore
    blobs: BlobStore
    admin: StoreAdmin
    closer: "Closer"
    runs: RunStore
    evaluations: EvaluationStore
    models: ModelStore
    run_transfer: RunTransferStore

    def close(self) -> None:
        """Finish pending work and let go of files and locks; again is fine."""
        self.closer.close()


class Closer(Protocol):
    """Something that can be closed."""

    def close(self) -> None:
        """Close; again is fine."""
        ...
