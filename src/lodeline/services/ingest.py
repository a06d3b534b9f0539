"""Ingest: from an export request to stored traces, the one use case behind OTLP/HTTP and OTLP/gRPC."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lodeline.auth.actor import Actor
from lodeline.auth.policy import may, permit, permit_reach
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.delivery import DeliveryMark, DeliverySource
from lodeline.domain.errors import Conflict, Deleted, LodelineError, NotFound, Unavailable, shown
from lodeline.domain.experiment import Experiment, ExperimentDraft, ExperimentSettings, check_name
from lodeline.domain.ids import DEFAULT_EXPERIMENT, ExperimentId, RunId, TraceId, is_experiment_id
from lodeline.domain.trace import TraceWrite, WriteOutcome
from lodeline.ingest.limits import DEFAULT_LIMITS, IngestLimits
from lodeline.ingest.otlp import Packed
from lodeline.ingest.resources import ExperimentHint
from lodeline.services.admission import Admission, Ticket
from lodeline.services.audit import audit_entry
from lodeline.services.decoder import Work
from lodeline.services.decoding import Decoding
from lodeline.services.experiment_cache import ExperimentCache
from lodeline.services.experiments import ExperimentService
from lodeline.storage.base import Stores

MAX_REASONS = 10
_HEADER = "x-lodeline-experiment"
DEFAULT_HINT = ExperimentHint(DEFAULT_EXPERIMENT, "id")


@dataclass(frozen=True, slots=True)
class IngestBounds:
    """What ingest takes on at one time, how much one request may bring, and how many processes of its own decode."""

    max_bytes_in_flight: int = 256 * 2**20
    max_requests_in_flight: int = 256
    processes: int = 0
    limits: IngestLimits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One OTLP export request as it came. `hint` is the experiment that its headers name, for all of it; `source` is
    what an SDK says of the batches in it. The traces whose roots are in it are linked to the run `run_id`."""

    body: bytes
    content_type: str
    encoding: str | None = None
    hint: ExperimentHint | None = None
    source: DeliverySource | None = None
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """What became of an export request: spans stored or known before, spans rejected, and why these were.

    `message` also tells what was repaired; it is empty when there is nothing to tell.
    """

    accepted_spans: int
    rejected_spans: int = 0
    message: str = ""


class IngestService:
    """Takes spans in. Acknowledged means durable, and visible to the next read."""

    def __init__(
        self,
        stores: Stores,
        cache: ExperimentCache,
        experiments: ExperimentService,
        clock: Clock = system_clock,
        bounds: IngestBounds | None = None,
    ) -> None:
        bounds = bounds or IngestBounds()
        self.limits = bounds.limits
        self._stores = stores
        self._cache = cache
        self._experiments = experiments
        self._clock = clock
        self._admission = Admission(max_bytes=bounds.max_bytes_in_flight, max_requests=bounds.max_requests_in_flight)
        self._decoding = Decoding(bounds.processes)

    def admit(self, size_bytes: int = 0) -> Ticket:
        """Return a ticket for one request; Unavailable when too much is under way already."""
        return self._admission.enter(size_bytes)

    def under_way(self) -> tuple[int, int]:
        """Return the requests under way and the bytes they hold."""
        return self._admission.under_way()

    def export(self, actor: Actor, request: ExportRequest, ticket: Ticket | None = None) -> ExportOutcome:
        """Decode a request and store its spans; returns after the commit.

        The request's `ticket` holds what the body becomes when it is decompressed too; Unavailable when that is over
        the bounds.

        The experiment is the one that the request's hint names, else the one that the span's resource names, else
        the default one. An unknown name is created for who may create experiments. Single bad spans, and traces that
        their experiment or the store refuses, are rejected in the outcome and the others kept; a request in which
        nothing can be kept because of its experiment raises that error.
        """
        permit_reach(actor, "trace.ingest")
        with self._stores.traces.expecting():
            return self._export(actor, request, ticket)

    def _export(self, actor: Actor, request: ExportRequest, ticket: Ticket | None) -> ExportOutcome:
        resolver = _Resolver(self._cache, self._experiments, actor, request.hint)

        def hold(decompressed_bytes: int) -> None:
            if ticket is not None:
                ticket.hold(len(request.body) + decompressed_bytes)

        decoded = self._decoding.run(
            Work(
                request.body,
                request.content_type,
                request.encoding,
                self.limits,
                resolver.settings,
                hold,
                usual=resolver.usual(),
                for_all=request.hint is not None,
                with_text=self._stores.traces.wants_text,
            )
        )
        now_ms = self._clock.now_ms()
        writes: list[TraceWrite] = []
        for trace in decoded.traces:
            experiment = resolver.taking(trace.hint)
            if experiment is not None:
                writes.append(trace.write(experiment.experiment_id, received_ms=now_ms))
        if decoded.traces and not writes:
            raise resolver.first_error()
        outcomes = self._stores.traces.write(writes, _mark(request, writes)) if writes else ()
        self._link(actor, request, writes, outcomes)
        refused = [
            (len(write.spans), f"trace {write.trace_id}: {outcome.refused}")
            for write, outcome in zip(writes, outcomes, strict=True)
            if outcome.refused is not None
        ]
        refused += [
            (len(trace.spans), error.message)
            for trace in decoded.traces
            if (error := resolver.error(trace.hint)) is not None
        ]
        return _outcome(decoded, refused)

    def _link(
        self, actor: Actor, request: ExportRequest, writes: Sequence[TraceWrite], outcomes: Sequence[WriteOutcome]
    ) -> None:
        """Link the traces whose roots came to the run that the request names."""
        if request.run_id is None:
            return
        by_experiment: dict[ExperimentId, list[TraceId]] = {}
        for write, outcome in zip(writes, outcomes, strict=True):
            if outcome.refused is None and any(span.parent_id is None for span in write.spans):
                by_experiment.setdefault(write.experiment_id, []).append(write.trace_id)
        for experiment_id, trace_ids in by_experiment.items():
            audit = audit_entry(
                actor, "trace.link_run", request.run_id, at_ms=self._clock.now_ms(), experiment_id=experiment_id,
                details={"traces": len(trace_ids)},
            )  # fmt: skip
            self._stores.traces.link_run(request.run_id, trace_ids, audit=audit)

    def decoders(self) -> int:
        """Return how many processes decode beside this one."""
        return self._decoding.processes()

    def close(self) -> None:
        """End the processes that decode; again is fine."""
        self._decoding.close()


