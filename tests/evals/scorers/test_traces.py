"""Scorers of traces, on captured ones: tool calls, latency, cost, tokens, refusals."""

from dataclasses import replace
from typing import Any

import pytest

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.scorer import ScoredTrace
from lodeline.domain.span import JsonValue, ToolCall
from lodeline.domain.usage import NO_USAGE
from lodeline.evals.scorers import Cost, Latency, ProviderRefusal, TokenCount, ToolCalls
from lodeline.evals.tool_call_match import CallRule, Order
from lodeline.evals.trace_content import conversation, tool_calls_in, tool_calls_in_trace
from tests.evals.real import DATA, captured

REAL = DATA / "otlp"


def expecting(calls: JsonValue) -> dict[str, JsonValue]:
    return {"expected_tool_calls": calls}


def with_tools() -> ScoredTrace:
    """Return a captured trace whose model asked for tools."""
    for file in ("openinference-openai", "logfire-anthropic"):
        for path in sorted((REAL / file).glob("*tool*.pb.gz")):
            for trace in captured(f"{file}/{path.name}"):
                if tool_calls_in_trace(trace):
                    return trace
    raise AssertionError("no captured trace has tool calls")


def test_the_calls_of_a_trace_are_those_its_model_asked_for():
    trace = with_tools()
    asked = [{"name": call.name, "arguments": call.arguments} for call in tool_calls_in_trace(trace)]
    assert ToolCalls()(outputs="a text", expectations=expecting(asked), trace=trace).value is True
    assert ToolCalls()(outputs={"any": "shape"}, expectations=expecting([]), trace=trace).value is False


@pytest.mark.parametrize(
    "call",
    [
        {"name": "f", "arguments": {"x": 1}},
        {"name": "f", "arguments": '{"x": 1}'},
        {"type": "function", "id": "c", "function": {"name": "f", "arguments": '{"x": 1}'}},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}},
    ],
)
def test_every_spelling_of_a_call_is_understood(call: JsonValue):
    for outputs in ([call], {"tool_calls": [call]}, call):
        (found,) = tool_calls_in(outputs, field="outputs")
        assert (found.name, found.arguments) == ("f", {"x": 1})


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([1], r"outputs\[0\]"),
        ([{"arguments": 1}], r"outputs\[0\].*has no name"),
        (5, "outputs"),
        ([{"name": 1}], "no name"),
    ],
)
def test_what_is_no_call_is_an_error(outputs: JsonValue, message: str):
    with pytest.raises(Invalid, match=message):
        ToolCalls()(outputs=outputs, expectations=expecting([]))


@pytest.mark.parametrize(
    ("order", "extra", "given", "expected", "value"),
    [
        ("exact", "forbid", "ab", "ab", True),
        ("exact", "forbid", "ba", "ab", False),
        ("any", "forbid", "ba", "ab", True),
        ("any", "forbid", "aab", "ab", False),
        ("any", "allow", "bcxa", "ab", True),
        ("any", "allow", "b", "ab", False),
        ("exact", "allow", "xaxb", "ab", True),
        ("exact", "allow", "xbxa", "ab", False),
        ("exact", "forbid", "", "", True),
        ("exact", "forbid", "a", "", False),
        ("exact", "allow", "a", "", True),
        ("exact", "forbid", "", "a", False),
        ("any", "forbid", "aa", "aa", True),
    ],
)
def test_order_and_extra_calls(order: Order, extra: Any, given: str, expected: str, value: bool):
    calls: list[JsonValue] = [{"name": name} for name in given]
    found = ToolCalls(order=order, extra=extra)(
        outputs=calls, expectations=expecting([{"name": name, "arguments": {}} for name in expected])
    )
    assert found.value is value
    assert bool(found.rationale) is not value


@pytest.mark.parametrize(
    ("arguments", "accepted", "problem"),
    [
        ({"city": "Bern"}, {"city": ["Bern", "Berne"]}, None),
        ({"city": "Basel"}, {"city": ["Bern", "Berne"]}, "argument 'city' is 'Basel'; accepted are"),
        ({}, {"unit": ["C", ""]}, None),
        ({}, {"unit": ["C"]}, "argument 'unit' is missing"),
        ({"x": 1, "y": 2}, {"x": [1]}, "argument 'y' is not expected"),
        ({"at": {"lat": 1.0}}, {"at": [{"lat": [1, 2]}]}, None),
        ({"at": {"lat": 3}}, {"at": [{"lat": [1, 2]}]}, "argument 'at' is {'lat': 3}"),
        ({"at": [{"lat": 2}]}, {"at": [[{"lat": [1, 2]}]]}, None),
        ({"list": [1, 2]}, {"list": [[1, 2]]}, None),
        ({"list": [2, 1]}, {"list": [[1, 2]]}, "argument 'list'"),
        ("not json", {"x": [1]}, "its arguments are 'not json', not a mapping"),
    ],
)
def test_accepted_alternatives(arguments: JsonValue, accepted: JsonValue, problem: str | None):
    found = ToolCalls(rule=CallRule(alternatives=True))(
        outputs=[{"name": "f", "arguments": arguments}],
        expectations=expecting([{"name": "f", "arguments": accepted}]),
    )
    assert found.value is (problem is None)
    assert (problem or "") in (found.rationale or "")


