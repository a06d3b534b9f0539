"""What the captures do not hold: our own attributes, MLflow's, and other versions of the emitters."""

import json

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from lodeline.domain.span import AttributeValue, Document, JsonValue, Message, SpanKind, SpanView, ToolCall
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.semconv import Derived, derive, view
from lodeline.ingest.values import from_python
from tests.ingest.semconv.captures import domain_span

Attributes = dict[str, AttributeValue]
Events = list[tuple[str, Attributes]]


def wire(attributes: Attributes, events: Events | None = None, *, root: bool = True) -> WireSpan:
    span = WireSpan(trace_id=b"1234567812345678", span_id=b"12345678", parent_span_id=b"" if root else b"87654321")
    for key, value in attributes.items():
        span.attributes.add(key=key, value=from_python(value))
    for name, pairs in events or []:
        event = span.events.add(name=name)
        for key, value in pairs.items():
            event.attributes.add(key=key, value=from_python(value))
    return span


def derived(attributes: Attributes, events: Events | None = None, *, root: bool = True) -> Derived:
    span = wire(attributes, events, root=root)
    return derive(span, {pair.key: pair.value for pair in span.attributes}, want_preview=True)


def viewed(attributes: Attributes, events: Events | None = None) -> SpanView:
    return view(domain_span(wire(attributes, events)))


def test_a_span_without_any_dialect_is_unknown() -> None:
    plain: Attributes = {"http.request.method": "GET", "url.path": "/", "http.response.status_code": 200}
    assert derived(plain) == Derived()
    assert viewed(plain) == SpanView()


def test_session_and_user_count_on_any_span() -> None:
    assert derived({"session.id": "s", "user.id": "u"}) == Derived(session="s", user="u")
    assert derived({"gen_ai.conversation.id": "c", "enduser.id": "e"})[5:7] == ("c", "e")


def test_previews_are_read_only_when_wanted() -> None:
    span = wire({"lodeline.inputs": "Q", "lodeline.outputs": "A"})
    facts = derive(span, {pair.key: pair.value for pair in span.attributes})
    assert (facts.request, facts.response) == (None, None)


class TestLodeline:
    def test_own_attributes(self) -> None:
        facts = derived(
            {
                "lodeline.kind": "AGENT",
                "lodeline.inputs": '{"messages": [{"role": "user", "content": "Hi"}]}',
                "lodeline.outputs": "Hello",
                "lodeline.session": "s1",
                "lodeline.user": "u1",
                "lodeline.trace_name": "greeting",
                "lodeline.tags.release": "1.2",
                "lodeline.metadata.build": 7,
            }
        )
        assert facts == Derived(
            "AGENT", session="s1", user="u1", request="Hi", response="Hello", trace_name="greeting",
            tags={"release": "1.2"}, metadata={"build": "7"}, dialect="lodeline",
        )  # fmt: skip

    def test_they_win_over_every_other_dialect(self) -> None:
        facts = derived(
            {
                "openinference.span.kind": "CHAIN",
                "llm.model_name": "theirs",
                "session.id": "theirs",
                "llm.token_count.prompt": 5,
                "lodeline.kind": "GUARDRAIL",
                "lodeline.session": "ours",
                "lodeline.model": "ours",
            }
        )
        assert (facts.kind, facts.session, facts.model) == ("GUARDRAIL", "ours", "ours")
        assert facts.tokens == TokenUsage(5)

    def test_an_answer_from_a_cache_costs_nothing(self) -> None:
        assert derived({"lodeline.cache_hit": True, "operation.cost": 0.5}).reported_cost_usd == 0.0
        assert derived({"lodeline.cache_hit": False, "lodeline.cost_usd": 0.5}).reported_cost_usd == 0.5

    @pytest.mark.parametrize(("name", "kind"), [("WORKFLOW", "CHAIN"), ("MEMORY", "TASK"), ("AGENT", "AGENT")])
    def test_kinds_that_mlflow_names_otherwise(self, name: str, kind: SpanKind) -> None:
        assert derived({"lodeline.kind": name}).kind == kind

    def test_previews_can_be_given(self) -> None:
        given: Attributes = {"lodeline.request_preview": "asked", "lodeline.response_preview": "x" * 2_000}
        found = derived({**given, "lodeline.inputs": "in", "lodeline.outputs": "out"})
        assert (found.request, found.response) == ("asked", "x" * 1_000)

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [(0, "0"), (0.0, "0.0"), (False, "false"), (True, "true"), (7, "7"), ([], None), ({}, None)],
    )
    def test_no_and_nought_are_answers(self, sent: AttributeValue, shown: str | None) -> None:
        assert derived({"lodeline.outputs": sent}).response == shown

    @pytest.mark.parametrize(
        ("sent", "meant"),
        [
            ('"{quoted}"', "{quoted}"),
            ('"not closed', '"not closed'),
            ('"a" and "b"', '"a" and "b"'),
            (3, 3),
            ("3", "3"),
        ],
    )
    def test_text_and_json_text(self, sent: AttributeValue, meant: AttributeValue) -> None:
        assert viewed({"lodeline.outputs": sent}).outputs == meant

    def test_structured_values(self) -> None:
        seen = viewed(
            {"lodeline.kind": "TOOL", "lodeline.tool": "add", "lodeline.inputs": {"a": 1}, "lodeline.outputs": [2]}
        )
        assert (seen.inputs, seen.outputs) == ({"a": 1}, [2])
        assert seen.tool_call == ToolCall("add", {"a": 1})

    def test_an_unknown_kind_leaves_it_to_the_others(self) -> None:
        assert derived({"lodeline.kind": "SPACESHIP", "gen_ai.operation.name": "chat"}).kind == "CHAT_MODEL"


