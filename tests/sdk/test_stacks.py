"""Stacks of exceptions: as Python shows them, without our frames, bounded."""

import pytest

import lodeline
from lodeline.sdk.stacks import stack_text
from lodeline.testing import CapturedTraces


def _raised(function: object) -> BaseException:
    assert callable(function)
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - whatever it is
        function()
    return raised.value


def test_it_reads_like_pythons():
    def inner() -> None:
        raise ValueError("bad")

    def outer() -> None:
        try:
            inner()
        except ValueError as error:
            raise KeyError("key") from error

    lines = stack_text(_raised(outer)).splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "    inner()" in lines
    assert "ValueError: bad" in lines
    assert "The above exception was the direct cause of the following exception:" in lines
    assert lines[-1] == "KeyError: 'key'"


def test_a_context_is_shown_unless_it_is_suppressed():
    def shown() -> None:
        try:
            raise ValueError("first")
        except ValueError:
            raise KeyError("second")  # noqa: B904 - that is the point

    def suppressed() -> None:
        try:
            raise ValueError("first")
        except ValueError:
            raise KeyError("second") from None

    assert "During handling of the above exception" in stack_text(_raised(shown))
    assert "first" not in stack_text(_raised(suppressed))


def test_long_stacks_show_their_ends():
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError("bottom")
        deep(n - 1)

    text = stack_text(_raised(lambda: deep(300)))
    assert "more frames" in text
    assert len(text.splitlines()) < 100
    assert text.endswith("ValueError: bottom\n")


def test_a_circle_of_causes_ends():
    first, second = ValueError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert stack_text(first).count("direct cause") == 5


def test_groups_show_their_parts():
    text = stack_text(ExceptionGroup("several", [ValueError("one"), KeyError("two")]))
    assert "  | ValueError: one\n" in text
    assert "  | KeyError: 'two'\n" in text


def test_a_traced_function_adds_no_frames_of_ours(captured: CapturedTraces):
    @lodeline.trace
    def inner() -> None:
        raise ValueError("bad")

    @lodeline.trace
    def outer() -> None:
        inner()

    _raised(outer)
    for name in ("inner", "outer"):
        [event] = captured.span(name).events
        assert "lodeline/sdk" not in str(event.attributes["exception.stacktrace"])


def test_a_message_that_cannot_be_read_is_survived(captured: CapturedTraces):
    class Hostile(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    @lodeline.trace
    def fails() -> None:
        raise Hostile

    assert isinstance(_raised(fails), Hostile)
    span = captured.span("fails")
    assert (span.status, span.status_message) == ("ERROR", "Hostile")
