"""Real traces of real emitters: every backend stores, reads back and finds them as the reference does."""

import gzip
import random
from functools import partial
from pathlib import Path

import pytest

from lodeline.domain.ids import DEFAULT_EXPERIMENT, TraceId
from lodeline.domain.span import SpanFacts
from lodeline.ingest import semconv
from lodeline.ingest.otlp import decode
from lodeline.query.grammar_native import parse
from lodeline.query.reference import matches
from lodeline.query.subjects import TraceSubject
from lodeline.query.tokens import tokens
from lodeline.query.values import span_texts
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, found, settle

CAPTURES = Path(__file__).parents[1] / "data" / "otlp"
FILTERS = [
    "state = ERROR",
    "state != 'OK'",
    "span(kind = 'LLM')",
    "span.kind = 'TOOL'",
    "span(kind = 'CHAT_MODEL' AND status = OK)",
    "span.model LIKE '%gpt%'",
    "span.model ILIKE '%CLAUDE%'",
    "span.provider = 'openai'",
    "span.provider IN ('anthropic', 'google')",
    "tokens.total > 1000",
    "tokens.output < 10 AND tokens.total > 0",
    "tokens.cache_read > 0",
    "cost > 0.01",
    "cost IS NULL",
    "duration > 5s",
    "span(duration > 1s AND kind != 'UNKNOWN')",
    "session IS NOT NULL",
    "user IS NOT NULL",
    "service IS NOT NULL AND client IS NOT NULL",
    "name LIKE 'chat%'",
    "span.name ILIKE '%agent%'",
    "span_count >= 5",
    "error_count > 0 AND NOT state = ERROR",
    "request ILIKE '%what%'",
    "response IS NOT NULL",
    "text ~ 'paris'",
    "text ~ '\"the capital\"'",
    "text ~ 'error' AND span(status = ERROR)",
    "span.content LIKE '%\"role\"%'",
    "span.content ILIKE '%MEXICO%'",
    "span.content RLIKE 'call_[A-Za-z0-9]+'",
    "span.attributes.`gen_ai.system` = 'openai'",
    "span.attributes.`gen_ai.operation.name` = 'chat'",
    "span.attributes.`gen_ai.usage.input_tokens` > 100",
    "span.attributes.`openinference.span.kind` IS NOT NULL",
    "span(name LIKE '%tool%' AND attributes.`gen_ai.tool.name` IS NOT NULL)",
    "NOT span.content LIKE '%http%'",
    "span(text ~ 'weather' AND model IS NOT NULL)",
    "size > 20000",
]


@pytest.fixture(scope="module")
def sent() -> dict[TraceId, dict[str, SpanFacts]]:
    """The facts of every captured span, by trace and span."""
    return {}


@pytest.fixture(scope="module")
def filled(shared_stores: Stores, sent: dict[TraceId, dict[str, SpanFacts]]) -> Stores:
    """A store with all captures."""
    for file in sorted(CAPTURES.rglob("*.pb.gz")):
        decoded = decode(gzip.decompress(file.read_bytes()), "application/x-protobuf")
        assert decoded.rejected == ()
        writes = [trace.write(DEFAULT_EXPERIMENT, received_ms=T0_MS) for trace in decoded.traces]
        assert all(outcome.refused is None for outcome in shared_stores.traces.write(writes))
        for one in writes:
            sent.setdefault(one.trace_id, {}).update({facts.span_id: facts for facts in one.spans})
    settle(shared_stores)
    return shared_stores


@pytest.fixture(scope="module")
def subjects(filled: Stores, sent: dict[TraceId, dict[str, SpanFacts]]) -> list[TraceSubject]:
    return [TraceSubject(t, partial(filled.spans.load, t.trace_id)) for t in filled.traces.get(list(sent))]


def test_every_captured_span_is_read_back_as_it_was_understood(
    filled: Stores, sent: dict[TraceId, dict[str, SpanFacts]]
) -> None:
    assert len(sent) > 200
    for trace in filled.traces.get(list(sent)):
        facts_by_id = sent[trace.trace_id]
        spans = filled.spans.load(trace.trace_id)
        assert {span.span_id for span in spans} == facts_by_id.keys()
        assert trace.span_count == len(spans)
        for span in spans:
            facts = facts_by_id[span.span_id]
            assert (span.name, span.kind, span.status) == (facts.name, facts.kind, facts.status)
            assert (span.start_ns, span.end_ns or 0) == (facts.start_ns, facts.end_ns)
            again = semconv.view(span)
            assert (again.model, again.provider) == (facts.model, facts.provider)
            assert (tuple(again.tokens) if facts.tokens else None) == (facts.tokens and tuple(facts.tokens))


@pytest.mark.parametrize("text", FILTERS)
def test_searches_find_what_the_reference_finds(filled: Stores, subjects: list[TraceSubject], text: str) -> None:
    node = parse(text, "trace")
    expected = {subject.trace.trace_id for subject in subjects if matches(node, subject)}
    assert set(found(filled, text)) == expected


def test_the_filters_above_tell_traces_apart(subjects: list[TraceSubject]) -> None:
    matching = [sum(matches(parse(text, "trace"), subject) for subject in subjects) for text in FILTERS]
    telling = [count for count in matching if 0 < count < len(subjects)]
    assert len(telling) > len(FILTERS) * 0.7


def test_every_word_that_was_captured_is_found_by_text(filled: Stores, subjects: list[TraceSubject]) -> None:
    chance = random.Random(7)
    for subject in chance.sample(subjects, 8):
        spans = filled.spans.load(subject.trace.trace_id)
        words = [token for span in spans for text in span_texts(span) for token in tokens(text)]
        word = chance.choice(words)
        ids = found(filled, f"text ~ '{word}'")
        assert subject.trace.trace_id in ids
        node = parse(f"text ~ '{word}'", "trace")
        assert set(ids) == {other.trace.trace_id for other in subjects if matches(node, other)}