def as_json(attributes: Attributes) -> Attributes:
    return {key: json.dumps(value) for key, value in attributes.items()}


MLFLOW_CHAT: Attributes = {
    "mlflow.spanType": "CHAT_MODEL",
    "mlflow.spanInputs": {
        "model": "gpt-4o-mini",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "tools": None,
    },
    "mlflow.spanOutputs": {"choices": [{"message": {"role": "assistant", "content": "Hello!"}}]},
    "mlflow.chat.tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "mlflow.chat.tokenUsage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    "mlflow.llm.cost": {"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.3},
    "mlflow.llm.model": "gpt-4o-mini",
    "mlflow.llm.provider": "openai",
    "mlflow.message.format": "openai",
}


class TestMlflow:
    @pytest.mark.parametrize("attributes", [MLFLOW_CHAT, as_json(MLFLOW_CHAT)], ids=["structured", "json"])
    def test_a_call(self, attributes: Attributes) -> None:
        facts = derived(attributes)
        assert facts == Derived(
            "CHAT_MODEL", "gpt-4o-mini", "openai", TokenUsage(10, 0, 0, 0, 5), 0.3, request="Hi", response="Hello!",
            dialect="mlflow",
        )  # fmt: skip
        seen = viewed(attributes)
        assert seen.inputs == MLFLOW_CHAT["mlflow.spanInputs"]
        assert seen.input_messages == (Message("system", "Be brief."), Message("user", "Hi"))
        assert seen.output_messages == (Message("assistant", "Hello!"),)
        assert seen.tool_definitions == ({"type": "function", "name": "f", "parameters": {"type": "object"}},)

    @pytest.mark.parametrize(
        ("span_type", "kind"),
        [
            ("RETRIEVER", "RETRIEVER"),
            ("WORKFLOW", "CHAIN"),
            ("MEMORY", "TASK"),
            ("UNKNOWN", "UNKNOWN"),
            ("MINE", "UNKNOWN"),
        ],
    )
    def test_span_types(self, span_type: str, kind: SpanKind) -> None:
        assert derived({"mlflow.spanType": span_type}).kind == kind
        assert viewed({"mlflow.spanType": json.dumps(span_type)}).kind == kind

    def test_anthropics_counts_exclude_the_cache(self) -> None:
        usage: Attributes = {
            "mlflow.chat.tokenUsage": {
                "input_tokens": 100, "output_tokens": 5, "total_tokens": 105, "cache_read_input_tokens": 60,
            }
        }  # fmt: skip
        assert derived(usage).tokens == TokenUsage(40, 60, 0, 0, 5)
        assert derived(usage | {"mlflow.message.format": "anthropic"}).tokens == TokenUsage(100, 60, 0, 0, 5)

    def test_tags_and_name_of_the_trace(self) -> None:
        facts = derived({"mlflow.traceTag.team": "a", "mlflow.traceTag.mlflow.traceName": '"greeting"'})
        assert facts.tags == {"team": "a", "mlflow.traceName": "greeting"}
        assert facts.trace_name == "greeting"

    def test_documents(self) -> None:
        seen = viewed(
            {
                "mlflow.spanType": "RETRIEVER",
                "mlflow.spanOutputs": [{"page_content": "Paris", "metadata": {"doc_uri": "a"}, "id": "1"}],
            }
        )
        assert seen.documents == (Document("Paris", "1", None, {"doc_uri": "a"}),)

    def test_a_large_structured_conversation_is_previewed_by_its_end(self) -> None:
        turns: list[AttributeValue] = [{"role": "user", "content": f"{turn} {'x' * 500}"} for turn in range(400)]
        turns.append({"role": "user", "content": "the last"})
        assert derived({"mlflow.spanInputs": {"messages": turns}}).request == "the last"


SENT = '[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]'
RECEIVED = '[{"role": "assistant", "parts": [{"type": "text", "content": "Hello!"}], "finish_reason": "stop"}]'


class TestGenai:
    @pytest.mark.parametrize(
        ("attributes", "events"),
        [
            ({"gen_ai.input.messages": SENT, "gen_ai.output.messages": RECEIVED}, []),
            ({"gen_ai.input.messages": json.loads(SENT), "gen_ai.output.messages": json.loads(RECEIVED)}, []),
            (
                {},
                [
                    (
                        "gen_ai.client.inference.operation.details",
                        {"gen_ai.input.messages": SENT, "gen_ai.output.messages": RECEIVED},
                    )
                ],
            ),
            (
                {},
                [
                    ("gen_ai.user.message", {"content": "Hi"}),
                    ("gen_ai.choice", {"message": {"content": "Hello!"}, "finish_reason": "stop"}),
                ],
            ),
            (
                {},
                [
                    ("gen_ai.user.message", {"content": "Hi"}),
                    (
                        "gen_ai.choice",
                        {"message": '{"role": "assistant", "content": "Hello!"}', "finish_reason": "stop"},
                    ),
                ],
            ),
            (
                {},
                [
                    ("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role": "user", "content": "Hi"}]'}),
                    ("gen_ai.content.completion", {"gen_ai.completion": "Hello!"}),
                ],
            ),
        ],
        ids=["json", "structured", "details event", "message events", "message events with JSON", "content events"],
    )
    def test_messages_wherever_they_are(self, attributes: Attributes, events: Events) -> None:
        base: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
        facts, seen = derived(base | attributes, events), viewed(base | attributes, events)
        assert (facts.kind, facts.request, facts.response) == ("CHAT_MODEL", "Hi", "Hello!")
        assert seen.input_messages == (Message("user", "Hi"),)
        assert seen.output_messages == (Message("assistant", "Hello!"),)

    def test_tool_calls_and_answers_on_events(self) -> None:
        seen = viewed(
            {"gen_ai.operation.name": "chat"},
            [
                ("gen_ai.system.message", {"content": "Be brief."}),
                ("gen_ai.user.message", {"content": "Add."}),
                (
                    "gen_ai.assistant.message",
                    {"tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                ),
                ("gen_ai.tool.message", {"content": "3", "id": "c1"}),
                ("gen_ai.choice", {"message": {"content": "It is 3."}, "finish_reason": "stop"}),
            ],
        )
        assert seen.input_messages == (
            Message("system", "Be brief."),
            Message("user", "Add."),
            Message("assistant", "", (ToolCall("f", {}, "c1"),)),
            Message("tool", "3", tool_call_id="c1"),
        )
        assert (seen.output_messages[0].content, seen.finish_reasons) == ("It is 3.", ("stop",))

    def test_a_tool_that_was_executed(self) -> None:
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "add",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.arguments": '{"a": 1}',
            "gen_ai.tool.call.result": "2",
        }
        seen = viewed(attributes)
        assert seen.tool_call == ToolCall("add", {"a": 1}, "c1")
        assert (seen.inputs, seen.outputs) == ({"a": 1}, 2)
        assert derived(attributes)[7:9] == ('{"a":1}', "2")

    def test_malformed_messages_stay_text(self) -> None:
        attributes: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": '[{"role": "user", '}
        assert viewed(attributes).input_messages == (Message("user", '[{"role": "user", '),)
        assert derived(attributes).request == '[{"role": "user", '

    def test_former_spellings_of_usage(self) -> None:
        usage: Attributes = {
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.completion_tokens": 50,
            "gen_ai.usage.cache_read_input_tokens": 60,
        }
        assert derived(usage).tokens == TokenUsage(40, 60, 0, 0, 50)

    def test_parameters(self) -> None:
        attributes: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.request.stop_sequences": ["a"],
        }
        assert viewed(attributes).parameters == {"temperature": 0.5, "stop_sequences": ["a"]}


