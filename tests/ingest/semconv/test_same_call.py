"""The same provider call, seen through different emitters, gives the same normalised call."""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import NamedTuple

import pytest

from lodeline.domain.span import JsonValue, Message, SpanView
from tests.ingest.semconv.captures import Call, calls, emitter, index


def canonical(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)


def said(messages: tuple[Message, ...]) -> Hashable:
    return tuple((message.role, message.content) for message in messages)


def called(messages: tuple[Message, ...]) -> Hashable:
    return tuple((call.name, canonical(call.arguments)) for message in messages for call in message.tool_calls)


def call_ids(messages: tuple[Message, ...]) -> Hashable:
    asked = tuple(call.call_id for message in messages for call in message.tool_calls)
    return asked, tuple(message.tool_call_id for message in messages if message.role == "tool")


def thought(messages: tuple[Message, ...]) -> Hashable:
    return tuple(message.reasoning for message in messages if message.reasoning)


def tool_names(view: SpanView) -> Hashable:
    return tuple(tool.get("name") if isinstance(tool, dict) else None for tool in view.tool_definitions)


ASPECTS: dict[str, Callable[[Call], Hashable]] = {
    "kind": lambda call: call.view.kind,
    "model": lambda call: call.view.model,
    "provider": lambda call: call.view.provider,
    "tokens": lambda call: call.view.tokens,
    "input": lambda call: said(call.view.input_messages),
    "input calls": lambda call: called(call.view.input_messages),
    "input call ids": lambda call: call_ids(call.view.input_messages),
    "input reasoning": lambda call: thought(call.view.input_messages),
    "output": lambda call: said(call.view.output_messages),
    "output calls": lambda call: called(call.view.output_messages),
    "output call ids": lambda call: call_ids(call.view.output_messages),
    "output reasoning": lambda call: thought(call.view.output_messages),
    "finish reasons": lambda call: call.view.finish_reasons,
    "tools": lambda call: tool_names(call.view),
    "cost": lambda call: call.cost_usd,
    "session": lambda call: call.view.session,
    "user": lambda call: call.view.user,
}
SENT = frozenset(("cost", "session", "user"))
"""Of these, what is compared is what emitters say: None says nothing."""
CONTENT = frozenset(aspect for aspect in ASPECTS if aspect.startswith(("input", "output")))
REASONING = frozenset(("input reasoning", "output reasoning"))
CALLS = frozenset(("output calls", "output call ids"))


class Justified(NamedTuple):
    """An emitter that reports something else, and why; `only` are the recordings (all of them when empty)."""

    emitter: str
    aspects: frozenset[str]
    reason: str
    only: frozenset[str] = frozenset()


def justified(emitters: str, aspects: frozenset[str] | set[str], reason: str, *only: str) -> list[Justified]:
    return [Justified(name, frozenset(aspects), reason, frozenset(only)) for name in emitters.split()]


