"""Traces, their spans, and what was delivered."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.delivery import Delivery, DeliveryMark
from lodeline.domain.ids import ExperimentId, RunId, SpanId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.span import Span, SpanSkeleton
from lodeline.domain.trace import Trace, TraceChange, TraceWrite, WriteOutcome
from lodeline.query.ast import Search


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

    def expecting(self) -> AbstractContextManager[None]:
        """Enclose the preparation of a write and the write itself: a store may wait a moment for what it expects, and
        make several writes durable together."""
        ...

    @property
    def wants_text(self) -> bool:
        """Whether a `TraceWrite` should bring its text: false where it would not be used."""
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
        """Return the packed payload chunks as they are stored, in order of arrival, for export."""
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