class TestVercel:
    def test_version_5_hands_on_anthropics_count_without_the_cache(self) -> None:
        facts = derived(
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.model.provider": "anthropic.messages",
                "ai.usage.inputTokens": 100,
                "ai.usage.outputTokens": 5,
                "ai.usage.cachedInputTokens": 60,
                "ai.response.providerMetadata": '{"anthropic": {"cacheCreationInputTokens": 7}}',
            }
        )
        assert facts.tokens == TokenUsage(100, 60, 7, 0, 5)

    def test_version_6_includes_it(self) -> None:
        facts = derived(
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.model.provider": "anthropic.messages",
                "ai.usage.inputTokens": 167,
                "ai.usage.outputTokens": 5,
                "ai.usage.inputTokenDetails.cacheReadTokens": 60,
                "ai.usage.inputTokenDetails.cacheWriteTokens": 7,
            }
        )
        assert facts.tokens == TokenUsage(100, 60, 7, 0, 5)

    def test_metadata_of_the_root_is_the_traces(self) -> None:
        attributes: Attributes = {
            "ai.operationId": "ai.generateText",
            "ai.telemetry.metadata.sessionId": "s",
            "ai.telemetry.metadata.tenant": "t",
        }
        assert (derived(attributes).session, derived(attributes).metadata) == ("s", {"tenant": "t"})
        assert derived(attributes, root=False).metadata is None

    @pytest.mark.parametrize(
        ("operation", "kind"),
        [("ai.streamObject.doStream", "CHAT_MODEL"), ("ai.embed.doEmbed", "EMBEDDING"), ("ai.embed", "CHAIN")],
    )
    def test_kinds(self, operation: str, kind: SpanKind) -> None:
        assert derived({"ai.operationId": operation}).kind == kind


