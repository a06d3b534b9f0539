"""Native JSON: every value can be written, and what is written fits the published schema."""

import json
import math
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.analytics import AggregatePoint
from lodeline.domain.ids import ExperimentId, SpanId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.review_view import NextReview
from lodeline.domain.span import AttributeValue, Span, SpanSkeleton
from lodeline.domain.trace import Trace
from lodeline.domain.usage import TokenUsage
from lodeline.server.schema import Schemas
from lodeline.server.serialise import dumps

BEYOND = 2**53 + 1
TRACE = Trace(TraceId("tr-1"), ExperimentId("0"), "name", "OK", BEYOND, None, 1, 2)
hostile = st.text(st.characters(codec=None), max_size=8)
attribute = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=8,
)


def plain(value: object) -> Any:
    """Return what a client reads; the standard library's parser is strict about UTF-8."""
    return json.loads(dumps(value).decode("utf-8"))


def check(annotation: Any, value: object) -> None:
    """Assert that what is written fits the schema of its type."""
    schemas = Schemas()
    schema = {**schemas.of(annotation), "components": {"schemas": schemas.components}}
    jsonschema_rs.validator_for(schema).validate(plain(value))


def test_nanoseconds_are_decimal_strings_and_milliseconds_numbers() -> None:
    found = plain(TRACE)
    assert found["start_ns"] == str(BEYOND)
    assert found["duration_ns"] is None
    assert (found["received_ms"], found["updated_ms"]) == (1, 2)


def test_numbers_that_json_lacks_are_texts() -> None:
    values = {"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1.5, "e": None}
    assert plain(AggregatePoint(None, None, 1, values))["values"] == {
        "a": "NaN", "b": "Infinity", "c": "-Infinity", "d": 1.5, "e": None,
    }  # fmt: skip


def test_usage_is_its_buckets_and_sums_that_agree() -> None:
    usage = TokenUsage(1, 2, 3, 4, 5, 6, 7, 8, 9)
    found = plain(SpanSkeleton(SpanId("a"), None, "n", "LLM", "OK", 1, 2, tokens=usage))["tokens"]
    assert found == {"input": usage.input, "output": usage.output, "total": usage.total, **usage._asdict()}


def test_lone_surrogates_become_replacement_characters_and_pairs_survive() -> None:
    assert plain({"\ud800": ["a\udfff", "\N{GRINNING FACE}", "\ud83d\ude00"]}) == {
        "�": ["a�", "\N{GRINNING FACE}", "\N{GRINNING FACE}"]
    }


def test_deep_values_end_and_large_integers_are_texts() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert dumps({"deep": deep, "large": 2**70, "small": -(2**70)})
    assert plain([2**70, 2**63]) == [str(2**70), 2**63]


@given(attributes=st.dictionaries(hostile, attribute, max_size=4), name=hostile)
def test_whatever_a_span_holds_can_be_written_and_fits_the_schema(
    attributes: dict[str, AttributeValue], name: str
) -> None:
    span = Span(TraceId("tr-1"), SpanId("a"), None, name, "LLM", "OK", 1, None, attributes=attributes)
    check(Span, span)


@given(name=hostile, cost=st.none() | st.floats(), tags=st.dictionaries(hostile, hostile, max_size=3))
def test_whatever_a_trace_holds_can_be_written_and_fits_the_schema(
    name: str, cost: float | None, tags: dict[str, str]
) -> None:
    trace = Trace(TraceId("t"), ExperimentId("0"), name, "OK", -1, BEYOND, 1, 2, cost_usd=cost, tags=tags)
    check(Page[Trace], Page((trace, TRACE), cursor=None))


@dataclass(frozen=True, slots=True)
class _One:
    only: float


@dataclass(frozen=True, slots=True)
class _Odd:
    value: "complex | None"


def test_a_record_of_one_field_is_an_object() -> None:
    assert plain(_One(math.nan)) == {"only": "NaN"}


def test_a_record_whose_only_field_is_nothing_is_an_object() -> None:
    assert plain(NextReview()) == {"item": None}
    check(NextReview, NextReview())


def test_a_type_without_a_form_is_an_error_when_routes_are_declared() -> None:
    with pytest.raises(TypeError):
        Schemas().of(_Odd)
    with pytest.raises(TypeError):
        Schemas().of(int | str)


def test_finite_values_are_written_as_orjson_writes_them() -> None:
    value = {"a": [1, 2.5, "x", None, True]}
    assert dumps(value) == orjson.dumps(value)