EXCEPTIONS = [
    # Content that is not on spans at all.
    *justified("logfire-google-genai", CONTENT | {"tools"}, "content goes to log records"),
    *justified("otel-contrib-openai-v2", CONTENT - REASONING | {"tools"}, "content goes to log records"),
    *justified("google-adk-native", CONTENT - REASONING, "content is not recorded unless asked for"),
    *justified(
        "openllmetry-openai-agents",
        {"output", "tokens", "finish reasons", "tools"} | CALLS,
        "of a chat completion only the request is recorded",
        "test_dbos_agent_with_model_retry",
    ),
    *justified(
        "logfire-openai", {"input"}, "the prompt of a text completion is not recorded", "test_asequential_chain"
    ),
    *justified("strands-native", {"tools"}, "tools are named on the agent's span, not on the call's"),
    *justified(
        "openinference-openai-agents",
        {"tools"},
        "tools of a chat completion are not recorded",
        "test_agent_with_tools",
        "test_chat_completion_tool_calls_with_content",
        "test_dbos_agent_with_model_retry",
    ),
    *justified("pydantic-ai-native", {"session"}, "each conversation has an id of its own"),
    # Names of model and provider.
    *justified("openinference-llama-index strands-native", {"model"}, "only the model asked for is known"),
    *justified(
        "openinference-openai-agents openllmetry-openai-agents",
        {"model"},
        "of a chat completion only the model asked for is known",
        "test_agent_with_tools",
        "test_chat_completion_tool_calls_with_content",
        "test_dbos_agent_with_model_retry",
    ),
    *justified(
        "logfire-openai",
        {"model"},
        "a stream's record repeats the model asked for as the one that answered",
        "test_agent_arun_streaming",
        "test_agent_arun_streaming_with_tools",
        "test_chat_tools_async_streaming",
        "test_invoke",
        "test_router_analytics_complete_workflow",
    ),
    *justified(
        "openinference-langchain openllmetry-langchain",
        {"model"},
        "of a stream only the model asked for is known",
        "test_agents",
    ),
    *justified("strands-native", {"provider"}, "the framework is named in the provider's place"),
    # Tokens.
    *justified(
        "openllmetry-anthropic openllmetry-0.40-anthropic otel-contrib-openai-v2",
        {"tokens"},
        "reasoning is counted, but not apart from the rest of the output",
        "test_anthropic_thinking_agui_0_1_10_drops_prefix",
        "test_anthropic_code_execution_files_cache_prefix_stable[automatic-sonnet-5]",
        "test_chat_reasoning",
    ),
    *justified(
        "openllmetry-anthropic",
        {"tokens"},
        "of a stream the output counts of its first and its last event are added, and the input is the first's",
        "test_anthropic_code_execution_tool_stream",
        "test_anthropic_message_stream_manager_legacy",
        "test_anthropic_native_tool_search_streaming",
        "test_anthropic_prompt_caching_async_stream_legacy",
        "test_anthropic_thinking_streaming_legacy",
        "test_anthropic_tools_streaming_legacy",
    ),
    *justified(
        "openllmetry-0.40-anthropic openllmetry-0.40-openai",
        {"tokens"},
        "tokens of a stream are not recorded",
        "test_anthropic_message_stream_manager_legacy",
        "test_anthropic_native_tool_search_streaming",
        "test_anthropic_prompt_caching_async_stream_legacy",
        "test_anthropic_thinking_streaming_legacy",
        "test_anthropic_tools_streaming_legacy",
        "test_agent_arun_streaming",
        "test_agent_arun_streaming_with_tools",
    ),
    *justified(
        "logfire-google-genai otel-contrib-google-genai",
        {"tokens"},
        "the prompts of the provider's own tools are not counted",
        "test_anthropic_server_tool_receive_history_from_another_provider",
        "test_google_model_file_search_tool",
        "test_google_model_web_fetch_tool_stream",
    ),
    *justified(
        "openllmetry-google-genai",
        {"tokens"},
        "thoughts and the prompts of the provider's own tools are only in the total, undivided",
        "test_anthropic_server_tool_receive_history_from_another_provider",
        "test_google_model_file_search_tool",
        "test_google_model_web_fetch_tool_stream",
    ),
    # Messages.
    *justified(
        "openllmetry-google-genai",
        {"output", "output reasoning"},
        "of a stream only the last piece is recorded",
        "test_google_model_iter_stream",
        "test_google_model_thinking_part_iter",
        "test_google_model_web_fetch_tool_stream",
        "test_google_stream_usage_is_live_mid_stream",
    ),
    *justified(
        "openllmetry-google-genai",
        {"output"},
        "code execution is written into the text as Python's repr",
        "test_anthropic_server_tool_receive_history_from_another_provider",
    ),
    *justified(
        "openllmetry-google-genai",
        {"input", "input reasoning"},
        "thoughts in the history are written as text",
        "test_google_model_thinking_part",
    ),
    *justified(
        "openllmetry-google-genai",
        {"input"},
        "a tool's answer is written as JSON in ASCII",
        "test_google_model_iter_stream",
    ),
    *justified(
        "openllmetry-langchain",
        {"input"},
        "Anthropic's tool_use blocks in the history are written into the text as well",
        "test_mixed_tools_no_output",
        "test_multiple_parallel_tool_calls",
    ),
    *justified(
        "openllmetry-0.40-anthropic",
        CALLS,
        "tool calls of a stream are not recorded",
        "test_anthropic_native_tool_search_streaming",
        "test_anthropic_tools_streaming_legacy",
    ),
    *justified(
        "openllmetry-openai",
        {"input call ids", "output call ids"},
        "a Responses item's own id stands for the id of the call",
        "test_agent_with_function_tool_spans",
        "test_router_analytics_complete_workflow",
    ),
    *justified(
        "openllmetry-openai-agents",
        {"input call ids"},
        "a Responses item's own id stands for the id of the call",
        "test_agent_with_handoff_spans",
        "test_responses_tool_calls",
    ),
    *justified(
        "openinference-google-genai",
        {"output call ids"},
        "Gemini's call ids are left out",
        "test_anthropic_to_google_deferred_capability_history_replay",
    ),
    *justified(
        "otel-contrib-google-genai",
        {"output call ids"},
        "call ids are made up where Gemini gives none",
        "test_google_model_iter_stream",
    ),
    # Requests that really were others.
    *justified(
        "openinference-llama-index openinference-openai-agents openllmetry-openai-agents",
        {"input"},
        "the agent has a system prompt of its own",
        "test_agent_with_tools",
        "test_dbos_agent_with_model_retry",
    ),
    *justified(
        "openinference-langchain openllmetry-langchain",
        {"input"},
        "tools ran in parallel, so the recorded answers went to other calls",
        "test_chat_completion_tool_calls_with_content",
        "test_multiple_parallel_tool_calls",
    ),
    *justified(
        "openinference-llama-index",
        {"input", "input call ids"},
        "tools ran in parallel, so their answers came in another order",
        "test_chat_completion_tool_calls_with_content",
    ),
    *justified(
        "vercel-ai-sdk",
        {"input", "tools"},
        "the hand-over to another agent was played as a tool",
        "test_agent_with_handoff_spans",
    ),
    # Finish reasons and kinds.
    *justified(
        "openllmetry-openai",
        {"finish reasons"},
        "the Responses API has none; this emitter infers one from the items",
        "test_agent_name_propagation_to_agent_spans",
        "test_agent_with_function_tool_spans",
        "test_chat_tools_async_streaming",
        "test_responses",
        "test_responses_parse",
        "test_router_analytics_complete_workflow",
        "TestResponsesAPIFinishReasons.test_responses_api_stop_finish_reason",
    ),
    *justified(
        "otel-contrib-openai-v2",
        {"finish reasons"},
        "not recorded for streams",
        "test_agent_arun_streaming",
        "test_agent_arun_streaming_with_tools",
        "test_chat_tools_async_streaming",
        "test_invoke",
    ),
    *justified(
        "openllmetry-langchain",
        {"finish reasons"},
        "Anthropic's are not recorded",
        "test_mixed_tools_no_output",
        "test_multiple_parallel_tool_calls",
    ),
    *justified(
        "openinference-openai-agents",
        {"kind"},
        "nothing on a failed call tells that it was a chat",
        "test_responses_tool_calls",
    ),
    *justified(
        "openinference-openai-agents openllmetry-openai-agents",
        {"finish reasons"},
        "not recorded, or a fixed one",
        "test_agent_with_tools",
        "test_chat_completion_tool_calls_with_content",
        "test_dbos_agent_with_model_retry",
        "test_agent_with_handoff_spans",
        "test_responses_tool_calls",
    ),
]


