"""Whatever the attributes hold, both paths answer, bounded, and agree."""

import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from lodeline.domain.span import AttributeValue, JsonValue
from lodeline.domain.trace import MAX_PREVIEW
from lodeline.ingest.semconv import Derived, derive, view
from lodeline.ingest.values import from_python
from tests.examples import examples
from tests.ingest.semconv.captures import FILES, domain_span, spans

KEYS = sorted(
    {pair.key for file in FILES for _, wire in spans(file) for pair in wire.attributes}
    | {
        "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.spanType", "mlflow.chat.tokenUsage", "mlflow.llm.cost",
        "mlflow.llm.model", "mlflow.chat.tools", "mlflow.message.format", "mlflow.traceTag.a", "lodeline.kind",
        "lodeline.inputs", "lodeline.outputs", "lodeline.usage", "lodeline.tags.a", "lodeline.metadata.a",
        "lodeline.cache_hit", "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response", "response_data",
        "ai.ranking", "gen_ai.retrieval.documents", "llm.input_messages", "retrieval.documents", "tool_arguments",
    }
)  # fmt: skip
WORDS: list[str] = [
    word
    for line in (
        "role content parts type text user assistant tool system tool_calls function name arguments id",
        "messages input output choices message candidates contents functionCall functionResponse toolUse",
        "toolResult tool_call tool_result reasoning thinking kwargs lc data generations prompt",
        "function_call_output call_id summary value json response usage_metadata input_tokens",
        "promptTokenCount cache_creation page_content document config",
    )
    for word in line.split()
]
EVENTS: list[str] = [
    word
    for line in (
        "gen_ai.user.message gen_ai.assistant.message gen_ai.tool.message gen_ai.system.message gen_ai.choice",
        "gen_ai.client.inference.operation.details gen_ai.content.prompt gen_ai.content.completion exception",
    )
    for word in line.split()
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.sampled_from(WORDS), st.text(max_size=20)
)
SHAPES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)),
    max_leaves=25,
)
VALUES: st.SearchStrategy[AttributeValue] = st.one_of(SHAPES, SHAPES.map(json.dumps), st.binary(max_size=20))
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=25)


def wire_span(attributes: dict[str, AttributeValue], events: list[tuple[str, dict[str, AttributeValue]]]) -> WireSpan:
    span = WireSpan(span_id=b"12345678", trace_id=b"1234567812345678")
    for key, value in attributes.items():
        span.attributes.add(key=key, value=from_python(value))
    for name, pairs in events:
        event = span.events.add(name=name)
        for key, value in pairs.items():
            event.attributes.add(key=key, value=from_python(value))
    return span


def both(span: WireSpan) -> Derived:
    derived = derive(span, {pair.key: pair.value for pair in span.attributes}, want_preview=True)
    seen = view(domain_span(span))
    assert (derived.kind, derived.provider, derived.dialect) == (seen.kind, seen.provider, seen.dialect)
    for preview in (derived.request, derived.response):
        assert preview is None or len(preview) <= MAX_PREVIEW
    assert derived.tokens is None or min(derived.tokens) >= 0
    return derived


@settings(max_examples=examples(125))
@given(
    ATTRIBUTES,
    st.lists(
        st.tuples(
            st.sampled_from(EVENTS),
            st.dictionaries(
                st.sampled_from(["content", "message", "role", "id", "gen_ai.prompt", "tool_calls"]), VALUES
            ),
        ),
        max_size=4,
    ),
)
def test_any_attributes_are_answered(
    attributes: dict[str, AttributeValue], events: list[tuple[str, dict[str, AttributeValue]]]
) -> None:
    both(wire_span(attributes, events))


@settings(max_examples=examples(125))
@given(st.data())
def test_damaged_payloads_are_answered(data: st.DataObject) -> None:
    _, wire = data.draw(st.sampled_from(spans(data.draw(st.sampled_from(FILES)))))
    damaged = WireSpan()
    damaged.CopyFrom(wire)
    for pair in damaged.attributes:
        match data.draw(st.integers(0, 9)):
            case 0:
                pair.value.CopyFrom(from_python(data.draw(VALUES)))
            case 1 if pair.value.string_value:
                pair.value.string_value = pair.value.string_value[: data.draw(st.integers(0, 400))]
            case _:
                pass
    both(damaged)


def timed(attributes: dict[str, AttributeValue]) -> float:
    span = wire_span(attributes, [])
    start_s = time.process_time()
    both(span)
    return time.process_time() - start_s


def test_huge_and_deep_values_take_bounded_time() -> None:
    message = {
        "role": "assistant",
        "content": "x" * 100,
        "tool_calls": [{"id": "a", "function": {"name": "f"}}] * 2,
    }
    bombs: list[dict[str, AttributeValue]] = [
        {"gen_ai.input.messages": json.dumps([message] * 12_000)},
        {"gen_ai.input.messages": json.dumps([{"role": "assistant", "parts": ["x"] * 200_000}])},
        {"gen_ai.output.messages": "[" * 500_000},
        {"gen_ai.output.messages": '{"a":' * 300 + "1" + "}" * 300},
        {"mlflow.spanInputs": "[" * 60 + "]" * 60, "mlflow.spanType": '"CHAT_MODEL"'},
        {f"llm.input_messages.{i}.message.content": "x" for i in range(5_000)},
        {f"gen_ai.prompt.{i}.tool_calls.{i}.name": "x" for i in range(5_000)},
        {"llm.input_messages." + "0." * 20_000 + "a": "x", "openinference.span.kind": "LLM"},
        {"lodeline.tags." + "k" * 100_000: "v" * 100_000},
        {"session.id": "s" * 1_000_000, "user.id": "u" * 1_000_000, "llm.model_name": "m" * 1_000_000},
    ]
    for attributes in bombs:
        assert timed(attributes) < 10.0


def test_names_and_contributions_are_bounded() -> None:
    derived = both(
        wire_span(
            {
                "session.id": "s" * 10_000,
                "gen_ai.request.model": "m" * 10_000,
                "gen_ai.provider.name": "p" * 10_000,
                **{f"lodeline.tags.{i}": "v" * 30_000 for i in range(1_500)},
            },
            [],
        )
    )
    assert derived.session == "s" * 500
    assert derived.model == "m" * 500
    assert derived.provider == "p" * 100
    assert derived.tags is not None
    assert len(derived.tags) == 1_000
    assert {len(value) for value in derived.tags.values()} == {20_000}


def test_more_messages_than_are_kept() -> None:
    span = wire_span({"gen_ai.input.messages": json.dumps([{"role": "user", "content": "hi"}] * 10_500)}, [])
    assert len(view(domain_span(span)).input_messages) == 10_000