def test_google_adk_with_content() -> None:
    attributes: Attributes = {
        "gen_ai.system": "gcp.vertex.agent",
        "gen_ai.request.model": "gemini-2.5-pro",
        "gcp.vertex.agent.session_id": "s",
        "gcp.vertex.agent.llm_request": json.dumps(
            {
                "model": "gemini-2.5-pro",
                "config": {
                    "system_instruction": "Be brief.",
                    "tools": [{"function_declarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}],
                },
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            }
        ),
        "gcp.vertex.agent.llm_response": json.dumps(
            {
                "content": {"role": "model", "parts": [{"text": "Hello!"}]},
                "usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 3, "thoughts_token_count": 4},
            }
        ),
    }
    facts, seen = derived(attributes), viewed(attributes)
    assert (facts.kind, facts.session, facts.provider) == ("CHAT_MODEL", "s", "gcp.gemini")
    assert facts.tokens == TokenUsage(9, 0, 0, 0, 3, 4)
    assert (facts.request, facts.response) == ("Hi", "Hello!")
    assert seen.input_messages == (Message("system", "Be brief."), Message("user", "Hi"))
    assert seen.output_messages == (Message("assistant", "Hello!"),)
    assert seen.tool_definitions == ({"type": "function", "name": "f", "parameters": {"type": "OBJECT"}},)


def test_logfire_with_whole_bodies() -> None:
    attributes: Attributes = {
        "logfire.msg": "Chat",
        "gen_ai.request.model": "m",
        "request_data": '{"messages": [{"role": "user", "content": "Hi"}], "model": "m"}',
        "response_data": '{"message": {"role": "assistant", "content": "Hello!"}}',
    }
    seen = viewed(attributes)
    assert (seen.kind, seen.input_messages) == ("CHAT_MODEL", (Message("user", "Hi"),))
    assert seen.output_messages == (Message("assistant", "Hello!"),)
    assert derived(attributes)[7:9] == ("Hi", "Hello!")


def test_a_logfire_message_made_of_a_template_names_the_trace() -> None:
    template = "Chat Completion with {request_data[model]!r}"
    message = "Chat Completion with 'gpt-4o-mini'"
    said: Attributes = {"logfire.msg_template": template, "logfire.msg": message}
    assert derived(said).trace_name == message
    assert derived({**said, "lodeline.trace_name": "given"}).trace_name == "given"
    assert derived({"logfire.msg_template": "plain", "logfire.msg": "plain"}).trace_name is None
    assert derived({"logfire.msg_template": template}).trace_name is None
    assert derived({"logfire.msg": message}).trace_name is None


@pytest.mark.parametrize(
    "said", [{"llm.request.model_name": "m"}, {"llm.invocation_parameters": '{"model": "m", "top_p": 1}'}]
)
def test_openinference_knows_the_model_that_a_failed_call_asked_for(said: Attributes) -> None:
    failed: Attributes = {"openinference.span.kind": "LLM", "llm.system": "openai", **said}
    assert viewed(failed).model == "m"
    assert viewed({**failed, "llm.model_name": "m-1"}).model == "m-1"
    for odd in ("[1]", "{", '{"model": 3}', '{"model": ""}'):
        assert viewed({"openinference.span.kind": "LLM", "llm.invocation_parameters": odd}).model is None


def test_openinference_retrieval_tags_and_metadata() -> None:
    attributes: Attributes = {
        "openinference.span.kind": "RERANKER",
        "reranker.model_name": "rerank-3",
        "reranker.output_documents.1.document.content": "b",
        "reranker.output_documents.0.document.content": "a",
        "reranker.output_documents.0.document.score": 0.5,
        "tag.tags": ["beta"],
        "metadata": '{"tenant": "t", "turn": 1}',
        "llm.cost.total": 0.25,
    }
    facts, seen = derived(attributes), viewed(attributes)
    assert (facts.kind, facts.tags) == ("RERANKER", {"beta": "true"})
    assert facts.metadata == {"tenant": "t", "turn": "1"}
    assert seen.documents == (Document("a", None, 0.5), Document("b"))
    assert facts.reported_cost_usd == 0.25
    assert derived(attributes, root=False).metadata is None


def test_pydantic_ai_agent() -> None:
    seen = viewed(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.call.id": "1",
            "final_result": "12",
            "pydantic_ai.all_messages": json.dumps(
                [
                    {"role": "user", "parts": [{"type": "text", "content": "Add."}]},
                    {
                        "role": "assistant",
                        "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": "{}"}],
                    },
                    {"role": "user", "parts": [{"type": "tool_call_response", "id": "c", "result": "12"}]},
                    {"role": "assistant", "parts": [{"type": "text", "content": "12"}]},
                ]
            ),
        }
    )
    assert (seen.kind, seen.input_messages) == ("AGENT", (Message("user", "Add."),))
    assert [message.role for message in seen.output_messages] == ["assistant", "tool", "assistant"]


