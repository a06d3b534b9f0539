"""What leaves the program: masks, capture modes, samples."""

import re
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import lodeline
from lodeline.domain.span import JsonValue
from lodeline.sdk.masking import DROPPED
from lodeline.testing import CapturedTraces, capture_traces

SECRET = "sk-123"


def hide(text: str) -> str:
    return re.sub(r"sk-\d+", "[key]", text)


def everything(captured: CapturedTraces) -> str:
    return repr(captured.spans)


def trace_all() -> None:
    """Put the secret into every place that a span has."""
    tracer = lodeline.get_tracer_provider().get_tracer("instrumentation")
    with lodeline.start_span("ours", attributes={"plain": SECRET, "list": [SECRET]}) as span:
        span.set_inputs({"deep": [{"key": SECRET}]})
        span.set_outputs(SECRET)
        span.add_event("event", {"what": SECRET})
        span.add_link("tr-" + "1" * 32, "2" * 16, {"why": SECRET})
        with tracer.start_as_current_span("theirs") as theirs:
            theirs.set_attribute("input.value", f'{{"key": "{SECRET}"}}')
    with pytest.raises(ValueError, match=SECRET), lodeline.start_span("fails"):
        raise ValueError(SECRET)


def test_a_mask_sees_every_place():
    with capture_traces(mask=lodeline.mask_strings(hide)) as captured:
        trace_all()
    assert SECRET not in everything(captured)
    ours = captured.span("ours")
    assert (ours.inputs, ours.outputs) == ({"deep": [{"key": "[key]"}]}, "[key]")
    assert captured.span("theirs").attributes["input.value"] == '{"key": "[key]"}'
    assert captured.span("fails").status_message == "ValueError: [key]"


def test_without_a_mask_all_is_there():
    with capture_traces() as captured:
        trace_all()
    assert everything(captured).count(SECRET) > 8


def test_a_mask_may_look_at_keys_and_change_structure():
    def mask(key: str, value: JsonValue) -> JsonValue:
        return {"question": "[asked]"} if key == "lodeline.inputs" else value

    with capture_traces(mask=mask) as captured, lodeline.start_span("x") as span:
        span.set_inputs({"question": "who?"})
    assert captured.span("x").inputs == {"question": "[asked]"}


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, RecursionError])
def test_a_failing_mask_drops_the_content_and_not_the_span(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
):
    def mask(key: str, value: JsonValue) -> JsonValue:
        raise error(f"cannot mask {value}")

    with capture_traces(mask=mask) as captured:
        trace_all()
    assert SECRET not in everything(captured)
    assert SECRET not in caplog.text
    assert captured.span("ours").inputs == DROPPED
    assert captured.span("fails").status == "ERROR"


def test_a_mask_may_return_anything():
    def mask(key: str, value: JsonValue) -> object:
        return object()

    with capture_traces(mask=mask) as captured:
        trace_all()
    assert SECRET not in everything(captured)


def test_hashed_texts_can_be_compared():
    with capture_traces(capture="hashed") as captured:
        trace_all()
    ours = captured.span("ours")
    assert SECRET not in everything(captured)
    assert isinstance(ours.outputs, str)
    assert re.fullmatch("sha256:[0-9a-f]{64}", ours.outputs)
    assert ours.inputs == {"deep": [{"key": ours.outputs}]}


def test_structure_keeps_keys_and_types():
    with capture_traces(capture="structure") as captured, lodeline.start_span("x", span_type="TOOL") as span:
        span.set_inputs({"q": "text", "n": 3, "f": 1.5, "b": True, "l": [None, "x"]})
    found = captured.span("x")
    assert found.inputs == {"q": "", "n": 0, "f": 0.0, "b": False, "l": [None, ""]}
    assert found.span_type == "TOOL"
    assert found.attributes["lodeline.capture"] == "structure"


def test_none_keeps_what_is_no_content():
    with capture_traces(capture="none") as captured:
        trace_all()
        with lodeline.start_span("model", attributes={"count": 3}) as span:
            span.set_model("gpt-4o", usage={"prompt_tokens": 1})
            lodeline.update_current_trace(tags={"k": "v"}, session="s")
    assert SECRET not in everything(captured)
    assert captured.span("model").attributes == {
        "count": 3, "lodeline.model": "gpt-4o", "lodeline.usage": '{"prompt_tokens":1}', "lodeline.tags.k": "v",
        "lodeline.session": "s", "lodeline.capture": "none",
    }  # fmt: skip
    [event] = captured.span("fails").events
    assert event.attributes == {"exception.type": "ValueError"}


def test_nothing_is_rendered_for_what_is_not_kept():
    class Untouchable:
        def __repr__(self) -> str:
            raise AssertionError("it was rendered")

    @lodeline.trace
    def work(x: Any) -> Any:
        return x

    with capture_traces(capture="none"):
        work(Untouchable())
    with capture_traces(sample_ratio=0.0):
        work(Untouchable())


def test_a_share_of_the_traces_is_sampled_and_whole():
    @lodeline.trace
    def inner() -> None: ...

    @lodeline.trace
    def outer() -> None:
        inner()

    with capture_traces(sample_ratio=0.5, counted_ids=False) as captured:
        for _ in range(400):
            outer()
    assert 100 < len(captured.roots()) < 300
    assert len(captured.spans) == 2 * len(captured.roots())


def failing_trace(*, late: bool = False) -> None:
    with lodeline.start_span("root"):
        with lodeline.start_span("before"):
            pass
        if not late:
            with pytest.raises(ValueError, match="x"), lodeline.start_span("bad"):
                raise ValueError("x")
        with lodeline.start_span("after"):
            pass


def test_errors_are_kept_with_their_whole_trace():
    with capture_traces(sample_ratio=0.0, keep_errors=True) as captured:
        failing_trace()
        failing_trace(late=True)
    assert [span.name for span in captured.spans] == ["root", "before", "bad", "after"]
    assert len(captured.roots()) == 1


def test_what_is_kept_says_that_it_is_sampled():
    exporter = InMemorySpanExporter()
    lodeline.configure(span_processor=SimpleSpanProcessor(exporter), sample_ratio=0.0, keep_errors=True)
    try:
        failing_trace()
    finally:
        lodeline.shutdown()
    assert {span.name for span in exporter.get_finished_spans()} == {"root", "before", "bad", "after"}


def test_errors_of_unsampled_traces_are_dropped_unless_they_are_to_be_kept():
    with capture_traces(sample_ratio=0.0) as captured:
        failing_trace()
    assert captured.spans == []
