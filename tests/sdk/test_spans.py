"""Spans by hand, and what is said about a trace."""

import threading
from typing import Any

import pytest

import lodeline
from lodeline.domain.errors import Invalid
from lodeline.testing import CapturedTraces, capture_traces


def test_a_detached_span_is_nobodys_surroundings(captured: CapturedTraces):
    call = lodeline.start_span_no_context("call", "AGENT", inputs={"n": 1}, tags={"k": "v"}, start_time_ns=5)
    assert lodeline.get_current_active_span() is None
    with lodeline.start_span("elsewhere"):
        answer = lodeline.start_span_no_context("answer", parent_span=call)
        other = lodeline.start_span_no_context("other")
    threads = [threading.Thread(target=span.end) for span in (answer, other)]
    for thread in threads:
        thread.start()
        thread.join(30)
    call.end(outputs="hi", status="OK")
    call.end(outputs="too late")
    found = captured.span("call")
    assert (found.span_type, found.inputs, found.outputs, found.status) == ("AGENT", {"n": 1}, "hi", "OK")
    assert found.attributes["lodeline.tags.k"] == "v"
    assert captured.span("answer").parent_id == found.span_id
    assert captured.span("other").parent_id is None
    assert captured.span("elsewhere").parent_id is None


def test_the_trace_is_told_by_whoever_runs_in_it(captured: CapturedTraces):
    @lodeline.trace
    def inner() -> None:
        lodeline.update_current_trace({"a": 1, "b": [1]}, {"m": "x"}, session="s", user="u")
        lodeline.update_current_trace({"a": 2})

    @lodeline.trace
    def outer() -> None:
        inner()

    outer()
    assert captured.span("outer").attributes.items() >= {
        "lodeline.tags.a": "2", "lodeline.tags.b": "[1]", "lodeline.metadata.m": "x", "lodeline.session": "s",
        "lodeline.user": "u",
    }.items()  # fmt: skip
    assert not any(key.startswith("lodeline.tags") for key in captured.span("inner").attributes)


def test_mlflows_entries_for_session_and_user(captured: CapturedTraces):
    with lodeline.start_span("x"):
        lodeline.update_current_trace(metadata={"mlflow.trace.session": "s", "mlflow.trace.user": "u", "m": 1})
    assert captured.span("x").attributes == {
        "lodeline.session": "s",
        "lodeline.user": "u",
        "lodeline.metadata.m": "1",
    }


def test_updating_without_a_trace_is_complained_of(captured: CapturedTraces, caplog: pytest.LogCaptureFixture):
    lodeline.update_current_trace(tags={"a": 1})
    assert "without a trace" in caplog.text


def test_the_last_trace(captured: CapturedTraces):
    def in_thread() -> None:
        with lodeline.start_span("there"):
            pass

    with lodeline.start_span("here"):
        pass
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join(30)
    assert lodeline.get_last_active_trace_id() == captured.span("there").trace_id
    assert lodeline.get_last_active_trace_id(thread_local=True) == captured.span("here").trace_id


def test_everything_that_a_span_can_be_told(captured: CapturedTraces):
    with lodeline.start_span("x", attributes={"a": "b", "list": ["x"], "nested": {"k": [1, "y"]}}) as span:
        span.set_span_type(lodeline.SpanType.LLM)
        span.set_attributes({"mixed": [1, "x"], "big": 2**70, "none": None, "floats": [1.0, 2.0]})
        span.set_model("m", provider="p", usage={"input_tokens": 1}, cost_usd=0.5)
        span.add_event("e", {"n": 1})
        span.record_exception(ValueError("v"))
        span.add_link("tr-" + "a" * 32, "b" * 16)
        span.set_status("ERROR", "why")
        assert span.trace_id.startswith("tr-")
    found = captured.span("x")
    assert found.attributes == {
        "a": "b", "list": ("x",), "nested": '{"k":[1,"y"]}', "lodeline.kind": "LLM", "mixed": '[1,"x"]',
        "big": f'"{2**70}"', "none": "null", "floats": (1.0, 2.0), "lodeline.model": "m", "lodeline.provider": "p",
        "lodeline.usage": '{"input_tokens":1}', "lodeline.cost_usd": 0.5,
    }  # fmt: skip
    assert [event.name for event in found.events] == ["e", "exception"]
    assert found.links == (("tr-" + "a" * 32, "b" * 16),)
    assert (found.status, found.status_message) == ("ERROR", "why")


