"""What of a trace is indexed for newest-first search: exact values (table kv) and span properties (span_terms)."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from lodeline.domain.analytics import MAX_SPAN_VALUE
from lodeline.domain.span import SpanFacts
from lodeline.domain.trace import TraceState, TraceSummary
from lodeline.storage.sql.codec import clean

MAX_INDEXED = MAX_SPAN_VALUE
"""Longer values are indexed by their first characters; a search then verifies the whole."""

FIELDS: tuple[str, ...] = ("session", "user", "model", "environment", "service", "name")
"""Trace fields indexed by value, under the key 'f:<field>'; besides them 'f:state' and 'f:run'."""


@lru_cache(maxsize=4_096)
def tag_key(key: str) -> str:
    """Return the kv key of a tag."""
    return clean("t:" + key[:MAX_INDEXED])


@lru_cache(maxsize=4_096)
def metadata_key(key: str) -> str:
    """Return the kv key of a metadata entry."""
    return clean("m:" + key[:MAX_INDEXED])


def field_key(name: str) -> str:
    """Return the kv key of a trace field."""
    return "f:" + name


def indexed(value: str) -> str:
    """Return the part of a value that is indexed."""
    return clean(value[:MAX_INDEXED])


def trace_pairs(
    summary: TraceSummary, state: TraceState, tags: Mapping[str, str], linked: Iterable[str]
) -> set[tuple[str, str]]:
    """Return every (key, value) under which a trace is found in kv."""
    pairs = {(tag_key(k), indexed(v)) for k, v in tags.items()}
    pairs.update((metadata_key(k), indexed(v)) for k, v in summary.metadata.items())
    for key, attribute in _FIELD_KEYS:
        value: str | None = getattr(summary, attribute)
        if value is not None:
            pairs.add((key, indexed(value)))
    pairs.add((field_key("state"), state))
    if summary.run_id is not None:
        pairs.add((field_key("run"), indexed(summary.run_id)))
    pairs.update((field_key("run"), indexed(run)) for run in linked)
    return pairs


_FIELD_KEYS = tuple((field_key(name), "model_id" if name == "model" else name) for name in FIELDS)


def span_terms(span: SpanFacts) -> tuple[tuple[str, int], ...]:
    """Return the (term, err) pairs under which span_terms finds the trace of a span; err 1 repeats failed ones."""
    return _span_terms(span.name, span.kind, span.model, span.provider, span.status == "ERROR")


def terms_of(spans: Iterable[SpanFacts]) -> set[tuple[str, int]]:
    """Return the pairs of all spans; spans of a kind, which most are, cost one look."""
    kinds = {(span.name, span.kind, span.model, span.provider, span.status == "ERROR") for span in spans}
    return {pair for kind in kinds for pair in _span_terms(*kind)}


@lru_cache(maxsize=10_000)
def _span_terms(
    name: str, kind: str, model: str | None, provider: str | None, failed: bool
) -> tuple[tuple[str, int], ...]:
    names = ["n:" + indexed(name), "k:" + kind]
    if model is not None:
        names.append("m:" + indexed(model))
    if provider is not None:
        names.append("p:" + indexed(provider))
    found = [(term, 0) for term in names]
    if failed:
        found.extend((term, 1) for term in names)
        found.append(("s:ERROR", 0))
    return tuple(found)