def _mark(request: ExportRequest, writes: Sequence[TraceWrite]) -> DeliveryMark | None:
    first = writes[0]
    return None if request.source is None else DeliveryMark(request.source, first.experiment_id, first.received_ms)


@dataclass(frozen=True, slots=True)
class _New:
    """A name that is to become an experiment, once there is a trace to put into it."""

    name: str


class _Resolver:
    """Finds the experiments that one request names, each once, and keeps the errors of those it may not have.

    An experiment that is not there is made for the first well-formed trace: a request without spans, or with
    malformed ones alone, makes none.
    """

    def __init__(
        self, cache: ExperimentCache, experiments: ExperimentService, actor: Actor, whole: ExperimentHint | None
    ) -> None:
        self._cache = cache
        self._experiments = experiments
        self._actor = actor
        self._whole = whole
        self._found: dict[ExperimentHint, Experiment | _New | LodelineError] = {}
        if whole is not None:
            self._found[whole] = self._resolve(whole)

    def settings(self, hint: ExperimentHint | None) -> ExperimentSettings:
        """Return the settings for spans whose resource gives this hint; the defaults where they will be rejected."""
        found = self._answer(hint)
        return found.settings if isinstance(found, Experiment) else ExperimentSettings()

    def usual(self) -> ExperimentSettings | None:
        """Return the settings for spans whose resource names no experiment, None when they cannot be told yet."""
        found = self._found.get(self._whole or DEFAULT_HINT) or self._cache.by_id(DEFAULT_EXPERIMENT)
        if isinstance(found, _New):
            return ExperimentSettings()
        return found.settings if isinstance(found, Experiment) else None

    def taking(self, hint: ExperimentHint | None) -> Experiment | None:
        """Return the experiment that takes such spans, which is made where it is new; None where they are to be
        rejected."""
        found = self._answer(hint)
        if isinstance(found, _New):
            wanted, new = self._wanted(hint), found
            found = self._found[wanted] = self._tried(lambda: self._made(wanted, new))
        return found if isinstance(found, Experiment) else None

    def error(self, hint: ExperimentHint | None) -> LodelineError | None:
        """Return why such spans are to be rejected; None where they are not."""
        found = self._answer(hint)
        return found if isinstance(found, LodelineError) else None

    def first_error(self) -> LodelineError:
        """Return the first of the errors there were."""
        return next(found for found in self._found.values() if isinstance(found, LodelineError))

    def _wanted(self, hint: ExperimentHint | None) -> ExperimentHint:
        return self._whole or hint or DEFAULT_HINT

    def _answer(self, hint: ExperimentHint | None) -> Experiment | _New | LodelineError:
        wanted = self._wanted(hint)
        found = self._found.get(wanted)
        if found is None:
            found = self._found[wanted] = self._tried(lambda: self._resolve(wanted))
        return found

    def _tried(self, act: Callable[[], Experiment | _New]) -> Experiment | _New | LodelineError:
        """Return what `act` finds, or why such spans are to be rejected; a fault of the store is raised."""
        try:
            return act()
        except LodelineError as error:
            if error.http_status >= 500:
                raise
            return error

    def _resolve(self, hint: ExperimentHint) -> Experiment | _New:
        missing = self._missing(hint)
        found = self._find(hint)
        if found is None:
            return self._new(hint, missing)
        permit(self._actor, "trace.ingest", found.experiment_id, missing=missing)
        if found.lifecycle == "DELETED":
            raise Deleted.of("experiment", found.experiment_id)
        return found

    def _find(self, hint: ExperimentHint) -> Experiment | None:
        if hint.form == "id":
            return self._cache.by_id(hint.value)
        return self._cache.resolve(hint.value)

    def _missing(self, hint: ExperimentHint) -> NotFound:
        """Return the error for what is not there, and, in the same words, for what the actor may not know to be."""
        missing = NotFound.of("experiment", hint.value)
        actor = self._actor
        if may(actor, "trace.ingest"):
            if not may(actor, "experiment.create"):
                missing.message = (
                    f"experiment {shown(hint.value)} does not exist, and {actor.label} may not create it; create it "
                    "first, or send with a key of scope write."
                )
            elif hint.form != "name":  # what is named is created
                wrong = "" if is_experiment_id(hint.value) else ", and is no id, which is asked for here"
                missing.message = (
                    f"experiment {shown(hint.value)} does not exist{wrong}; create it first, or send a name by the "
                    f"header {_HEADER}, which creates one that there is not."
                )
            return missing
        bound = actor.experiment_ids
        where = f" (it is bound to {' and '.join(sorted(bound))})" if bound else ""
        missing.message = (
            f"experiment {shown(hint.value)} does not exist, or {actor.label} may not send traces to it{where}; name "
            f"{'that one' if bound and len(bound) == 1 else 'one that it may send to'} by "
            f"lodeline.set_experiment(experiment_id=...), LODELINE_EXPERIMENT or the header {_HEADER}, or ask "
            "an admin for access."
        )
        return missing

    def _new(self, hint: ExperimentHint, missing: NotFound) -> _New:
        """Return that the experiment is to be made; `missing` where it is no name, or the actor may make none."""
        if hint.form == "id" or (hint.form == "either" and is_experiment_id(hint.value)):
            raise missing
        if not may(self._actor, "experiment.create"):
            raise missing
        check_name(hint.value)
        return _New(hint.value)

    def _made(self, hint: ExperimentHint, new: _New) -> Experiment:
        try:
            return self._experiments.create(self._actor, ExperimentDraft(name=new.name))
        except Conflict:
            self._cache.forget()
            made = self._resolve(hint)  # another request has just created it
            if isinstance(made, _New):
                raise
            if made.settings != ExperimentSettings():
                raise Unavailable(
                    f"experiment {shown(new.name)} was created while these spans were read, with settings of its own "
                    "for what is kept of them; send them again.",
                    code="experiment_created",
                ) from None
            return made


def _outcome(decoded: Packed, refused: Sequence[tuple[int, str]]) -> ExportOutcome:
    """Return the counts, and each reason once with how many spans it cost."""
    reasons: Counter[str] = Counter()
    for count, reason in refused:
        reasons[reason] += count
    for span in decoded.rejected:
        reasons[f"span {span.span_id or '(no id)'} of trace {span.trace_id or '(no id)'}: {span.reason}"] += 1
    sent = sum(len(trace.spans) for trace in decoded.traces)
    rejected_spans = sum(reasons.values())
    lines = [f"{count} span{'s' if count > 1 else ''} rejected: {reason}" for reason, count in reasons.items()]
    lines += decoded.warnings
    if len(lines) > MAX_REASONS:
        lines = [*lines[:MAX_REASONS], f"and {len(lines) - MAX_REASONS} more"]
    accepted = sent - sum(count for count, _ in refused)
    return ExportOutcome(accepted, rejected_spans, "\n".join(lines))
