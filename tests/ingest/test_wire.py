import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from lodeline.domain.errors import TooLarge
from lodeline.ingest import wire
from tests.ingest.build import request, resource_spans, span


def test_scopes_and_join_are_inverse_and_keep_every_byte() -> None:
    body = request(
        resource_spans(span(1), span(2, attributes={"a": "x" * 300}), resource={"service.name": "one"}),
        resource_spans(span(3, attributes={"a": "x" * 20_000}), scope="other"),
    )
    slices = list(wire.scopes(body, max_fields=100))
    assert [(item.resource_index, len(item.spans)) for item in slices] == [(0, 2), (1, 1)]
    assert wire.join(slices) == body


def test_fields_that_are_unknown_stay_with_their_level() -> None:
    unknown = wire.delimited(99, b"later version")
    scope = wire.delimited(wire.SPANS, span(1).SerializeToString()) + unknown
    body = wire.delimited(wire.RESOURCE_SPANS, wire.delimited(wire.SCOPE_SPANS, scope) + unknown)
    (found,) = wire.scopes(body, max_fields=100)
    assert (found.resource_head, found.scope_head) == (unknown, unknown)
    assert TracesData.FromString(wire.join([found])).resource_spans[0].scope_spans[0].spans[0].name == "step"


def test_too_many_fields_are_refused() -> None:
    body = wire.delimited(wire.RESOURCE_SPANS, b"") * 1_000
    with pytest.raises(TooLarge, match="over 100 resources"):
        list(wire.scopes(body, max_fields=100))


@given(st.integers(0, 2**64 - 1))
def test_numbers_survive_the_way_there_and_back(number: int) -> None:
    data = wire.varint(number)
    assert wire.read_varint(data, 0, len(data)) == (number, len(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_or_called_malformed(data: bytes) -> None:
    try:
        slices = list(wire.scopes(data, max_fields=1_000))
    except wire.Malformed:
        return
    assert list(wire.scopes(wire.join(slices), max_fields=1_000)) == [
        item._replace(resource_index=index) for index, item in ((_rank(slices, item), item) for item in slices)
    ]


def _rank(slices: list[wire.ScopeSlice], item: wire.ScopeSlice) -> int:
    return sorted({other.resource_index for other in slices}).index(item.resource_index)


def test_bodies_cut_anywhere_are_malformed_or_shorter() -> None:
    body = request(resource_spans(span(1), span(2)), resource_spans(span(3)))
    for end in random.Random(0).sample(range(len(body)), 50):
        try:
            spans = [data for scope in wire.scopes(body[:end], max_fields=100) for data in scope.spans]
        except wire.Malformed:
            continue
        assert len(spans) < 3


def test_ids_are_read_from_spans_that_cannot_be_parsed() -> None:
    data = span(7).SerializeToString()
    assert wire.span_ids(data[:40] + b"\xff") == ("0102030405060708090a0b0c0d0e0f10", "0000000000000007")
    assert wire.span_ids(b"\xff\xff") == ("", "")
