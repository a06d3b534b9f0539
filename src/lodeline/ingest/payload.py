"""The packed payload chunk: what one request brought for one trace, in the form in which stores keep it.

A chunk is one version byte (1) and one zstd frame with its checksum. The frame holds, in this order: the length of
the facts as four bytes (little endian); the facts as JSON; and OTLP `TracesData` bytes with exactly the spans of the
facts, their resources and scopes. Spans keep the bytes with which they were sent. `SpanFacts.position` is a span's
index in them.

The facts are ``[[resource, [span, ...]], ...]``, one item a run of spans that share their resource. A resource is the
values of `ResourceFacts` in their order; a span is the values of `SpanFacts` in their order, but for the resource,
with kind and status as numbers and without the Nones at its end.

Readers raise `Corrupt` for bytes that `pack` did not write, and never use more than `MAX_CHUNK_BYTES` for them.
"""

import struct
import threading
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import orjson
import zstandard
from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1 import trace_pb2

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.ids import SpanId, TraceId, otel_trace_id
from lodeline.domain.named_tuple import make
from lodeline.domain.span import (
    NO_RESOURCE,
    SPAN_KINDS,
    SPAN_STATUSES,
    AttributeValue,
    ResourceFacts,
    Span,
    SpanEvent,
    SpanFacts,
    SpanLink,
    SpanSkeleton,
    SpanView,
)
from lodeline.domain.usage import NO_USAGE, TokenUsage, picousd_to_usd
from lodeline.ingest import semconv, wire
from lodeline.ingest.indexable import collect, joined
from lodeline.ingest.span_facts import MAX_FACT_TEXT
from lodeline.ingest.values import attributes, clean_text, texts

MAX_CHUNK_BYTES = 512 * 1024 * 1024
"""The largest chunk, decompressed."""

_VERSION = b"\x01"
_LENGTH = struct.Struct("<I")
_MAX_FIELDS = 10_000_000
_KIND_NUMBERS = {kind: number for number, kind in enumerate(SPAN_KINDS)}
_STATUS_NUMBERS = {status: number for number, status in enumerate(SPAN_STATUSES)}
_OTEL_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_WIDTH = len(SpanFacts._fields) - 1
_FIELD = {name: index for index, name in enumerate(SpanFacts._fields)}
_KIND, _STATUS, _POSITION, _TOKENS = (_FIELD[name] for name in ("kind", "status", "position", "tokens"))
_TAGS, _METADATA = _FIELD["tags"], _FIELD["metadata"]

Rank = tuple[bool, int, int]
"""`SpanFacts.rank`: the copy of a span with the greater one counts."""
_Row = list[Any]
"""A span's facts as JSON holds them."""


class Corrupt(Invalid):
    """The bytes are not a chunk that `pack` wrote."""

    code = "corrupt_payload"


