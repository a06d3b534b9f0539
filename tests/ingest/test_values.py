import math
from typing import cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from lodeline.domain.errors import Invalid
from lodeline.domain.span import AttributeValue
from lodeline.ingest.values import (
    MAX_DEPTH,
    MAX_STORED_DEPTH,
    attributes,
    clean_text,
    from_python,
    json_safe,
    texts,
    to_python,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | _TEXT
    | st.binary(max_size=20)
)


def _nested(inner: st.SearchStrategy[AttributeValue]) -> st.SearchStrategy[AttributeValue]:
    lists = cast("st.SearchStrategy[AttributeValue]", st.lists(inner, max_size=4))
    maps = cast("st.SearchStrategy[AttributeValue]", st.dictionaries(_TEXT, inner, max_size=4))
    return lists | maps


VALUES: st.SearchStrategy[AttributeValue] = st.recursive(
    cast("st.SearchStrategy[AttributeValue]", _LEAVES), _nested, max_leaves=15
)


@given(VALUES)
def test_values_survive_the_way_there_and_back(value: AttributeValue) -> None:
    result = to_python(AnyValue.FromString(from_python(value).SerializeToString()))
    assert result == value
    assert type(result) is type(value)


def test_floats_that_json_cannot_carry_stay_floats() -> None:
    for number in (math.nan, math.inf, -math.inf, -0.0):
        result = to_python(from_python(number))
        assert isinstance(result, float)
        assert math.copysign(1, result) == math.copysign(1, number)
        assert result == number or math.isnan(number)


@given(VALUES)
def test_json_safe_values_are_json(value: AttributeValue) -> None:
    orjson.dumps(json_safe(value))


def test_json_safe_spells_what_json_lacks() -> None:
    value: AttributeValue = {"b": b"\x00\xff", "f": [math.nan, math.inf, -math.inf], "s": "a\ud800b\0", "i": 2**70}
    assert json_safe(value) == {
        "b": "AP8=",
        "f": ["NaN", "Infinity", "-Infinity"],
        "s": "a\ufffdb\0",
        "i": 2**70,
    }


def _list_of_depth(depth: int) -> AttributeValue:
    value: AttributeValue = "deep"
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_bounded_in_every_direction() -> None:
    deepest = _list_of_depth(MAX_STORED_DEPTH)
    assert to_python(AnyValue.FromString(from_python(deepest).SerializeToString())) == deepest
    with pytest.raises(Invalid, match="nest deeper than 30"):
        from_python(_list_of_depth(MAX_STORED_DEPTH + 1))
    assert "[nested too deeply]" in str(json_safe(_list_of_depth(10_000)))
    assert "deep" in str(json_safe(_list_of_depth(MAX_DEPTH)))
    assert to_python(from_python(_list_of_depth(3)), depth=2) == [[None]]


def test_integers_beyond_64_bits_become_text() -> None:
    assert from_python(2**63).string_value == str(2**63)
    assert from_python(-(2**63)).int_value == -(2**63)
    assert from_python(1 << 100_000).string_value == hex(1 << 100_000)


def test_lone_surrogates_become_replacement_characters_and_nul_stays() -> None:
    assert clean_text("a\ud800\udc00é\0") == "a\ufffd\ufffdé\0"
    assert from_python({"k\ud800": "v\udfff"}).kvlist_value.values[0] == KeyValue(
        key="k\ufffd", value=AnyValue(string_value="v\ufffd")
    )


def test_the_last_of_equal_keys_counts() -> None:
    pairs = [KeyValue(key="a", value=AnyValue(int_value=number)) for number in (1, 2)]
    assert attributes(pairs) == {"a": 2}


def test_an_empty_list_a_map_and_nothing_stay_apart() -> None:
    values: list[AttributeValue] = [[], {}, None, "", b"", [[], {}, None]]
    assert [to_python(from_python(value)) for value in values] == values


def test_texts_are_the_strings_at_any_depth_in_order_without_keys() -> None:
    value: AttributeValue = {"key": ["one", 2, {"inner": "two"}, b"bytes", ""], "other": "three"}
    pairs = [KeyValue(key="k", value=from_python(value)), KeyValue(key="l", value=from_python("four"))]
    assert list(texts(pairs)) == ["one", "two", "three", "four"]
