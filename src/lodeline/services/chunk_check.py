"""Payload chunks from a stranger's file: checked before a store relies on them."""

from collections.abc import Mapping

from lodeline.domain.errors import Invalid
from lodeline.domain.experiment import MAX_TAGS
from lodeline.domain.ids import TraceId, check_span_id
from lodeline.domain.span import ResourceFacts, SpanFacts
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.payload import Corrupt, unpack_facts, unpack_spans

_MAX_INT = 2**63 - 1
_MAX_TEXT = 20_000
_TEXTS = (
    "name", "status_message", "model", "provider", "session", "user", "request", "response", "trace_name",
    "cost_source",
)  # fmt: skip
_RESOURCE_TEXTS = ("service", "environment", "model_id", "run_id", "client")


def check_chunk(chunk: bytes, trace_id: TraceId) -> int:
    """Return how many spans a chunk holds; Invalid unless it is whole and its facts are such as ingest makes."""
    facts = unpack_facts(chunk)
    for span in facts:
        _check_facts(span)
    spans = unpack_spans(chunk, trace_id, want_view=False)
    if [span.position for span in facts] != list(range(len(spans))):
        raise Corrupt("payload chunk: its facts are not those of its spans.")
    return len(spans)


def _check_facts(span: SpanFacts) -> None:
    for span_id in (span.span_id, span.parent_id or span.span_id):
        check_span_id(_text(span_id))
    for name in _TEXTS:
        value = getattr(span, name)
        if value is not None or name in {"name", "status_message"}:
            _text(value)
    for number in (span.start_ns, span.end_ns, span.digest, span.position, span.size_bytes):
        _whole(number)
    if span.cost_picousd is not None:
        _whole(span.cost_picousd, least=-_MAX_INT)
    if span.tokens is not None:
        _check_tokens(span.tokens)
    for pairs in (span.tags, span.metadata, span.resource.tags):
        if pairs is not None:
            _check_pairs(pairs)
    _check_resource(span.resource)


def _check_resource(resource: ResourceFacts) -> None:
    for name in _RESOURCE_TEXTS:
        value = getattr(resource, name)
        if value is not None:
            _text(value)


def _check_tokens(tokens: TokenUsage) -> None:
    for number in tokens:
        _whole(number)


def _check_pairs(pairs: Mapping[str, str]) -> None:
    if not isinstance(pairs, dict) or len(pairs) > MAX_TAGS:
        raise _bad("tags")
    for key, value in pairs.items():
        _text(key)
        _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _bad("text")
    return value


def _whole(value: object, *, least: int = 0) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MAX_INT:
        raise _bad("number")


def _bad(what: str) -> Invalid:
    return Corrupt(f"payload chunk: a {what} among its facts is not such as ingest makes.")