class _Codecs(threading.local):
    """One compressor and one decompressor a thread: neither may be shared, and both are dear to make."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()


_codecs = _Codecs()


def pack(facts: Sequence[SpanFacts], traces_data: bytes) -> bytes:
    """Return the chunk of these spans; `facts` describe exactly the spans in `traces_data`.

    TooLarge when it would pass `MAX_CHUNK_BYTES`.
    """
    return pack_dumped(dump_facts(facts), traces_data)


def pack_dumped(head: bytes, traces_data: bytes) -> bytes:
    """Return the chunk as `pack` does, of facts that are dumped already."""
    size = _LENGTH.size + len(head) + len(traces_data)
    if size > MAX_CHUNK_BYTES:
        raise TooLarge(f"payload: {size} bytes are over the limit of {MAX_CHUNK_BYTES}; send fewer spans at once.")
    return _VERSION + _codecs.compressor.compress(b"".join((_LENGTH.pack(len(head)), head, traces_data)))


def unpack_facts(chunk: bytes) -> tuple[SpanFacts, ...]:
    """Return the facts as they were packed."""
    return load_facts(_open_facts(chunk))


def load_facts(head: bytes) -> tuple[SpanFacts, ...]:
    """Return the facts that `dump_facts` gave."""
    return tuple(_load(head))


def unpack_skeletons(chunk: bytes) -> list[tuple[Rank, SpanSkeleton]]:
    """Return the skeletons of all spans, each with its rank, in order of position: what the facts say, for less."""
    try:
        return [_skeleton(row) for _, rows in orjson.loads(_open_facts(chunk)) for row in rows]
    except (LookupError, TypeError, ValueError) as error:
        raise _unreadable("facts", error) from error


def _skeleton(row: _Row) -> tuple[Rank, SpanSkeleton]:
    row += _PADDING[len(row) :]
    span_id, parent_id, name, _, _, start_ns, end_ns, digest, _, size_bytes = row[: _FIELD["status_message"]]
    model, _, tokens, cost_picousd = row[_FIELD["model"] : _FIELD["session"]]
    kind, status = SPAN_KINDS[int(row[_KIND])], SPAN_STATUSES[int(row[_STATUS])]
    usage = None if tokens is None else TokenUsage(*tokens)
    cost_usd = picousd_to_usd(cost_picousd)
    skeleton = SpanSkeleton(
        span_id, parent_id, name, kind, status, start_ns, end_ns or None, model, usage, cost_usd, size_bytes
    )
    return (end_ns != 0, end_ns, digest), skeleton


def unpack_spans(
    chunk: bytes, trace_id: TraceId, positions: Collection[int] | None = None, *, want_view: bool = True
) -> list[Span]:
    """Return the spans at `positions` (None for all; unknown ones are left out) in order of position.

    Only the spans asked for are parsed. Without `want_view` their views hold no content, only what the facts say.
    Model, provider and tokens are those of the facts in any case: the ones that filters and sums see.
    """
    head, traces_data = _open(chunk)
    facts = {span.position: span for span in _load(head) if positions is None or span.position in positions}
    found: list[Span] = []
    for position, context, message in _messages(traces_data, facts):
        span = _span(message, facts[position], trace_id, context)
        found.append(_with_content(span, facts[position]) if want_view else span)
    return found


def unpack_narrow(
    chunk: bytes, trace_id: TraceId, keys: Collection[str], positions: Collection[int] | None = None
) -> list[Span]:
    """Return the spans as `unpack_spans` without views, and of their content only the attributes named by `keys`:
    no events, links, or resource. What a filter on attributes asks of many traces: a span whose bytes hold none of
    the keys is not parsed.
    """
    head, traces_data = _open(chunk)
    needles = [key.encode("utf-8", "replace") for key in keys]
    facts = {span.position: span for span in _load(head) if positions is None or span.position in positions}
    nothing = _Context({}, "", "")
    found: list[Span] = []
    position = -1
    try:
        for scope in wire.scopes(traces_data, max_fields=_MAX_FIELDS):
            for data in scope.spans:
                position += 1
                known = facts.get(position)
                if known is None:
                    continue
                if any(needle in data for needle in needles) or not _says_all(known):
                    found.append(_span(trace_pb2.Span.FromString(data), known, trace_id, nothing, keys))
                else:
                    found.append(_bare(known, trace_id))
    except (DecodeError, Invalid) as error:
        raise _unreadable("spans", error) from error
    return found


def _says_all(facts: SpanFacts) -> bool:
    """Tell whether the facts hold name and status message whole."""
    return len(facts.name) < MAX_FACT_TEXT and len(facts.status_message) < MAX_FACT_TEXT


def _bare(facts: SpanFacts, trace_id: TraceId) -> Span:
    """Return the span as its facts tell it."""
    return Span(
        trace_id,
        facts.span_id,
        facts.parent_id,
        facts.name,
        facts.kind,
        facts.status,
        facts.start_ns,
        facts.end_ns or None,
        facts.status_message,
        view=_view_of(facts),
        cost_usd=picousd_to_usd(facts.cost_picousd),
        cost_source=facts.cost_source,
    )


def _view_of(facts: SpanFacts) -> SpanView:
    return SpanView(facts.kind, model=facts.model, provider=facts.provider, tokens=facts.tokens or NO_USAGE)


def unpack_texts(chunk: bytes) -> list[tuple[int, list[str]]]:
    """Return position and texts of every span: its name, its status message, the strings in its attributes (not
    their keys), and its events' names and attribute strings. Empty texts are left out.
    """
    return list(each_texts(chunk))


def each_texts(chunk: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield what `unpack_texts` returns; a span is parsed when it is asked for."""
    _, traces_data = _open(chunk)
    for position, _, message in _messages(traces_data):
        yield position, _texts(message)


def unpack_indexable(chunk: bytes) -> str:
    """Return what a full-text index takes of a chunk (`ingest.indexable`)."""
    _, traces_data = _open(chunk)
    found: dict[str, None] = {}
    for _, _, message in _messages(traces_data):
        collect(message, {pair.key: pair.value for pair in message.attributes}, found)
    return joined(found)


