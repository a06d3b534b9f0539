"""One trace as the memory backend keeps it."""

from dataclasses import dataclass, field

from lodeline.domain.ids import ExperimentId, RunId, SpanId, TraceId
from lodeline.domain.trace import Trace, TraceWrite, WriteOutcome
from lodeline.domain.usage import picousd_to_usd
from lodeline.ingest.summary import TraceFold


@dataclass(slots=True)
class TraceRecord:
    """A trace: the fold of its spans, its payload chunks, and what was edited since.

    `arrival` numbers traces by their first write. `places` says in which chunk, and where in it, each span's winning
    copy lies. In `tag_edits` None stands for a deleted tag. `linked` is an ordered set of runs.
    """

    experiment_id: ExperimentId
    trace_id: TraceId
    arrival: int
    received_ms: int
    updated_ms: int
    fold: TraceFold = field(default_factory=TraceFold)
    chunks: list[bytes] = field(default_factory=list[bytes])
    places: dict[SpanId, tuple[int, int]] = field(default_factory=dict[SpanId, tuple[int, int]])
    tag_edits: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    linked: dict[RunId, None] = field(default_factory=dict[RunId, None])
    finalised: bool = False
    abandoned: bool = False

    def merge(self, write: TraceWrite) -> WriteOutcome:
        """Take in spans and info. Content that was not known before revives an abandoned trace."""
        stored = known = 0
        for facts in write.spans:
            if self.fold.add(facts) == "known":
                known += 1
            else:
                stored += 1
                self.places[facts.span_id] = (len(self.chunks), facts.position)
        if stored:
            self.chunks.append(write.chunk)
        said_before = self.fold.info
        if write.info is not None:
            self.fold.add_info(write.info)
            self.finalised = self.finalised or write.info.finalised
        if stored or self.fold.info != said_before:
            self.updated_ms = max(self.updated_ms, write.received_ms)
            self.abandoned = False
        return WriteOutcome(write.trace_id, stored=stored, known=known)

    def trace(self) -> Trace:
        """Return the trace as lists show it."""
        summary = self.fold.summary()
        edited = {key: value for key, value in self.tag_edits.items() if value is not None}
        tags = {key: value for key, value in summary.tags.items() if key not in self.tag_edits} | edited
        abandoned = self.abandoned and summary.state == "IN_PROGRESS"
        return Trace(
            trace_id=self.trace_id,
            experiment_id=self.experiment_id,
            name=summary.name,
            state="ABANDONED" if abandoned else summary.state,
            start_ns=summary.start_ns,
            duration_ns=summary.duration_ns,
            received_ms=self.received_ms,
            updated_ms=self.updated_ms,
            root_span_id=summary.root_span_id,
            request=summary.request,
            response=summary.response,
            session=summary.session,
            user=summary.user,
            environment=summary.environment,
            service=summary.service,
            client=summary.client,
            model_id=summary.model_id,
            run_id=summary.run_id,
            linked_run_ids=tuple(self.linked),
            client_request_id=summary.client_request_id,
            tokens=summary.tokens,
            cost_usd=picousd_to_usd(summary.cost_picousd),
            span_count=summary.span_count,
            error_count=summary.error_count,
            size_bytes=summary.size_bytes,
            status_message=summary.status_message,
            finalised=self.finalised,
            tags=tags,
            metadata=summary.metadata,
        )