def test_dialects_on_one_span_complete_each_other() -> None:
    """The most specific one names the dialect; each field comes from the first that has it.

    The model that answered goes before the one asked for, whoever reports it.
    """
    facts = derived(
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.id": "asked-for",
            "gen_ai.response.model": "answered",
            "gen_ai.usage.input_tokens": 7,
            "gen_ai.usage.output_tokens": 2,
            "gen_ai.system": "openai.chat",
        }
    )
    assert (facts.dialect, facts.kind, facts.model) == ("vercel", "CHAT_MODEL", "answered")
    assert (facts.provider, facts.tokens) == ("openai", TokenUsage(7, 0, 0, 0, 2))


ODD_BODIES: tuple[AttributeValue, ...] = (
    None, 1, "text", [], {}, [[]], {"messages": [1]}, {"args": []}, {"parts": [1]},
)  # fmt: skip


def mlflow_view(library: str, inputs: AttributeValue, outputs: AttributeValue) -> SpanView:
    """View a call as MLflow's client logs it, in the words of a library."""
    return viewed(
        {
            "mlflow.spanType": "LLM",
            "mlflow.message.format": library,
            "mlflow.spanInputs": inputs,
            "mlflow.spanOutputs": outputs,
        }
    )


class TestLibrariesOfMlflow:
    def test_pydantic_ai(self) -> None:
        seen = mlflow_view(
            "pydantic_ai",
            {
                "messages": [
                    {
                        "kind": "request",
                        "instructions": "Be short.",
                        "parts": [
                            {"part_kind": "system-prompt", "content": "You know cities."},
                            {"part_kind": "user-prompt", "content": "Where?"},
                        ],
                    },
                    {
                        "kind": "response",
                        "parts": [{"part_kind": "tool-call", "tool_name": "f", "args": '{"a": 1}',
                                   "tool_call_id": "c1"}],
                    },
                    {
                        "kind": "request",
                        "parts": [
                            {"part_kind": "tool-return", "tool_name": "f", "content": {"b": 2}, "tool_call_id": "c1"},
                            {"part_kind": "retry-prompt", "content": "again"},
                        ],
                    },
                ]
            },
            {"kind": "response", "parts": [{"part_kind": "text", "content": "Paris."}]},
        )  # fmt: skip
        assert [(m.role, m.content) for m in seen.input_messages] == [
            ("system", "Be short."), ("system", "You know cities."), ("user", "Where?"), ("assistant", ""),
            ("tool", '{"b": 2}'), ("user", "again"),
        ]  # fmt: skip
        assert seen.input_messages[3].tool_calls == (ToolCall("f", {"a": 1}, "c1"),)
        assert seen.output_messages == (Message("assistant", "Paris."),)

    def test_dspy(self) -> None:
        seen = mlflow_view("dspy", {"prompt": "Where?", "messages": None}, ["Paris.", {"text": "Rome."}])
        assert seen.input_messages == (Message("user", "Where?"),)
        assert "".join(message.content for message in seen.output_messages).replace("\n", "") == "Paris.Rome."

    def test_a_completion_of_llama_index(self) -> None:
        block: JsonValue = {"block_type": "tool_call", "tool_call_id": "c", "tool_name": "look", "tool_kwargs": "{}"}
        asked: JsonValue = {
            "role": "assistant",
            "additional_kwargs": {"tool_calls": [{"id": "c", "function": {"name": "look", "arguments": "{}"}}]},
            "blocks": [{"block_type": "thinking", "content": "hm"}, block],
        }
        text: JsonValue = {"block_type": "text", "text": "50 degrees"}
        answered: JsonValue = {"role": "tool", "additional_kwargs": {"tool_call_id": "c"}, "blocks": [text, 7]}
        seen = mlflow_view("llamaindex", {"messages": [asked, answered]}, {"message": asked, "raw": {"choices": []}})
        assert [(message.role, message.content) for message in seen.input_messages] == [
            ("assistant", ""), ("tool", "50 degrees"),
        ]  # fmt: skip
        assert seen.input_messages[1].tool_call_id == "c"
        (answer,) = seen.output_messages
        assert answer.tool_calls == (ToolCall("look", {}, "c"),)
        assert answer.reasoning == "hm"
        seen = mlflow_view("llamaindex", {"args": ["Where?"]}, {"text": "Paris.", "raw": {"choices": []}})
        assert (seen.input_messages, seen.output_messages) == (
            (Message("user", "Where?"),), (Message("assistant", "Paris."),),
        )  # fmt: skip

    def test_odd_bodies_are_no_messages(self) -> None:
        for library in ("pydantic_ai", "dspy", "llamaindex"):
            for body in ODD_BODIES:
                assert mlflow_view(library, body, body).kind == "LLM"

    def test_the_model_that_was_asked_for(self) -> None:
        assert derived({"mlflow.spanType": "CHAT_MODEL", "model": "gpt-4o"}).model == "gpt-4o"
        assert derived({"mlflow.spanType": "TOOL", "model": "gpt-4o"}).model is None
        named: Attributes = {"mlflow.spanType": "LLM", "model": "gpt-4o", "mlflow.llm.model": "gpt-4o-2024"}
        assert derived(named).model == "gpt-4o-2024"