def raw(chunk: bytes) -> bytes:
    """Return the OTLP `TracesData` bytes."""
    return _open(chunk)[1]


def raw_scopes(chunk: bytes, positions: Container[int]) -> Iterator[wire.ScopeSlice]:
    """Yield the scopes of the spans at `positions` with these spans alone, all as the bytes that they are."""
    position = -1
    try:
        for scope in wire.scopes(raw(chunk), max_fields=_MAX_FIELDS):
            spans: list[bytes] = []
            for data in scope.spans:
                position += 1
                if position in positions:
                    spans.append(data)
            if spans:
                yield scope._replace(spans=spans)
    except Invalid as error:
        raise _unreadable("spans", error) from error


def winners(chunks: Sequence[bytes]) -> dict[SpanId, tuple[int, SpanFacts]]:
    """Return for every span of one trace the chunk that holds the copy that counts, and its facts; roots first, then
    by start, ties by id.
    """
    best: dict[SpanId, tuple[int, SpanFacts]] = {}
    for index, chunk in enumerate(chunks):
        for facts in unpack_facts(chunk):
            known = best.get(facts.span_id)
            if known is None or facts.rank > known[1].rank:
                best[facts.span_id] = (index, facts)
    ordered = sorted(best.values(), key=lambda item: skeleton_order(item[1]))
    return {facts.span_id: (index, facts) for index, facts in ordered}


def skeleton_order(facts: SpanFacts | SpanSkeleton) -> tuple[bool, int, SpanId]:
    """What a trace's spans are sorted by."""
    return (facts.parent_id is not None, facts.start_ns, facts.span_id)


def _open(chunk: bytes) -> tuple[bytes, bytes]:
    """Return the facts' JSON and the TracesData."""
    frame = _frame(chunk)
    try:
        data = _codecs.decompressor.decompress(frame)
        (length,) = _LENGTH.unpack_from(data)
    except (zstandard.ZstdError, struct.error) as error:
        raise _unreadable("frame", error) from error
    middle = _LENGTH.size + length
    return data[_LENGTH.size : middle], data[middle:]


def _open_facts(chunk: bytes) -> bytes:
    """Return the facts' JSON; what follows it is not decompressed."""
    frame = _frame(chunk)
    try:
        reader = _codecs.decompressor.stream_reader(frame)
        (length,) = _LENGTH.unpack(reader.read(_LENGTH.size))
        return reader.read(min(length, MAX_CHUNK_BYTES))
    except (zstandard.ZstdError, struct.error) as error:
        raise _unreadable("frame", error) from error


def _frame(chunk: bytes) -> memoryview:
    """Return the zstd frame of a chunk whose version and stated size are as they should be."""
    if chunk[:1] != _VERSION:
        raise Corrupt(f"payload chunk: version {chunk[:1].hex()!r} is unknown; a newer Lodeline may have written it.")
    frame = memoryview(chunk)[1:]
    try:
        size = zstandard.frame_content_size(frame)
    except zstandard.ZstdError as error:
        raise _unreadable("frame", error) from error
    if not 0 <= size <= MAX_CHUNK_BYTES:
        raise Corrupt(f"payload chunk: its stated size of {size} bytes is not valid.")
    return frame


def _unreadable(part: str, error: Exception) -> Corrupt:
    return Corrupt(f"payload chunk: its {part} cannot be read ({error}).")


def dump_facts(facts: Sequence[SpanFacts]) -> bytes:
    """Return the facts as a chunk holds them."""
    groups: list[tuple[ResourceFacts, list[_Row]]] = []
    resource: ResourceFacts | None = None
    rows: list[_Row] = []
    for span in facts:
        if span.resource is not resource:
            resource, rows = span.resource, []
            groups.append((resource, rows))
        row: _Row = list(span[:_WIDTH])
        row[_KIND] = _KIND_NUMBERS[span.kind]
        row[_STATUS] = _STATUS_NUMBERS[span.status]
        if span.tokens is not None:
            row[_TOKENS] = tuple(span.tokens)
        while row[-1] is None:
            row.pop()
        rows.append(row)
    plain = [(tuple(resource), rows) for resource, rows in groups]
    try:
        return orjson.dumps(plain)
    except orjson.JSONEncodeError:
        return orjson.dumps(_plain(plain))


