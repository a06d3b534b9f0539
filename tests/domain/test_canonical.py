"""Canonical JSON and its digests."""

import json
import math
import unicodedata
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.canonical import canonical_json, digest_of, digest_of_set
from lodeline.domain.errors import Invalid, TooLarge

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def respelled(value: object) -> object:
    """Return the same value in another spelling: keys turned round, other normal forms, whole floats as numbers."""
    match value:
        case str():
            return unicodedata.normalize("NFD", value)
        case bool() | None:
            return value
        case int():
            return float(value) if abs(value) < 2**53 else value
        case float():
            return int(value) if value.is_integer() and abs(value) < 2**63 else value
        case dict():
            pairs = cast("dict[str, object]", value)
            return {cast(str, respelled(key)): respelled(item) for key, item in reversed(pairs.items())}
        case _:
            return [respelled(item) for item in cast("list[object]", value)]


def distinct(value: object) -> bool:
    """Tell whether no object has two keys of one normal form."""
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value)
        names = {unicodedata.normalize("NFC", key) for key in pairs}
        return len(names) == len(pairs) and all(map(distinct, pairs.values()))
    return all(map(distinct, cast("list[object]", value))) if isinstance(value, list) else True


@given(JSON.filter(distinct))
def test_every_spelling_has_one_canonical_text(value: object) -> None:
    text = canonical_json(value)
    assert canonical_json(respelled(value)) == text
    assert canonical_json(json.loads(text)) == text
    assert canonical_json(json.loads(json.dumps(value))) == text


@given(JSON, JSON)
def test_different_values_have_different_digests(one: object, other: object) -> None:
    if distinct(one) and distinct(other):
        assert (digest_of(one) == digest_of(other)) == (canonical_json(one) == canonical_json(other))


def test_a_written_example() -> None:
    value = {"b": [1.0, -0.0, 1e0, 2.50], "a": {"é": None, "Z": True}, "ü": "e\u0301"}
    assert canonical_json(value) == '{"a":{"Z":true,"é":null},"b":[1,0,1,2.5],"ü":"é"}'
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert canonical_json([2**53 + 1, float(2**53), 1e300, True, 1]) == f"[{2**53 + 1},{2**53},1e+300,true,1]"


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (math.nan, ""), ({"a": [0, math.inf]}, "/a/1"), ([{"a~/b": -math.inf}], "/0/a~0~1b"), (2**63, ""),
        ({"a": "\udfff"}, "/a"), ({"\udfff": 1}, ""), ({1: 2}, ""), ([b"x"], "/0"), ({"é": 1, "e\u0301": 2}, ""),
        ([object()], "/0"),
    ],
)  # fmt: skip
def test_what_json_cannot_hold_is_refused_with_its_place(value: object, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        canonical_json(value)
    assert caught.value.details["pointer"] == pointer


def test_depth_and_size_are_bounded() -> None:
    nested: object = 1
    for _ in range(64):
        nested = [nested]
    canonical_json(nested)
    with pytest.raises(Invalid):
        canonical_json([nested])
    with pytest.raises(TooLarge):
        canonical_json("x" * 100, most_chars=100)


def test_a_set_is_a_multiset_in_any_order() -> None:
    members = [("b", None), ("a", "1"), ("a", None), ("a", "1")]
    assert digest_of_set(members) == digest_of_set(members[::-1])
    assert digest_of_set(members) != digest_of_set(members[:-1])
    assert digest_of_set([("a", "1")]) != digest_of_set([("a", None)])
    assert digest_of_set([("a", None), ("b", "x")]) != digest_of_set([("a", "x"), ("b", None)])
