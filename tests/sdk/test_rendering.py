"""Any value becomes JSON of bounded size, and nothing in it can disturb the program."""

import asyncio
import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import threading
import types
import uuid
from collections import OrderedDict, UserDict, deque
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import BaseModel, Field, SecretStr

from lodeline.sdk.rendering import Limits, content_value, plain_content, plain_json, to_content, to_json, to_plain

LIMITS = Limits()


def plain(value: object) -> Any:
    return json.loads(to_json(value, LIMITS))


class Colour(enum.Enum):
    RED = 1
    BLUE = object()


@dataclasses.dataclass
class Point:
    x: int
    secret: str = dataclasses.field(default="s", repr=False)


class Model(BaseModel):
    name: str
    key: SecretStr = SecretStr("hidden")
    left_out: str = Field(default="x", exclude=True)
    inner: Point | None = None


class Pair(NamedTuple):
    left: int
    right: str


VALUES: list[tuple[object, object]] = [
    (None, None), (True, True), (3, 3), (2.5, 2.5), ("é", "é"), ([1, (2, 3)], [1, [2, 3]]), ({1: 2}, {"1": 2}),
    (2**63, str(2**63)), (-(2**70), str(-(2**70))), (2**5000, "<int of 5,001 bits>"),
    (float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"),
    (Colour.RED, 1), (Colour.BLUE, "BLUE"), (Point(1), {"x": 1}), (Pair(1, "b"), {"left": 1, "right": "b"}),
    ({3}, [3]), (deque([1]), [1]), (range(3), [0, 1, 2]), (OrderedDict([("a", 1)]), {"a": 1}),
    (UserDict(a=1), {"a": 1}), (types.MappingProxyType({"a": 1}), {"a": 1}),
    (datetime.datetime(2026, 11, 27, tzinfo=datetime.UTC), "2026-11-27T00:00:00+00:00"),
    (datetime.timedelta(seconds=5), "0:00:05"), (decimal.Decimal("1.50"), "1.50"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"), (pathlib.PurePosixPath("a/b"), "a/b"),
    (b"text", "b'text'"), (b"\x89PNG\r\n\x1a\n" + bytes(300), "<image/png, 308 bytes>"),
    (b"\x00\xff", "<bytes, 2 bytes>"), (memoryview(b"abc"), "<memoryview, 3 bytes>"),
    (ValueError("bad"), "ValueError: bad"), (int, "<class builtins.int>"),
    (len, "<builtin_function_or_method len>"), (object(), "<builtins.object>"),
    (Model(name="m", inner=Point(2)), {"name": "m", "key": "SecretStr('**********')", "inner": {"x": 2}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    VALUES,
)
def test_values_and_how_they_are_shown(value: object, shown: object):
    assert plain(value) == shown


def test_iterators_are_not_consumed():
    iterator = iter([1, 2])
    generator = (x for x in [1])
    assert plain([iterator, generator]) == [
        "<list_iterator>", "<generator test_iterators_are_not_consumed.<locals>.<genexpr>>",
    ]  # fmt: skip
    assert (list(iterator), list(generator)) == ([1, 2], [1])


def test_awaitables_are_left_alone():
    async def later() -> int:
        return 1

    coroutine = later()
    assert "coroutine" in plain(coroutine)
    assert asyncio.run(coroutine) == 1


def test_arrays():
    assert plain(np.array([[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    assert plain(np.float32(0.5)) == 0.5
    assert plain(np.zeros((100, 100))) == {
        "type": "ndarray", "dtype": "float64", "shape": [100, 100], "first": [0.0] * 10,
    }  # fmt: skip


def test_data_frames():
    frame = pd.DataFrame({"a": range(1_000), "b": ["x"] * 1_000})
    shown = plain(frame)
    assert (shown["shape"], shown["columns"], len(shown["first"])) == ([1_000, 2], ["a", "b"], 10)
    assert shown["first"][0] == {"a": 0, "b": "x"}
    assert plain(cast("object", frame["a"]))["length"] == 1_000


def test_images():
    assert plain(Image.new("RGB", (640, 480))) == "<PIL image, 640x480, RGB>"


def test_images_in_texts_are_named_by_their_size():
    url = "data:image/png;base64," + "A" * 100_000
    assert plain({"url": url, "after": "kept"}) == {
        "url": "data:image/png;base64,… [100,022 characters]", "after": "kept",
    }  # fmt: skip


def test_cycles_end():
    circle: list[Any] = [1]
    circle.append(circle)
    ring: dict[str, Any] = {"self": None}
    ring["self"] = ring
    point = Point(1)
    point.x = point  # pyright: ignore[reportAttributeAccessIssue] - that is the point
    assert plain([circle, ring, point]) == [[1, "<cycle>"], {"self": "<cycle>"}, {"x": "<cycle>"}]


def test_the_same_value_twice_is_no_cycle():
    part = [1]
    assert plain([part, part]) == [[1], [1]]


def test_depth_is_limited():
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert "too deep" in to_json(deep, Limits(depth=5))
    assert to_json(deep, LIMITS).count("[") == 16


LARGE: list[object] = [
    "x" * 10**7, ["x" * 100] * 10**5, dict.fromkeys(range(10**6)), [[]] * 10**6, set(range(10**6)), [None] * 10**6,
    {"k" * 10**6: 1},
]  # fmt: skip


@pytest.mark.parametrize("value", LARGE, ids=lambda value: type(value).__name__)
def test_size_is_limited_whatever_it_is_made_of(value: object):
    assert len(to_json(value, Limits(chars=1_000))) < 6_000


def test_what_is_left_out_is_said():
    assert to_plain("x" * 100, Limits(chars=10)) == "x" * 10 + "… [90 more characters]"
    assert str(to_plain(list(range(100)), Limits(chars=50))).endswith("more']")
    assert "more" in str(to_plain({str(i): i for i in range(100)}, Limits(chars=50)))


class Hostile:
    """Raises whatever is done with it."""

    def __init__(self, error: type[BaseException] = RuntimeError) -> None:
        object.__setattr__(self, "_error", error)

    def __repr__(self) -> str:
        raise object.__getattribute__(self, "_error")("no")

    def __getattr__(self, name: str) -> Any:
        raise object.__getattribute__(self, "_error")(name)


class HostileDict(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError("no")

    def __bool__(self) -> bool:
        raise RuntimeError("no")


@pytest.mark.parametrize("error", [RuntimeError, RecursionError, MemoryError, SystemExit, GeneratorExit])
def test_hostile_objects_are_survived(error: type[BaseException]):
    shown = plain({"before": 1, "bad": Hostile(error), "after": 2})
    assert (shown["before"], shown["after"]) == (1, 2)
    assert shown["bad"].startswith("<Hostile")


def test_ctrl_c_gets_through():
    with pytest.raises(KeyboardInterrupt):
        to_json(Hostile(KeyboardInterrupt), LIMITS)


def test_hostile_containers_are_survived():
    assert plain([HostileDict(a=1)]) == [{"a": 1}]
    assert plain({Hostile(): 1}) == {"<Hostile>": 1}


def test_lone_surrogates_and_nul_are_survived():
    assert plain({"a\ud800": "b\udfff", "n": "\x00"}) == {"a?": "b?", "n": "\x00"}
    assert to_content("\ud800", LIMITS) == "?"


def test_containers_that_change_meanwhile_are_survived():
    shared: dict[int, int] = dict.fromkeys(range(2_000), 0)
    stop = threading.Event()

    def change() -> None:
        number = 10_000
        while not stop.is_set():
            shared[number] = 0
            shared.pop(number)
            number += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(50):
            plain(shared)
    finally:
        stop.set()
        thread.join(30)


@pytest.mark.parametrize(
    "value", ["text", "{not json", '{"a": 1}', '"quoted"', "[", "", 3, True, 2.5, [1], {"a": [None]}]
)
def test_content_says_what_it_was(value: object):
    content = to_content(value, LIMITS)
    assert isinstance(content, (str, bool, int, float))
    assert content_value(content) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
)


@given(JSON, st.integers(1, 200), st.integers(1, 5))
def test_whatever_it_is_it_is_json_within_the_limits(value: object, chars: int, depth: int):
    text = to_json(value, Limits(depth=depth, chars=chars))
    json.loads(text)
    assert len(text) < 12 * chars + 2_000


SIZES = st.sampled_from([1, 10, 100, 1_000, 262_144])


@given(JSON, SIZES, st.integers(1, 5) | st.just(16))
def test_what_is_json_already_is_written_as_what_is_made_json_first(value: object, chars: int, depth: int):
    limits = Limits(depth=depth, chars=chars)
    assert to_json(value, limits) == plain_json(to_plain(value, limits))
    assert to_content(value, limits) == plain_content(to_plain(value, limits))


NEARLY: list[object] = [
    {"k" * 201: 1}, {1: 2}, [2**63], [-(2**63)], [2**64 - 1], [float("nan")], [float("inf")], ["\ud800"], [b"x"],
    ["data:image/png;base64," + "A" * 5_000], ["x" * 300_000], [[1] * 1_000] * 1_000, [uuid.UUID(int=1)],
    [datetime.date(2026, 1, 1)], [Point(1)], [OrderedDict(a=1)], [(1, (2, {"a": None}))],
    [True, 1.5, -0.0, 1e300],
]  # fmt: skip


@pytest.mark.parametrize("value", NEARLY, ids=lambda value: repr(value)[:30])
def test_what_is_nearly_json_is_written_as_what_is_made_json_first(value: object):
    assert to_json(value, LIMITS) == plain_json(to_plain(value, LIMITS))