def _plain(value: object) -> object:
    """Return `value` with what orjson refuses made plain: lone surrogates, mappings that are no dict."""
    match value:
        case str():
            return clean_text(value)
        case list() | tuple():
            return [_plain(item) for item in cast("Sequence[object]", value)]
        case Mapping():
            pairs = cast("Mapping[str, object]", value)
            return {clean_text(key): _plain(item) for key, item in pairs.items()}
        case _:
            return value


def _load(head: bytes) -> Iterator[SpanFacts]:
    try:
        groups = orjson.loads(head)
        for values, rows in groups:
            resource = ResourceFacts(*values) if any(values) else NO_RESOURCE
            for row in rows:
                yield _facts(row, resource)
    except (LookupError, TypeError, ValueError) as error:
        raise _unreadable("facts", error) from error


def _facts(row: _Row, resource: ResourceFacts) -> SpanFacts:
    row[_KIND] = SPAN_KINDS[row[_KIND]]
    row[_STATUS] = SPAN_STATUSES[row[_STATUS]]
    width = len(row)
    if width > _TOKENS and row[_TOKENS] is not None:
        row[_TOKENS] = TokenUsage(*row[_TOKENS])
    if width > _WIDTH:
        raise ValueError(f"a span has {width} facts, not {_WIDTH}")
    return make(SpanFacts, (*row, *_PADDING[width:], resource))


_PADDING: tuple[None, ...] = (None,) * _WIDTH


class _Context(NamedTuple):
    """What the spans of one scope share."""

    resource: Mapping[str, AttributeValue]
    scope: str
    scope_version: str


def _messages(
    traces_data: bytes, wanted: Container[int] | None = None
) -> Iterator[tuple[int, _Context, trace_pb2.Span]]:
    """Yield position, surroundings and message of the spans at the wanted positions (None for all), in order."""
    position = 0
    try:
        for scope in wire.scopes(traces_data, max_fields=_MAX_FIELDS):
            context = _context(scope)
            for data in scope.spans:
                if wanted is None or position in wanted:
                    yield position, context, trace_pb2.Span.FromString(data)
                position += 1
    except (DecodeError, Invalid) as error:
        raise _unreadable("spans", error) from error


def _context(scope: wire.ScopeSlice) -> _Context:
    resource = trace_pb2.ResourceSpans.FromString(scope.resource_head).resource
    library = trace_pb2.ScopeSpans.FromString(scope.scope_head).scope
    return _Context(attributes(resource.attributes), library.name, library.version)


def _span(
    message: trace_pb2.Span,
    facts: SpanFacts,
    trace_id: TraceId,
    context: _Context,
    only: Container[str] | None = None,
) -> Span:
    """Return the whole span, or with `only` no other content than the attributes of these keys."""
    kind = message.kind
    pairs = message.attributes if only is None else [pair for pair in message.attributes if pair.key in only]
    events, links = (message.events, message.links) if only is None else ((), ())
    return Span(
        trace_id=trace_id,
        span_id=facts.span_id,
        parent_id=facts.parent_id,
        name=message.name,
        kind=facts.kind,
        status=facts.status,
        start_ns=facts.start_ns,
        end_ns=facts.end_ns or None,
        status_message=message.status.message,
        otel_kind=_OTEL_KINDS[kind] if 0 <= kind < len(_OTEL_KINDS) else "UNSPECIFIED",
        trace_state=message.trace_state,
        attributes=attributes(pairs),
        events=tuple(SpanEvent(event.name, event.time_unix_nano, attributes(event.attributes)) for event in events),
        links=tuple(
            SpanLink(otel_trace_id(link.trace_id), SpanId(link.span_id.hex()), attributes(link.attributes))
            for link in links
        ),
        resource=context.resource,
        scope=context.scope,
        scope_version=context.scope_version,
        view=_view_of(facts),
        cost_usd=picousd_to_usd(facts.cost_picousd),
        cost_source=facts.cost_source,
    )


def _with_content(span: Span, facts: SpanFacts) -> Span:
    view = semconv.view(span)
    narrow = replace(
        view, kind=facts.kind, model=facts.model, provider=facts.provider, tokens=facts.tokens or NO_USAGE
    )
    return replace(span, view=narrow)


def _texts(message: trace_pb2.Span) -> list[str]:
    found = [text for text in (message.name, message.status.message) if text]
    found.extend(texts(message.attributes))
    for event in message.events:
        if event.name:
            found.append(event.name)
        found.extend(texts(event.attributes))
    return found