def test_alternatives_must_be_lists():
    with pytest.raises(Invalid, match=r"arguments\.x.*the list of its accepted values"):
        ToolCalls(rule=CallRule(alternatives=True))(
            outputs=[{"name": "f", "arguments": {"x": 1}}],
            expectations=expecting([{"name": "f", "arguments": {"x": 1}}]),
        )


def test_only_names_may_count_and_problems_are_told():
    given: list[JsonValue] = [{"name": "f", "arguments": {"x": 1}}, {"name": "g"}]
    wanted = expecting([{"name": "f", "arguments": {"x": 2}}, {"name": "h"}])
    found = ToolCalls()(outputs=given, expectations=wanted)
    assert found.rationale == "call 0: f: /x: 1 instead of 2\ncall 1: g instead of h"
    assert found.metadata == {"matched": "0", "given": "2", "expected": "2"}
    by_name = ToolCalls(rule=CallRule(arguments="ignore"))(outputs=given, expectations=wanted)
    assert by_name.metadata["matched"] == "1"


def test_calls_are_bounded():
    with pytest.raises(TooLarge, match="the most is 500"):
        ToolCalls()(outputs=[{"name": "f"}] * 501, expectations=expecting([]))


def test_a_repeated_call_is_one():
    trace = with_tools()
    twice = replace(trace, spans=(*trace.spans, *trace.spans))
    assert len(tool_calls_in_trace(twice)) == len(tool_calls_in_trace(trace))
    assert all(isinstance(call, ToolCall) for call in tool_calls_in_trace(trace))


def test_latency_cost_and_tokens_are_the_trace_s_own():
    trace = with_tools()
    summary = trace.trace
    assert summary.duration_ns is not None
    assert Latency()(trace=trace).value == summary.duration_ns / 1e6
    assert Latency(at_most_ms=summary.duration_ns / 1e6)(trace=trace).value is True
    assert Latency(at_most_ms=0)(trace=trace).value is False
    assert TokenCount()(trace=trace).value == summary.tokens.total > 0
    assert TokenCount("input")(trace=trace).value == summary.tokens.input
    assert TokenCount("output", at_most=summary.tokens.output - 1)(trace=trace).value is False
    priced = ScoredTrace(replace(summary, cost_usd=0.25), trace.spans)
    assert Cost()(trace=priced).value == 0.25
    assert Cost(at_most_usd=0.2)(trace=priced).value is False
    assert (Latency().direction, Latency(at_most_ms=1).direction) == ("lower", "higher")


def test_what_a_trace_does_not_tell_is_an_error():
    bare = replace(with_tools().trace, cost_usd=None, duration_ns=None, tokens=NO_USAGE)
    for scorer, code in ((Latency(), "not_ended"), (Cost(), "no_cost"), (TokenCount(), "no_tokens")):
        with pytest.raises(Invalid) as caught:
            scorer(trace=ScoredTrace(bare))
        assert caught.value.error_code == code


@pytest.mark.parametrize(
    ("reason", "value"), [("stop", False), ("refusal", True), ("content_filter", True), ("FinishReason.SAFETY", True)]
)
def test_a_refusal_is_what_the_provider_calls_one(reason: str, value: bool):
    trace = with_tools()
    first = trace.spans[0]
    spans = (replace(first, view=replace(first.view, finish_reasons=(reason,))), *trace.spans[1:])
    rest = tuple(replace(span, view=replace(span.view, finish_reasons=())) for span in spans[1:])
    assert ProviderRefusal()(trace=ScoredTrace(trace.trace, (spans[0], *rest))).value is value


def test_a_session_is_a_conversation():
    traces = captured("openinference-session/" + sorted((REAL / "openinference-session").glob("*.pb.gz"))[0].name)
    messages = conversation(tuple(reversed(traces)))
    assert messages == conversation(traces)
    assert [message.role for message in messages[:2]] == ["user", "assistant"]
    assert all(message.content for message in messages)
