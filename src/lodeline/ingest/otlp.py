"""OTLP trace exports: from the bytes of a request to what is to be stored of each trace.

The request is cut into spans without parsing it (`ingest.wire`), and every span is parsed, checked and masked on its
own: a bad one costs only itself, memory is bounded by the largest, and good ones keep their bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from lodeline.domain.errors import Invalid, TooLarge, Unsupported, shown
from lodeline.domain.experiment import ExperimentSettings
from lodeline.domain.ids import ExperimentId, TraceId, otel_trace_id
from lodeline.domain.span import SpanFacts
from lodeline.domain.trace import TraceWrite
from lodeline.ingest import semconv, wire
from lodeline.ingest.capture import capture_of
from lodeline.ingest.compression import Hold, decompress
from lodeline.ingest.grouping import Experiment, Group, Resource, Scope, Surroundings
from lodeline.ingest.indexable import collect
from lodeline.ingest.limits import DEFAULT_LIMITS, MIB, IngestLimits
from lodeline.ingest.otlp_json import BadSpan, transcode
from lodeline.ingest.payload import dump_facts, pack_dumped
from lodeline.ingest.repair import Budget, Repair, count_values
from lodeline.ingest.resources import ExperimentHint
from lodeline.ingest.span_facts import SpanIds, check_ids, check_parts, span_facts
from lodeline.ingest.trace_previews import Waiting

PROTOBUF_TYPES = frozenset(("application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf"))
JSON_TYPE = "application/json"
_LARGE_SPAN_BYTES = 1 * MIB
"""Larger spans are counted before they are parsed: two bytes on the wire can take sixty in memory."""
_MAX_WARNINGS = 100
_MODEL_KEYS = frozenset(
    (
        "gen_ai.request.model", "gen_ai.system", "gen_ai.provider.name", "llm.model_name", "ai.model.id",
        "gen_ai.operation.name", "llm.request.type", "model_name",
    )
)  # fmt: skip
"""Spans with one of these are probably model calls: their previews stand in where the root has none
(`ingest.trace_previews`)."""

_Message = TypeVar("_Message", Span, ResourceSpans, ScopeSpans)

SettingsFor = Callable[[ExperimentHint | None], ExperimentSettings]
"""Which settings hold for the spans of a resource that asks for this experiment, or for none."""


class RejectedSpan(NamedTuple):
    """A span that was not taken: its ids in hexadecimal (or as sent; "" if there is none to tell), and why."""

    trace_id: str
    span_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecodedTrace:
    """Spans of one trace from one request: their facts, their `TracesData` bytes, and their indexable text if it is
    wanted.

    A trace with many spans comes as several of these, one after the other.
    """

    trace_id: TraceId
    hint: ExperimentHint | None
    spans: tuple[SpanFacts, ...]
    traces_data: bytes
    text: str | None

    def packed(self) -> "PackedTrace":
        """Return it with its payload packed."""
        facts = dump_facts(self.spans)
        return PackedTrace(
            self.trace_id, self.hint, self.spans, facts, pack_dumped(facts, self.traces_data), self.text
        )

    def write(self, experiment_id: ExperimentId, *, received_ms: int) -> TraceWrite:
        """Return what is to be stored."""
        return self.packed().write(experiment_id, received_ms=received_ms)


class PackedTrace(NamedTuple):
    """A `DecodedTrace` whose bytes have become the payload chunk that is stored; `facts` are those of the spans as a
    chunk holds them (`ingest.payload`)."""

    trace_id: TraceId
    hint: ExperimentHint | None
    spans: tuple[SpanFacts, ...]
    facts: bytes
    chunk: bytes
    text: str | None

    def write(self, experiment_id: ExperimentId, *, received_ms: int) -> TraceWrite:
        """Return what is to be stored."""
        return TraceWrite(
            experiment_id, self.trace_id, self.spans, self.chunk, received_ms=received_ms, text=self.text
        )


class Packed(NamedTuple):
    """A `Decoded` request, packed."""

    traces: tuple[PackedTrace, ...] = ()
    rejected: tuple[RejectedSpan, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded request. `warnings` say what was repaired in spans that were taken."""

    traces: tuple[DecodedTrace, ...] = ()
    rejected: tuple[RejectedSpan, ...] = ()
    warnings: tuple[str, ...] = ()

    def packed(self) -> Packed:
        """Return it with the payload of every trace packed."""
        return Packed(tuple(trace.packed() for trace in self.traces), self.rejected, self.warnings)


def no_settings(_hint: ExperimentHint | None) -> ExperimentSettings:
    """Return the settings of an experiment that has none of its own."""
    return _DEFAULT_SETTINGS