class Hostile:
    """Raises whatever is done with it."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def test_a_trace_that_is_not_sampled_is_told_in_silence(caplog: pytest.LogCaptureFixture):
    with capture_traces(sample_ratio=0.0), lodeline.start_span("x"):
        lodeline.update_current_trace(tags={"a": 1})
    assert caplog.records == []


def test_names_are_texts_whatever_is_given(captured: CapturedTraces):
    names: list[Any] = ["\ud800", "x" * 1_000, 3, Hostile()]
    for name in names:
        with lodeline.start_span(name, span_type=name):
            pass
    assert [span.name for span in captured.spans] == [
        "?", f"{'x' * 500}… [500 more characters]", "3", "<Hostile>",
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [Hostile(), None, object(), "\ud800", -1, float("nan"), b"x", [Hostile()]])
def test_nothing_that_a_span_is_told_raises(captured: CapturedTraces, bad: Any):
    with lodeline.start_span(bad, span_type=bad, attributes={"bad": bad}) as span:
        span.set_inputs(bad)
        span.set_outputs(bad)
        span.set_attribute(bad, bad)
        span.set_span_type(bad)
        span.set_model(bad, provider=bad, usage=bad, cost_usd=bad)
        span.set_status(bad, bad)
        span.add_event(bad, {"bad": bad})
        span.record_exception(bad)
        span.add_link(bad, bad)
        lodeline.update_current_trace({"bad": bad}, {"bad": bad}, session=bad, state=bad)
        span.end(outputs=bad)
        span.set_inputs("after the end")


def test_experiment_and_model_are_those_of_the_traces_beginning(captured: CapturedTraces):
    lodeline.set_experiment("first")
    with lodeline.start_span("a"):
        lodeline.set_experiment(experiment_id="7")
        with lodeline.start_span("b"):
            pass
    with lodeline.set_active_model("v2"), lodeline.start_span("c"):
        pass
    with lodeline.start_span("d"):
        pass
    said = [
        (span.resource.get("lodeline.experiment"), span.resource.get("lodeline.model_id")) for span in captured.spans
    ]
    assert said == [("first", None), ("first", None), ("7", "v2"), ("7", None)]


def test_settings_end_with_a_capture():
    with capture_traces(experiment="inside"), capture_traces() as inner, lodeline.start_span("x"):
        pass
    assert "lodeline.experiment" not in inner.span("x").resource


@pytest.mark.parametrize("arguments", [{}, {"experiment_name": "a", "experiment_id": "1"}, {"experiment_name": " "}])
def test_an_experiment_is_named_once(captured: CapturedTraces, arguments: dict[str, str]):
    with pytest.raises(Invalid, match="set_experiment"):
        lodeline.set_experiment(**arguments)


def test_a_context_gives_traces_what_it_says(captured: CapturedTraces):
    with lodeline.trace_context(session="s", tags={"a": 1}, run_id="r"):
        with (
            lodeline.start_span("one"),
            lodeline.trace_context(user="u", tags={"b": 2}, experiment="late"),
            lodeline.start_span("child"),
        ):
            pass
        with lodeline.start_span("two"):
            pass
    with lodeline.start_span("three"):
        pass
    one = captured.span("one")
    assert one.attributes == {
        "lodeline.session": "s",
        "lodeline.tags.a": "1",
        "lodeline.user": "u",
        "lodeline.tags.b": "2",
    }
    assert one.resource["lodeline.run_id"] == "r"
    assert captured.span("child").resource == one.resource
    assert captured.span("two").attributes == {"lodeline.session": "s", "lodeline.tags.a": "1"}
    assert captured.span("three").attributes == {}