def recordings() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in index():
        cassette = row.get("cassette")
        if isinstance(cassette, list):  # a scenario of several recordings
            cassette = f"{row['file'].partition('/')[2]}.yaml"
        if cassette is not None:
            found[cassette].append(row["file"])
    return {cassette: files for cassette, files in found.items() if len(files) > 1}


RECORDINGS = recordings()


def short_name(cassette: str) -> str:
    return cassette.rpartition("/")[2].removesuffix(".yaml")


def excused(name: str, aspect: str, cassette: str) -> bool:
    return any(
        exception.emitter == name
        and aspect in exception.aspects
        and (not exception.only or short_name(cassette) in exception.only)
        for exception in EXCEPTIONS
    )


def nth_calls(cassette: str) -> list[dict[str, Call]]:
    """The recording's calls, each as every emitter saw it; where only some programs failed, those are left out."""
    by_emitter = {emitter(file): calls(file) for file in RECORDINGS[cassette]}
    seen = [
        {name: found[nth] for name, found in by_emitter.items() if nth < len(found)}
        for nth in range(max(map(len, by_emitter.values())))
    ]
    return [
        same
        if all(call.failed for call in same.values())
        else {n: call for n, call in same.items() if not call.failed}
        for same in seen
    ]


@pytest.mark.parametrize("cassette", sorted(RECORDINGS), ids=short_name)
def test_the_same_call_is_normalised_equally(cassette: str) -> None:
    differences: list[str] = []
    for nth, same in enumerate(nth_calls(cassette)):
        for aspect, read in ASPECTS.items():
            answers = {name: read(call) for name, call in same.items() if not excused(name, aspect, cassette)}
            if len({answer for answer in answers.values() if answer is not None or aspect not in SENT}) > 1:
                differences.append(f"call {nth}, {aspect}: {answers}")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: f"{exception.emitter}: {exception.reason}")
def test_every_exception_is_needed(exception: Justified) -> None:
    """For each aspect there is a call where this emitter differs from all who are not excused."""
    unneeded = set(exception.aspects)
    for cassette in RECORDINGS:
        if exception.only and short_name(cassette) not in exception.only:
            continue
        for same in nth_calls(cassette):
            for aspect in tuple(unneeded) if exception.emitter in same else ():
                read = ASPECTS[aspect]
                others = {read(call) for name, call in same.items() if not excused(name, aspect, cassette)}
                if others and read(same[exception.emitter]) not in others:
                    unneeded.discard(aspect)
    assert not unneeded