_DEFAULT_SETTINGS = ExperimentSettings()


def decode(
    body: bytes,
    content_type: str | None,
    *,
    encoding: str | None = None,
    limits: IngestLimits = DEFAULT_LIMITS,
    settings_for: SettingsFor = no_settings,
    hold: Hold | None = None,
    with_text: bool = True,
) -> Decoded:
    """Decode the body of an OTLP trace export (``ExportTraceServiceRequest``) in protobuf or JSON.

    `content_type` and `encoding` are the request's headers. `settings_for` is asked once for every experiment that
    resources ask for, `hold` told how large the body becomes when it is decompressed; their errors pass through. The
    traces have an indexable text if that is wanted.

    A bad span is among `rejected`: without valid ids, over a limit, or malformed. A span whose strings are not UTF-8
    is repaired and named in `warnings`. Ends before starts are kept as they are; times beyond 63 bits become the
    largest that fit.

    Raises Unsupported for other content types and encodings, Invalid for a body that is not what its headers say,
    TooLarge for one over a limit.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in PROTOBUF_TYPES and kind != JSON_TYPE:
        raise Unsupported(
            f"Content-Type {shown(content_type or '')} is not known; send application/x-protobuf or {JSON_TYPE}.",
            code="unsupported_media_type",
        )
    data = decompress(body, encoding, limits, hold)
    rejected: Sequence[BadSpan] = ()
    if kind == JSON_TYPE:
        scopes, rejected = transcode(data, limits)
        request = _Request(limits, settings_for, None, with_text=with_text)
    else:
        scopes = list(wire.scopes(data, max_fields=4 * limits.max_spans))
        request = _Request(limits, settings_for, data, with_text=with_text)
    if sum(len(scope.spans) for scope in scopes) > limits.max_spans:
        raise TooLarge(f"body: over {limits.max_spans} spans; send them in several requests.")
    for bad in rejected:
        request.rejected.append(RejectedSpan(*bad))
    return request.run(scopes)


class _Request:
    """One request while it is decoded. `body` is its protobuf, None if it came as JSON."""

    def __init__(
        self, limits: IngestLimits, settings_for: SettingsFor, body: bytes | None, *, with_text: bool
    ) -> None:
        self.rejected: list[RejectedSpan] = []
        self._warnings: list[str] = []
        self._limits = limits
        self._settings_for = settings_for
        self._body = body
        self._with_text = with_text
        self._experiments: dict[ExperimentHint | None, Experiment] = {}
        self._groups: dict[tuple[bytes, ExperimentHint | None], Group] = {}
        self._last_key: tuple[bytes, ExperimentHint | None] = (b"", None)
        self._last_group = Group()
        self._asked: dict[bytes, ExperimentHint] = {}
        self._repair_budget = Budget(2 * limits.max_values)
        # Smaller spans cannot be over a limit of their parts: each part takes two bytes at least.
        self._crowd_bytes = 2 * min(
            limits.max_attributes, limits.max_events, limits.max_links, limits.max_attribute_bytes // 2
        )
        self._growth_left = limits.max_decompressed_bytes + 64 * MIB

    def run(self, slices: Sequence[wire.ScopeSlice]) -> Decoded:
        """Decode all spans. Those whose resource asks for an experiment come first: they decide for their trace."""
        for scope in sorted(self._open(slices), key=lambda scope: scope.hint is None):
            self._run_scope(scope)
        traces: list[DecodedTrace] = []
        for (trace_id, hint), group in self._groups.items():
            group.finish_chunk()
            traces.extend(
                DecodedTrace(otel_trace_id(trace_id), hint, facts, data, text if self._with_text else None)
                for facts, data, text in group.chunks
            )
        return Decoded(tuple(traces), tuple(self.rejected), tuple(self._warnings))

    def _run_scope(self, scope: Scope) -> None:
        asked, crowd_bytes = self._asked, self._crowd_bytes
        around: Surroundings | None = None
        for sent in scope.spans:
            try:
                message, data = self._read(sent)
                ids = check_ids(message)
                if len(data) > crowd_bytes:
                    check_parts(message, len(data), self._limits)
            except (Invalid, TooLarge) as error:
                self._reject(sent, error.message)
                continue
            hint = scope.hint
            if hint is not None:
                asked.setdefault(ids.trace_id, hint)
            elif asked:
                hint = asked.get(ids.trace_id)
            if around is None or hint != around.hint:
                around = scope.within(hint) or scope.place(hint, self._experiment(hint))
            self._add(around, message, ids, data)

    def _open(self, slices: Sequence[wire.ScopeSlice]) -> list[Scope]:
        """Parse resources and scopes; the spans of those that cannot be read are rejected."""
        scopes: list[Scope] = []
        resource: Resource | None = None
        at = -1
        for raw in slices:
            if not raw.spans:
                continue
            try:
                if resource is None or raw.resource_index != at:
                    resource, at = None, raw.resource_index
                    resource = Resource(*self._read_head(ResourceSpans, raw.resource_head, "resource_spans"))
                scope, head = self._read_head(ScopeSpans, raw.scope_head, "scope_spans")
                scopes.append(Scope(raw._replace(scope_head=head), resource, scope))
            except (Invalid, TooLarge) as error:
                for data in raw.spans:
                    self._reject(data, f"its resource or scope: {error.message}")
        return scopes

    def _read_head(self, kind: type[_Message], head: bytes, name: str) -> tuple[_Message, bytes]:
        most = self._limits.max_resource_bytes
        if len(head) > most:
            raise TooLarge(f"its {len(head)} bytes are over the limit of {most}")
        try:
            return kind.FromString(head), head
        except DecodeError:
            return self._repair(kind, head, name)

    def _read(self, data: bytes) -> tuple[Span, bytes]:
        """Parse a span; return it with its bytes, which differ when it had to be repaired."""
        if len(data) > _LARGE_SPAN_BYTES:
            if len(data) > self._limits.max_span_bytes:
                raise TooLarge(f"its {len(data)} bytes are over the limit of {self._limits.max_span_bytes}")
            count_values(data, Budget(self._limits.max_values))
        try:
            return Span.FromString(data), data
        except DecodeError:
            return self._repair(Span, data, "span")

    def _repair(self, kind: type[_Message], data: bytes, name: str) -> tuple[_Message, bytes]:
        """Repair a message that protobuf's reader refuses, and warn of it."""
        repair = Repair(max_depth=self._limits.max_depth, budget=self._repair_budget)
        data = repair.run(data, name)
        try:
            message = kind.FromString(data)
        except DecodeError as error:
            raise wire.Malformed(f"it is not valid protobuf ({error})") from error
        if len(self._warnings) < _MAX_WARNINGS:
            subject = f"span {message.span_id.hex()}" if isinstance(message, Span) else name.removesuffix("_spans")
            self._warnings.append(f"{subject}: {repair.summary()}")
        return message, data

    def _add(self, around: Surroundings, message: Span, ids: SpanIds, data: bytes) -> None:
        """Mask a span, derive its facts and add both to its trace."""
        settings, capture, suspect = around.experiment
        masked = suspect and capture.may_mask(data)
        if masked:
            capture.mask(message)
        values = {pair.key: pair.value for pair in message.attributes}
        keeps = capture.keeps_content
        derived = semconv.derive(message, values, want_preview=keeps and ids.parent_id is None)
        if not keeps:
            capture.strip(message, derived)
        if masked or not keeps:
            data = message.SerializeToString()
            values = {pair.key: pair.value for pair in message.attributes}
        group = self._group(ids.trace_id, around.hint, len(data))
        if self._with_text:
            collect(message, values, group.texts)
        facts = span_facts(message, ids, data, derived, around.facts, position=group.position, settings=settings)
        if keeps and ids.parent_id is not None and not _MODEL_KEYS.isdisjoint(values):
            group.waiting.append(Waiting(group.position, data))
        self._growth_left -= group.add(facts, data, around)
        if self._growth_left < 0:
            raise TooLarge("body: its traces share resources that are too large; send fewer traces a request.")

    def _group(self, trace_id: bytes, hint: ExperimentHint | None, size_bytes: int) -> Group:
        """Return the group that takes the next span of a trace, with room in its chunk."""
        key = (trace_id, hint)
        group = self._last_group
        if key != self._last_key:
            found = self._groups.get(key)
            group = self._groups[key] = Group() if found is None else found
            self._last_key, self._last_group = key, group
        if group.size_bytes + size_bytes > self._limits.max_chunk_bytes:
            group.finish_chunk()
        return group

    def _experiment(self, hint: ExperimentHint | None) -> Experiment:
        found = self._experiments.get(hint)
        if found is None:
            settings = self._settings_for(hint)
            capture = capture_of(settings.capture, settings.mask_patterns, mask_secrets=settings.mask_secrets)
            # In JSON a secret may be spelt with escapes, so there only the spans' own bytes can tell.
            suspect = self._body is None or capture.may_mask(self._body)
            found = self._experiments[hint] = Experiment(settings, capture, suspect)
        return found

    def _reject(self, data: bytes, reason: str) -> None:
        self.rejected.append(RejectedSpan(*wire.span_ids(data), reason))
