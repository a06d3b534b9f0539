"""Traces on their way out: OTLP protobuf with the spans as they were sent, and the OTLP/JSON of it."""

import base64
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from lodeline.domain.errors import TooLarge
from lodeline.ingest import wire
from lodeline.ingest.limits import MIB
from lodeline.ingest.payload import MAX_CHUNK_BYTES, Corrupt, raw_scopes, winners

MAX_BODY_BYTES = 4 * MIB
"""How large the protobuf of one body in JSON becomes, but for single spans that are larger themselves."""
MAX_BODY_SPANS = 10_000
_MAX_FIELDS = 10_000_000
_Object: TypeAlias = dict[str, Any]
_SPAN_IDS = ("traceId", "spanId", "parentSpanId")


def traces_data(chunks: Sequence[bytes]) -> bytes:
    """Return the payload chunks of one trace as OTLP `TracesData`: of each span the copy that counts.

    Spans, resources and scopes are the bytes that were stored, so fields that this version does not know are kept.
    The spans of one resource and scope stand together, else they are in order of arrival. Without spans it is empty.

    Corrupt for bytes that `payload.pack` did not write, TooLarge when it would pass `MAX_CHUNK_BYTES`.
    """
    chosen: list[set[int]] = [set() for _ in chunks]
    for index, facts in winners(chunks).values():
        chosen[index].add(facts.position)
    resources: dict[bytes, dict[bytes, list[bytes]]] = {}
    size_bytes = 0
    for chunk, positions in zip(chunks, chosen, strict=True):
        missing = len(positions)
        for scope in raw_scopes(chunk, positions) if positions else ():
            missing -= len(scope.spans)
            size_bytes += len(scope.resource_head) + len(scope.scope_head) + sum(map(len, scope.spans))
            if size_bytes > MAX_CHUNK_BYTES:
                raise TooLarge(f"trace: its spans are over {MAX_CHUNK_BYTES} bytes; export its experiment.")
            scopes = resources.setdefault(scope.resource_head, {})
            scopes.setdefault(scope.scope_head, []).extend(scope.spans)
        if missing:
            raise Corrupt("payload chunk: its facts are not those of its spans.")
    return wire.join(
        wire.ScopeSlice(index, resource_head, scope_head, spans)
        for index, (resource_head, scopes) in enumerate(resources.items())
        for scope_head, spans in scopes.items()
    )


def json_bodies(data: bytes) -> Iterator[bytes]:
    """Yield OTLP `TracesData` as bodies of OTLP/JSON: mostly one, several where one would be too large to be sent.

    Ids are hexadecimal, other bytes base64, 64-bit integers, NaN and infinities strings, enumerations numbers. Fields
    that this version does not know have no form in JSON and are left out. Malformed when `data` is no OTLP.
    """
    for scopes in _cut(data):
        resources = [
            _object(ResourceSpans, resource_head) | {"scopeSpans": [_scope(scope) for scope in group]}
            for resource_head, group in groupby(scopes, key=attrgetter("resource_head"))
        ]
        yield orjson.dumps({"resourceSpans": resources})


def _scope(scope: wire.ScopeSlice) -> _Object:
    spans = [_object(Span, data) for data in scope.spans]
    for span in spans:
        _spell_ids(span)
        for link in span.get("links", ()):
            _spell_ids(link)
    return _object(ScopeSpans, scope.scope_head) | {"spans": spans}


def _object(kind: type[ResourceSpans | ScopeSpans | Span], data: bytes) -> _Object:
    """Return a message as protobuf's own JSON; each on its own, as readers limit how deep messages nest."""
    try:
        return MessageToDict(kind.FromString(data), use_integers_for_enums=True)
    except DecodeError as error:
        raise wire.Malformed(f"traces: they are not valid OTLP protobuf ({error}).") from error


def _cut(data: bytes) -> Iterator[list[wire.ScopeSlice]]:
    """Yield the scopes of `TracesData` in groups of at most `MAX_BODY_BYTES` and `MAX_BODY_SPANS`."""
    group: list[wire.ScopeSlice] = []
    size_bytes = count = 0
    for scope in wire.scopes(data, max_fields=_MAX_FIELDS):
        if not scope.spans:
            continue
        group.append(scope._replace(spans=[]))
        size_bytes += len(scope.resource_head) + len(scope.scope_head)
        for span in scope.spans:
            if count and (size_bytes + len(span) > MAX_BODY_BYTES or count == MAX_BODY_SPANS):
                yield [item for item in group if item.spans]
                group = [scope._replace(spans=[])]
                size_bytes, count = len(scope.resource_head) + len(scope.scope_head), 0
            group[-1].spans.append(span)
            size_bytes += len(span)
            count += 1
    if count:
        yield group


def _spell_ids(holder: _Object) -> None:
    """Change the ids of a span or link from base64, as protobuf's own JSON has bytes, to hexadecimal."""
    for name in _SPAN_IDS:
        if name in holder:
            holder[name] = base64.b64decode(holder[name]).hex()
