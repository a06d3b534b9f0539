"""Traces: read, search, tag, delete, link to runs."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.auth.policy import ExperimentAction, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Conflict, Deleted, Invalid, NotFound, TooLarge, shown
from lodeline.domain.experiment import check_name, check_tags
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId, RunId, SpanId, TraceId, check_trace_id
from lodeline.domain.page import Page
from lodeline.domain.span import Span, SpanSkeleton
from lodeline.domain.trace import (
    DeleteReport,
    LinkReport,
    SpanHits,
    TagReport,
    Trace,
    TraceChange,
    TraceDetail,
    TraceInfo,
    TraceWrite,
    check_metadata,
)
from lodeline.ingest.otlp_export import traces_data
from lodeline.query.tokens import fold
from lodeline.services.audit import audit_entry, target_of
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.services.masking import masked_tags, masks_of
from lodeline.services.runs import check_run_of
from lodeline.storage.base import Stores

MAX_IDS = 1_000
MAX_DELETE = 10_000
MAX_FOUND = 10_000
_DELETE_STEP = 200
_FIND_S = 4.0


class TraceService:
    """Use cases of traces. What belongs to a deleted experiment is hidden, as if it did not exist."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def get(self, actor: Actor, trace_id: TraceId, action: ExperimentAction = "trace.read") -> Trace:
        """Return one trace in which the actor may do `action`; NotFound when unknown or out of reach."""
        permit_reach(actor, action)
        missing = NotFound.of("trace", trace_id)
        found = self._stores.traces.get([trace_id])
        if not found:
            raise missing
        permit(actor, action, found[0].experiment_id, missing=missing)
        self._scope.holder(found[0].experiment_id)
        return found[0]

    def known(self, actor: Actor, trace_ids: Sequence[TraceId]) -> Sequence[Trace]:
        """Return those of up to `MAX_IDS` traces that there are, in reach, in the order asked for."""
        reach = permit_reach(actor, "trace.read")
        return [trace for trace in self._found(trace_ids) if trace.experiment_id in reach]

    def detail(self, actor: Actor, trace_id: TraceId) -> TraceDetail:
        """Return the trace with the skeleton of its spans and its assessments."""
        trace = self.get(actor, trace_id)
        spans = self._stores.spans.skeleton(trace_id)
        assessments = self._stores.assessments.of_traces([trace_id]).get(trace_id, ())
        return TraceDetail(trace, tuple(spans), tuple(assessments))

    def follow(self, actor: Actor, query: ListQuery) -> Page[Trace]:
        """List traces as they arrive, the earliest first; see `storage.base.TraceStore.follow`.

        Invalid with an order: it is always that of arrival.
        """
        if query.order:
            raise Invalid("order: follow lists traces as they arrive; leave order out.", details={"field": "order"})
        return self._stores.traces.follow(self._listing.search(actor, "trace.read", query, "trace"))

    def spans(self, actor: Actor, trace_id: TraceId, span_ids: Sequence[SpanId] | None = None) -> Sequence[Span]:
        """Return whole spans: all, or the known ones of `span_ids`; in skeleton order."""
        self.get(actor, trace_id)
        return self._stores.spans.load(trace_id, span_ids)

    def otlp(self, actor: Actor, trace_id: TraceId) -> bytes:
        """Return all spans as OTLP `TracesData`, as they were sent; see `ingest.otlp_export.traces_data`."""
        self.get(actor, trace_id)
        return traces_data(list(self._stores.spans.chunks(trace_id)))

    def find_spans(self, actor: Actor, trace_id: TraceId, words: str) -> SpanHits:
        """Find the spans that have each of the words somewhere, upper and lower case alike: in name, kind, model,
        status, id, in a text of their attributes or events. At most `MAX_FOUND` spans, and a few seconds."""
        self.get(actor, trace_id)
        wanted = fold(words).split()
        if not wanted:
            raise Invalid.value("text", words, "one or more words")
        until_s = time.monotonic() + _FIND_S
        skeleton = {span.span_id: span for span in self._stores.spans.skeleton(trace_id)}
        found: set[SpanId] = set()
        partial = False
        for span_id, texts in self._stores.spans.texts(trace_id):
            if len(found) == MAX_FOUND or time.monotonic() > until_s:
                partial = True
                break
            if _has_all(skeleton.get(span_id), texts, wanted):
                found.add(span_id)
        return SpanHits(tuple(span_id for span_id in skeleton if span_id in found), partial)

    def search(self, actor: Actor, query: ListQuery) -> Page[Trace]:
        """List traces, newest start first unless ordered otherwise; never with bodies of spans."""
        search = self._listing.search(actor, "trace.read", query, "trace")
        found = self._stores.traces.search(search)
        return self._listing.explained(actor, found, query, search)

    def tag(self, actor: Actor, trace_id: TraceId, set_tags: Mapping[str, str], delete_tags: Sequence[str] = ()
            ) -> Trace:  # fmt: skip
        """Set and then delete tags; deleting an absent one is fine."""
        trace = self.get(actor, trace_id, "trace.edit")
        check_tags(set_tags)
        check_tags(dict.fromkeys(delete_tags, ""))
        now_ms = self._clock.now_ms()
        audit = audit_entry(
            actor, "trace.tag", trace_id, at_ms=now_ms, experiment_id=trace.experiment_id,
            details={"set": len(set_tags) or None, "deleted": len(delete_tags) or None},
        )  # fmt: skip
        masks = masks_of(self._scope.holder(trace.experiment_id))
        change = TraceChange(set_tags=masked_tags(masks, set_tags), delete_tags=tuple(delete_tags))
        return self._stores.traces.update(trace_id, change, now_ms=now_ms, audit=audit)

    def tag_many(self, actor: Actor, trace_ids: Sequence[TraceId], set_tags: Mapping[str, str],
                 delete_tags: Sequence[str] = ()) -> TagReport:  # fmt: skip
        """Set and then delete tags of up to `MAX_IDS` traces; the report names those that there are not.

        Deleted when one of them is in a deleted experiment: then none is changed. Who may not edit one of them edits
        none. The traces of one experiment are changed together.
        """
        permit_reach(actor, "trace.edit")
        check_tags(set_tags)
        check_tags(dict.fromkeys(delete_tags, ""))
        edited: set[TraceId] = set()
        found = self._found(trace_ids)
        by_experiment = self._permitted(actor, "trace.edit", found)
        self._missing(actor, trace_ids, found)
        for experiment_id, ids in by_experiment.items():
            now_ms = self._clock.now_ms()
            masks = masks_of(self._scope.holder(experiment_id))
            change = TraceChange(set_tags=masked_tags(masks, set_tags), delete_tags=tuple(delete_tags))
            audit = audit_entry(
                actor, "trace.tag", target_of(ids), at_ms=now_ms, experiment_id=experiment_id,
                details={
                    "set": len(set_tags) or None, "deleted": len(delete_tags) or None, "trace_ids": " ".join(ids),
                },
            )  # fmt: skip
            edited.update(self._stores.traces.update_many(ids, change, now_ms=now_ms, audit=audit))
        missing = tuple(trace_id for trace_id in dict.fromkeys(trace_ids) if trace_id not in edited)
        return TagReport(len(edited), missing)

    def delete(self, actor: Actor, trace_ids: Sequence[TraceId]) -> DeleteReport:
        """Remove traces with all that is in them; the report names those that there are not, which is no error.

        Deleted when one of them is in a deleted experiment: then none is removed.
        """
        permit_reach(actor, "trace.delete")
        found = self._found(trace_ids)
        by_experiment = self._permitted(actor, "trace.delete", found)
        missing = self._missing(actor, trace_ids, found)
        deleted = sum(self._remove(actor, experiment_id, ids) for experiment_id, ids in by_experiment.items())
        return DeleteReport(deleted, more=False, missing=missing)

    def delete_matching(self, actor: Actor, query: ListQuery, *, max_traces: int = 1_000) -> DeleteReport:
        """Remove up to `max_traces` traces that match, in small steps; a filter or an order alone is no limit."""
        permit_reach(actor, "trace.delete")
        if not 1 <= max_traces <= MAX_DELETE:
            raise Invalid.value("max_traces", max_traces, f"a number from 1 to {MAX_DELETE}")
        if not query.experiments:
            raise Invalid("experiments: name the experiments to delete from.", details={"field": "experiments"})
        search = self._listing.search(actor, "trace.delete", replace(query, limit=1, cursor=None), "trace")
        deleted = 0
        while True:
            step = min(_DELETE_STEP, max_traces - deleted)
            page = self._stores.traces.search(replace(search, limit=max(step, 1)))
            if step == 0 or not page.items:
                return DeleteReport(deleted, more=bool(page.items) or page.partial)
            by_experiment: dict[ExperimentId, list[TraceId]] = {}
            for trace in page.items:
                by_experiment.setdefault(trace.experiment_id, []).append(trace.trace_id)
            deleted += sum(self._remove(actor, experiment_id, ids) for experiment_id, ids in by_experiment.items())

    def link_run(self, actor: Actor, run_id: RunId, trace_ids: Sequence[TraceId]) -> LinkReport:
        """Link traces of one experiment to a run, idempotently. NotFound names an unknown trace; Invalid for a run of
        another experiment."""
        permit_reach(actor, "trace.edit")
        check_name(run_id, noun="run_id", most=250)
        found = self._found(trace_ids)
        known = {trace.trace_id for trace in found}
        for trace_id in trace_ids:
            if trace_id not in known:
                raise NotFound.of("trace", trace_id)
        experiments = set(self._permitted(actor, "trace.edit", found))
        if len(experiments) > 1:
            raise Invalid("trace_ids: the traces of one call must belong to one experiment.")
        if not experiments:
            return LinkReport(0)
        experiment_id = experiments.pop()
        check_run_of(self._stores, actor, run_id, experiment_id)
        audit = audit_entry(
            actor, "trace.link_run", run_id, at_ms=self._clock.now_ms(), experiment_id=experiment_id,
            details={"traces": len(found)},
        )  # fmt: skip
        ids = [trace.trace_id for trace in found]
        return LinkReport(self._stores.traces.link_run(run_id, ids, audit=audit))

    def log_info(self, actor: Actor, experiment: str | None, trace_id: TraceId, info: TraceInfo) -> Trace:
        """Record what a client says about a trace, before or after its spans; Conflict when it is refused.

        `experiment` is an id or a name; None stands for the one that has the trace, where the actor may feed that,
        else for the default one. Masks and the capture mode of the experiment apply, as they do to spans.
        """
        found = self._scope.one(actor, "trace.ingest", experiment or self._fed(actor, trace_id))
        experiment_id = found.experiment_id
        check_trace_id(trace_id)
        check_tags(info.tags)
        check_metadata(info.metadata)
        capture = masks_of(found)
        write = TraceWrite(experiment_id, trace_id, info=capture.info(info), received_ms=self._clock.now_ms())
        (outcome,) = self._stores.traces.write([write])
        if outcome.refused is not None:
            message = f"trace {trace_id!r}: {outcome.refused} than {shown(found.name)}; name the one that has it."
            raise Conflict(message, code="trace_refused")
        return self._stores.traces.get([trace_id])[0]

    def _fed(self, actor: Actor, trace_id: TraceId) -> ExperimentId:
        """Return the experiment that has a trace, if the actor may feed it, else the default one."""
        reach = permit_reach(actor, "trace.ingest")
        home = self._stores.experiments.home_of("trace", trace_id)
        return home if home is not None and home in reach else DEFAULT_EXPERIMENT

    def _found(self, trace_ids: Sequence[TraceId]) -> Sequence[Trace]:
        if len(trace_ids) > MAX_IDS:
            raise TooLarge(f"trace_ids: {len(trace_ids)} are over the limit of {MAX_IDS} in one call.")
        return self._stores.traces.get(list(dict.fromkeys(trace_ids)))

    def _missing(self, actor: Actor, trace_ids: Sequence[TraceId], found: Sequence[Trace]) -> tuple[TraceId, ...]:
        """Return the ids of no trace, each once, in the order asked for; Deleted when one is of a trace in a deleted
        experiment that the actor may know of."""
        known = {trace.trace_id for trace in found}
        missing = tuple(trace_id for trace_id in dict.fromkeys(trace_ids) if trace_id not in known)
        for trace_id in missing:
            why = self._scope.explained(actor, NotFound.of("trace", trace_id))
            if isinstance(why, Deleted):
                raise why
        return missing

    def _permitted(
        self, actor: Actor, action: ExperimentAction, traces: Sequence[Trace]
    ) -> Mapping[ExperimentId, Sequence[TraceId]]:
        """Return the ids by experiment; raise when the actor may not do `action` to one of the traces."""
        by_experiment: dict[ExperimentId, list[TraceId]] = {}
        for trace in traces:
            permit(actor, action, trace.experiment_id, missing=NotFound.of("trace", trace.trace_id))
            self._scope.holder(trace.experiment_id)
            by_experiment.setdefault(trace.experiment_id, []).append(trace.trace_id)
        return by_experiment

    def _remove(self, actor: Actor, experiment_id: ExperimentId, trace_ids: Sequence[TraceId]) -> int:
        audit = audit_entry(
            actor, "trace.delete", target_of(trace_ids), at_ms=self._clock.now_ms(), experiment_id=experiment_id,
            details={"trace_ids": " ".join(trace_ids)},
        )  # fmt: skip
        return self._stores.traces.delete(trace_ids, audit=audit)


def _has_all(span: SpanSkeleton | None, texts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether each folded word is somewhere in the span."""
    facts = () if span is None else (span.kind, span.model or "", span.status, span.span_id)
    missing = wanted
    for text in (*facts, *texts):
        folded = fold(text)
        missing = [word for word in missing if word not in folded]
        if not missing:
            return True
    return False
