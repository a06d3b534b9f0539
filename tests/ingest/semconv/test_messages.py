"""Messages in the shapes that the captures do not hold, and the rules that join and split them."""

import pytest

from lodeline.domain.span import JsonValue, Message, ToolCall
from lodeline.ingest.semconv.bodies import request_messages, response_messages
from lodeline.ingest.semconv.messages import messages

CALL = ToolCall("f", {"a": 1}, "c1")
FUNCTION: JsonValue = {"name": "f", "arguments": '{"a": 1}'}
TEXT_OUTPUT: JsonValue = {"type": "text", "value": "12"}
ASSISTANT_CALLS = (Message("assistant", "", (CALL,)),)


@pytest.mark.parametrize(
    "message",
    [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"a":1}'}}],
        },
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]},
        {
            "role": "assistant",
            "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "f", "input": {"a": 1}}],
        },
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c1", "name": "f", "input": {"a": 1}}}]},
        {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}}]},
        {"type": "function_call", "call_id": "c1", "id": "fc_9", "name": "f", "arguments": '{"a": 1}'},
        {"type": "ai", "data": {"content": "", "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}]}},
        {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", "AIMessage"],
            "kwargs": {
                "content": "",
                "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}],
            },
        },
        {"message": {"role": "assistant", "tool_calls": [{"tool_call": {"id": "c1", "function": FUNCTION}}]}},
    ],
)
def test_a_tool_call_in_every_spelling(message: JsonValue) -> None:
    assert messages([message]) == ASSISTANT_CALLS


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "tool_call_id": "c1", "content": "12"},
        {
            "role": "tool",
            "content": [{"type": "tool-result", "toolCallId": "c1", "output": {"type": "text", "value": "12"}}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "12"}]}],
        },
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "c1", "response": "12"}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "12"}]}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"json": 12}]}}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "f", "response": 12}}]},
        {"type": "function_call_output", "call_id": "c1", "output": "12"},
        {"type": "tool", "data": {"content": "12", "tool_call_id": "c1"}},
    ],
)
def test_a_tools_answer_in_every_spelling(message: JsonValue) -> None:
    assert messages([message]) == (Message("tool", "12", tool_call_id="c1"),)


def test_answers_packed_into_a_question_come_before_it() -> None:
    packed: JsonValue = {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": "one"},
            {"type": "tool_result", "tool_use_id": "c2", "content": {"n": 2}},
            {"type": "text", "text": "Go on."},
        ],
    }
    assert messages([packed]) == (
        Message("tool", "one", tool_call_id="c1"),
        Message("tool", '{"n": 2}', tool_call_id="c2"),
        Message("user", "Go on."),
    )


def test_the_items_of_one_turn_are_one_message() -> None:
    items: JsonValue = [
        {"role": "user", "content": "Add."},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I add."}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
        {"type": "message", "role": "assistant", "content": "It is 2."},
    ]
    assert messages(items) == (
        Message("user", "Add."),
        Message("assistant", "I add.", (CALL,), reasoning="Hm."),
        Message("tool", "2", tool_call_id="c1"),
        Message("assistant", "It is 2."),
    )


def test_text_parts_are_joined_as_prose_or_as_lines() -> None:
    pieces: list[JsonValue] = [{"type": "text", "text": text} for text in ("It says ", "so", ", here.", "Next.")]
    assert messages([{"role": "assistant", "content": pieces}])[0].content == "It says so, here.\nNext."
    assert messages([{"role": "user", "content": pieces[:2]}])[0].content == "It says \nso"


def test_what_is_not_text_is_kept() -> None:
    image: JsonValue = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    server: JsonValue = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"q": "a"}}
    found = messages([{"role": "user", "content": ["Look:", image]}, {"role": "assistant", "content": [server]}])
    assert found == (Message("user", "Look:", parts=(image,)), Message("assistant", parts=(server,)))


def test_a_call_that_the_provider_ran_is_no_call_of_the_application() -> None:
    call: JsonValue = {"type": "tool_call", "id": "srvtoolu_1", "name": "web_search", "arguments": {"q": "a"}}
    assert messages([{"role": "assistant", "parts": [call]}])[0].tool_calls == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        ("Hi", (Message("user", "Hi"),)),
        ([["human", "Hi"]], (Message("user", "Hi"),)),
        ([[{"role": "user", "content": "Hi"}]], (Message("user", "Hi"),)),
        ([{"role": "developer", "content": "Be brief."}], (Message("system", "Be brief."),)),
        ([{"role": "narrator", "content": "Once."}], (Message("unknown", "Once."),)),
        ([{"role": "assistant", "content": ""}], ()),
        ([{"role": "assistant", "content": None, "refusal": "No."}], (Message("assistant", "No."),)),
        ([{"role": "assistant", "function_call": {"name": "f", "arguments": "not json"}}],
         (Message("assistant", "", (ToolCall("f", "not json"),)),)),
        ([1, None, True, 2.5], ()),
    ],
)  # fmt: skip
def test_other_values(value: JsonValue, expected: tuple[Message, ...]) -> None:
    assert messages(value, "user") == expected


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}]},
        {"system": "S", "messages": [{"role": "user", "content": [{"type": "text", "text": "Q"}]}]},
        {"system": [{"type": "text", "text": "S"}], "messages": [{"role": "user", "content": "Q"}]},
        {"instructions": "S", "input": "Q"},
        {"instructions": "S", "input": [{"role": "user", "content": [{"type": "input_text", "text": "Q"}]}]},
        {"system_instruction": {"parts": [{"text": "S"}]}, "contents": [{"role": "user", "parts": [{"text": "Q"}]}]},
        {"system": "S", "prompt": "Q"},
        [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}],
        {"messages": [["system", "S"], ["user", "Q"]]},
    ],
)
def test_requests_of_every_provider(body: JsonValue) -> None:
    assert request_messages(body) == (Message("system", "S"), Message("user", "Q"))


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "A"}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "text": "A"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A"}], "stop_reason": "end_turn"},
        {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A"}]}]},
        {"output": {"message": {"role": "assistant", "content": [{"text": "A"}]}}},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "A"}]}, "finishReason": "STOP"}]},
        {"generations": [[{"text": "A", "message": {"lc": 1, "id": ["AIMessage"], "kwargs": {"content": "A"}}}]]},
        {"generations": [[{"text": "A"}]]},
        {"message": {"role": "assistant", "content": "A"}, "done": True},
        [{"role": "assistant", "content": "A"}],
    ],
)
def test_responses_of_every_provider(body: JsonValue) -> None:
    assert response_messages(body) == (Message("assistant", "A"),)


@pytest.mark.parametrize(
    "body", [None, "Q", 1, {}, [], {"query": "Q"}, {"messages": []}, {"output": []}, {"choices": "A"}]
)
def test_other_bodies_hold_no_messages(body: JsonValue) -> None:
    assert request_messages(body) == response_messages(body) == ()
