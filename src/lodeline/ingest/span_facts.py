"""From one parsed span to its narrow facts, and the checks a span must pass before."""

from typing import NamedTuple

import xxhash
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.experiment import ExperimentSettings
from lodeline.domain.ids import SpanId
from lodeline.domain.named_tuple import make
from lodeline.domain.span import REPORTED, SPAN_STATUSES, ResourceFacts, SpanFacts
from lodeline.domain.usage import TokenUsage, usd_to_picousd
from lodeline.ingest.limits import IngestLimits
from lodeline.ingest.prices import price
from lodeline.ingest.semconv import Derived

MAX_FACT_TEXT = 1_000
"""Characters of a span's name and status message in its facts; the span itself keeps them whole."""
_MAX_TIME_NS = 2**63 - 1
_MAX_TOKENS = 2**53 - 1
_MAX_COST_USD = 1e6
_MAX_COST_PICOUSD = usd_to_picousd(_MAX_COST_USD)


class SpanIds(NamedTuple):
    """The ids of a span; all valid."""

    trace_id: bytes
    span_id: SpanId
    parent_id: SpanId | None


def check_ids(message: Span) -> SpanIds:
    """Return a span's ids; Invalid when they are not valid. A parent id of zeros means that there is no parent."""
    trace_id, span_id, parent_id = message.trace_id, message.span_id, message.parent_span_id
    if len(trace_id) != 16 or trace_id == _NO_TRACE:
        raise Invalid(f"its trace id is {_wrong(trace_id, 16)}")
    if len(span_id) != 8 or span_id == _NO_SPAN:
        raise Invalid(f"its span id is {_wrong(span_id, 8)}")
    if parent_id and len(parent_id) != 8:
        raise Invalid(f"its parent span id is {_wrong(parent_id, 8)}")
    parent = parent_id.hex() if parent_id and parent_id != _NO_SPAN else None
    return make(SpanIds, (trace_id, span_id.hex(), parent))


_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


def _wrong(ident: bytes, size: int) -> str:
    return f"{len(ident)} bytes long, not {size}" if len(ident) != size else "all zeros"


def check_parts(message: Span, size_bytes: int, limits: IngestLimits) -> None:
    """Raise TooLarge when a span has too many attributes, events or links, or too large an attribute."""
    for name, count, most in (
        ("attributes", len(message.attributes), limits.max_attributes),
        ("events", len(message.events), limits.max_events),
        ("links", len(message.links), limits.max_links),
    ):
        if count > most:
            raise TooLarge(f"its {count} {name} are over the limit of {most}")
    if size_bytes <= limits.max_attribute_bytes:
        return
    for holder in (message, *message.events, *message.links):
        for pair in holder.attributes:
            size = pair.ByteSize()
            if size > limits.max_attribute_bytes:
                raise TooLarge(f"an attribute of {size} bytes is over the limit of {limits.max_attribute_bytes}")


def span_facts(
    message: Span,
    ids: SpanIds,
    data: bytes,
    derived: Derived,
    resource: ResourceFacts,
    *,
    position: int,
    settings: ExperimentSettings,
) -> SpanFacts:
    """Return the facts of a span; `data` are the bytes that are stored of it, `derived` what its attributes say.

    Times beyond 63 bits become the largest that fit. A cost that the span reports stands; otherwise its tokens are
    priced, at the time it started. Where the cost is from is kept with it.
    """
    start_ns, end_ns = message.start_time_unix_nano, message.end_time_unix_nano
    if start_ns > _MAX_TIME_NS or end_ns > _MAX_TIME_NS:
        start_ns, end_ns = min(start_ns, _MAX_TIME_NS), min(end_ns, _MAX_TIME_NS)
    tokens = derived.tokens
    cost_picousd: int | None = None
    cost_source: str | None = None
    if derived.reported_cost_usd is not None and 0 <= derived.reported_cost_usd <= _MAX_COST_USD:
        cost_picousd, cost_source = usd_to_picousd(derived.reported_cost_usd), REPORTED
    if tokens is not None:
        if max(tokens) > _MAX_TOKENS:
            tokens = TokenUsage(*(min(count, _MAX_TOKENS) for count in tokens))
        if cost_picousd is None:
            cost_picousd, cost_source = _priced(tokens, derived, start_ns, settings)
    code, said = 0, ""
    if message.HasField("status"):
        code, said = message.status.code, message.status.message[:MAX_FACT_TEXT]
    # In the order of the fields. The constructor of a named tuple of this size costs a microsecond by itself.
    values = (
        ids.span_id,
        ids.parent_id,
        message.name[:MAX_FACT_TEXT],
        derived.kind,
        SPAN_STATUSES[code] if 0 <= code < len(SPAN_STATUSES) else "UNSET",
        start_ns,
        end_ns,
        xxhash.xxh3_64_intdigest(data) >> 1,
        position,
        len(data),
        said,
        derived.model,
        derived.provider,
        tokens,
        cost_picousd,
        derived.session,
        derived.user,
        derived.request,
        derived.response,
        derived.trace_name,
        derived.tags,
        derived.metadata,
        cost_source,
        resource,
    )
    return make(SpanFacts, values)


def _priced(
    tokens: TokenUsage, derived: Derived, at_ns: int, settings: ExperimentSettings
) -> tuple[int | None, str | None]:
    priced = price(tokens, model=derived.model, provider=derived.provider, at_ns=at_ns, overrides=settings.prices)
    return (None, None) if priced is None else (bounded_cost(priced.cost_picousd), priced.source)


def bounded_cost(cost_picousd: int) -> int:
    """Return a cost, or the largest that a span may have."""
    return min(cost_picousd, _MAX_COST_PICOUSD)
