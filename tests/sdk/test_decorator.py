"""Traced functions: what is recorded, and that nothing else changes."""

import asyncio
import functools
import inspect
import pickle
from typing import Any

import pytest

import lodeline
from lodeline.domain.errors import Invalid
from lodeline.sdk import decorator
from lodeline.testing import CapturedTraces


@lodeline.trace
def module_level(x: int) -> int:
    """Double."""
    return 2 * x


class Shop:
    """Methods of every kind, traced on either side of the other decorator."""

    def __init__(self) -> None:
        self.name = "shop"

    @lodeline.trace
    def method(self, q: int, *more: int, key: str = "k", **others: int) -> int:
        return q + sum(more) + sum(others.values())

    @classmethod
    @lodeline.trace
    def inner_class_method(cls, q: int) -> tuple[type, int]:
        return cls, q

    @lodeline.trace
    @classmethod
    def outer_class_method(cls, q: int) -> tuple[type, int]:
        return cls, q

    @lodeline.trace
    @staticmethod
    def outer_static_method(q: int) -> int:
        return q

    @lodeline.trace
    async def coroutine(self, q: int) -> int:
        return q


def test_a_call_has_its_arguments_and_its_result(captured: CapturedTraces):
    @lodeline.trace(name="sum", span_type="TOOL", attributes={"version": 3})
    def add(a: int, b: int = 1) -> int:
        return a + b

    assert add(2) == 3
    span = captured.span("sum")
    assert (span.inputs, span.outputs, span.span_type) == ({"a": 2, "b": 1}, 3, "TOOL")
    assert (span.status, span.parent_id) == ("UNSET", None)
    assert span.attributes["version"] == 3
    assert str(span.attributes["code.function.name"]).endswith("add")


def test_calls_within_calls_are_children(captured: CapturedTraces):
    @lodeline.trace
    def outer(x: int) -> int:
        return module_level(x) + module_level(x + 1)

    outer(1)
    assert captured.render(attributes=False) == (
        'outer\n  inputs: {"x": 1}\n  outputs: 6\n'
        '  module_level\n    inputs: {"x": 1}\n    outputs: 2\n'
        '  module_level\n    inputs: {"x": 2}\n    outputs: 4'
    )


def test_methods_of_every_kind(captured: CapturedTraces):
    shop = Shop()
    assert shop.method(1, 2, 3, key="x", z=4) == 10
    assert Shop.inner_class_method(5) == (Shop, 5)
    assert shop.outer_class_method(6) == (Shop, 6)
    assert Shop.outer_static_method(7) == 7
    assert asyncio.run(shop.coroutine(8)) == 8
    assert [span.inputs for span in captured.spans] == [
        {"q": 1, "more": [2, 3], "key": "x", "z": 4}, {"q": 5}, {"q": 6}, {"q": 7}, {"q": 8},
    ]  # fmt: skip


def test_exceptions_pass_unchanged_and_are_recorded(captured: CapturedTraces):
    error = KeyError("missing")

    @lodeline.trace
    def fails() -> None:
        raise error

    with pytest.raises(KeyError) as raised:
        fails()
    assert raised.value is error
    assert error.__context__ is None
    span = captured.span("fails")
    assert (span.status, span.status_message, span.outputs) == ("ERROR", "KeyError: 'missing'", None)
    [event] = span.events
    assert event.attributes["exception.type"] == "KeyError"
    assert "in fails" in event.attributes["exception.stacktrace"]


@pytest.mark.parametrize("code", [0, None, 3, "bad"])
def test_exits_pass_and_only_failures_are_errors(captured: CapturedTraces, code: Any):
    @lodeline.trace
    def leaves() -> None:
        raise SystemExit(code)

    with pytest.raises(SystemExit) as raised:
        leaves()
    assert raised.value.code == code
    assert captured.span("leaves").status == ("UNSET" if code in {0, None} else "ERROR")


def test_the_wrapper_passes_for_the_function():
    assert module_level.__name__ == "module_level"
    assert module_level.__doc__ == "Double."
    assert str(inspect.signature(module_level)) == "(x: int) -> int"
    assert inspect.iscoroutinefunction(Shop.coroutine)
    assert pickle.loads(pickle.dumps(module_level)) is module_level  # noqa: S301 - our own bytes


def test_other_callables(captured: CapturedTraces):
    class Greeter:
        def __call__(self, name: str) -> str:
            return f"Hello, {name}"

    assert lodeline.trace(Greeter())("Ada") == "Hello, Ada"
    assert lodeline.trace(functools.partial(module_level, 4), name="partial")() == 8  # type: ignore[call-overload]
    assert lodeline.trace(len)([1, 2]) == 2
    assert [span.name for span in captured.spans] == ["Greeter", "partial", "module_level", "len"]


def test_what_cannot_be_traced_is_refused():
    with pytest.raises(Invalid, match=r"func: .* is not valid"):
        lodeline.trace(Shop)
    with pytest.raises(Invalid):
        lodeline.trace(3)  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_wrong_arguments_are_the_functions_own_error(captured: CapturedTraces):
    with pytest.raises(TypeError, match="module_level"):
        module_level(1, 2, wrong=3)  # pyright: ignore[reportCallIssue]
    assert captured.span("module_level").status == "ERROR"


def test_content_can_be_left_out(captured: CapturedTraces):
    @lodeline.trace(capture_inputs=False)
    def quiet_in(secret: str) -> str:
        return "out"

    @lodeline.trace(capture_outputs=False)
    def quiet_out(x: int) -> str:
        return "secret"

    quiet_in("secret")
    quiet_out(1)
    assert "lodeline.inputs" not in captured.span("quiet_in").attributes
    assert "lodeline.outputs" not in captured.span("quiet_out").attributes
    assert "secret" not in captured.render()


def test_recursion_to_the_limit_ends_as_it_does_untraced(captured: CapturedTraces):
    @lodeline.trace
    def deep(n: int) -> int:
        return deep(n + 1)

    with pytest.raises(RecursionError):
        deep(0)


def test_a_call_that_cannot_be_recorded_is_made_untraced(
    captured: CapturedTraces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("lodeline.sdk.calls.current_tracer", broken)
    assert module_level(4) == 8
    assert captured.spans == []
    assert "A call of module_level is not traced: RuntimeError: broken" in caplog.text


def test_off_means_the_function_alone():
    lodeline.configure(enabled=False)
    try:
        assert module_level(4) == 8
        with lodeline.start_span("nothing") as span:
            span.set_inputs(1)
            assert not span.is_recording()
            assert lodeline.get_current_active_span() is None
    finally:
        lodeline.shutdown()


def test_the_names_are_mlflows():
    parameters = inspect.signature(decorator.trace).parameters
    assert list(parameters)[:5] == ["func", "name", "span_type", "attributes", "output_reducer"]
