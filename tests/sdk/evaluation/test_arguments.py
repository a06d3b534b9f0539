"""How functions of the user take the inputs of a row."""

from typing import Any

import pytest

from lodeline.domain.errors import Invalid
from lodeline.sdk.evaluation.arguments import Arguments


def named(question: str, context: str = "") -> None: ...
def whole(inputs: dict[str, Any]) -> None: ...
def anything(**kwargs: Any) -> None: ...
def some(question: str, **rest: Any) -> None: ...
def bare(row): ...  # pyright: ignore[reportUnknownParameterType, reportMissingParameterType] - as people write it
def only(question: dict[str, str], /) -> None: ...
def keyword(*, question: str) -> None: ...
def nothing() -> None: ...
def two(first: str, second: str) -> None: ...


class Application:
    def answer(self, question: str) -> None: ...
    def __call__(self, question: str) -> None: ...


BOUND: list[tuple[Any, dict[str, Any], tuple[Any, ...], dict[str, Any]]] = [
    (named, {"question": "q"}, (), {"question": "q"}),
    (named, {"question": "q", "context": "c"}, (), {"question": "q", "context": "c"}),
    (whole, {"question": "q", "k": 3}, ({"question": "q", "k": 3},), {}),
    (whole, {"inputs": 1}, (), {"inputs": 1}),
    (anything, {"a": 1, "b": 2}, (), {"a": 1, "b": 2}),
    (some, {"question": "q", "b": 2}, (), {"question": "q", "b": 2}),
    (only, {"question": "q"}, ({"question": "q"},), {}),
    (bare, {"question": "q"}, ({"question": "q"},), {}),
    (keyword, {"question": "q"}, (), {"question": "q"}),
    (nothing, {}, (), {}),
    (Application().answer, {"question": "q"}, (), {"question": "q"}),
    (Application(), {"question": "q"}, (), {"question": "q"}),
    (len, {"a": 1}, ({"a": 1},), {}),
]


@pytest.mark.parametrize(("function", "inputs", "args", "kwargs"), BOUND)
def test_inputs_go_by_keyword_or_whole(
    function: Any, inputs: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    assert Arguments(function).bound(inputs) == (args, kwargs)


@pytest.mark.parametrize(
    ("function", "inputs", "said"),
    [
        (named, {"query": "q", "context": "c"}, "it needs 'question', which they lack; they hold 'query'"),
        (named, {"query": "q"}, "it needs 'question'"),
        (two, {"first": "a"}, "it needs 'second', which they lack"),
        (nothing, {"a": 1}, "they hold 'a', which it does not take"),
        (keyword, {"query": "q"}, "it needs 'question'"),
    ],
)
def test_what_does_not_fit_is_named(function: Any, inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        Arguments(function).bound(inputs)
