"""Contract of `SpanStore`."""

import random

import pytest

from lodeline.domain.errors import NotFound
from lodeline.domain.ids import SpanId, TraceId
from lodeline.domain.span import ResourceFacts, SpanSkeleton
from lodeline.domain.usage import TokenUsage
from lodeline.ingest.payload import unpack_facts
from lodeline.storage.base import Stores
from tests.contract.build import at_ns, span, span_id, write

ONE = TraceId("tr-1")


def test_the_skeleton_has_roots_first_then_starts_then_ids(stores: Stores) -> None:
    specs = [
        span("second root", 9, start_ms=5),
        span("same start, greater id", 8, parent=1, start_ms=-5),
        span("same start, lesser id", 7, parent=1, start_ms=-5),
        span("root", 1, start_ms=0),
        span("unknown parent", 2, parent=77, start_ms=-9),
    ]
    random.Random(1).shuffle(specs)
    for spec in specs:
        stores.traces.write([write(ONE, spec)])
    expected = ["root", "second root", "unknown parent", "same start, lesser id", "same start, greater id"]
    assert [s.name for s in stores.spans.skeleton(ONE)] == expected
    assert [s.name for s in stores.spans.load(ONE)] == expected


def test_the_skeleton_tells_all_but_content(stores: Stores) -> None:
    usage = TokenUsage(1, 2, 3, 4, 5, 6, 7, 8, 9)
    llm = span(
        "llm", 2, parent=1, start_ms=1.5, end_ms=9, kind="LLM", status="ERROR", model="gpt", tokens=usage,
        cost_usd=0.5, attributes={"big": "x" * 1000},
    )  # fmt: skip
    one = write(ONE, span(end_ms=None, status="UNSET"), llm)
    stores.traces.write([one])
    root, child = stores.spans.skeleton(ONE)
    assert (root.end_ns, root.parent_id, root.tokens, root.cost_usd, root.model) == (None, None, None, None, None)
    assert child == SpanSkeleton(
        span_id(2), span_id(1), "llm", "LLM", "ERROR", at_ns(1.5), at_ns(9), "gpt", usage, 0.5,
        one.spans[1].size_bytes,
    )  # fmt: skip


def test_load_returns_whole_spans_with_untouched_content(stores: Stores) -> None:
    attributes = {
        "text": "a\x00b", "int": -(2**63), "float": float("inf"), "flag": True, "bytes": b"\xff\x00",
        "list": ["x", 1, None, [False]], "map": {"k": {"n": 1.5}}, "empty": "", "none": None,
    }  # fmt: skip
    spec = span(
        "whole", 3, status="ERROR", status_message="why", attributes=attributes, events=["first", "second"],
        resource=ResourceFacts(service="svc"), cost_usd=2.5, kind="TOOL",
    )  # fmt: skip
    stores.traces.write([write(ONE, spec)])
    (whole,) = stores.spans.load(ONE)
    assert (whole.trace_id, whole.span_id, whole.parent_id, whole.name) == (ONE, span_id(3), None, "whole")
    assert (whole.kind, whole.status, whole.status_message, whole.cost_usd) == ("TOOL", "ERROR", "why", 2.5)
    assert (whole.start_ns, whole.end_ns) == (at_ns(0), at_ns(100))
    assert whole.attributes == attributes
    assert [event.name for event in whole.events] == ["first", "second"]
    assert whole.resource == {"service.name": "svc"}


def test_an_unended_span_has_no_end(stores: Stores) -> None:
    stores.traces.write([write(ONE, span(end_ms=None))])
    assert stores.spans.load(ONE)[0].end_ns is None


def test_load_of_ids_gives_the_known_ones_once_in_skeleton_order(stores: Stores) -> None:
    for number in (3, 1, 2):
        parent = None if number == 1 else 1
        stores.traces.write([write(ONE, span(f"s{number}", number, parent=parent, start_ms=number))])
    asked = [span_id(3), span_id(1), span_id(3), span_id(99), SpanId("nonsense")]
    assert [s.name for s in stores.spans.load(ONE, asked)] == ["s1", "s3"]
    assert stores.spans.load(ONE, []) == []


def test_load_gives_the_winning_copy_wherever_it_lies(stores: Stores) -> None:
    stores.traces.write([write(ONE, span("a", 1), span("old", 2, end_ms=1), span("b", 3))])
    stores.traces.write([write(ONE, span("new", 2, end_ms=2))])
    stores.traces.write([write(ONE, span("older", 2, end_ms=0.5))])
    assert [s.name for s in stores.spans.load(ONE)] == ["a", "new", "b"]
    assert [s.name for s in stores.spans.load(ONE, [span_id(2)])] == ["new"]


def test_an_unknown_trace_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.spans.skeleton(ONE)
    with pytest.raises(NotFound):
        stores.spans.load(ONE, [span_id(1)])
    with pytest.raises(NotFound):
        list(stores.spans.chunks(ONE))


def test_chunks_come_as_written_in_order_of_arrival(stores: Stores) -> None:
    writes = [write(ONE, span("b", 2, parent=1), span("c", 3, parent=1)), write(ONE, span("a", 1))]
    for one in writes:
        stores.traces.write([one])
    chunks = list(stores.spans.chunks(ONE))
    assert chunks == [one.chunk for one in writes]
    assert [[f.name for f in unpack_facts(chunk)] for chunk in chunks] == [["b", "c"], ["a"]]


def test_parent_circles_are_read_like_anything_else(stores: Stores) -> None:
    stores.traces.write([write(ONE, span("a", 1, parent=2), span("b", 2, parent=1), span("c", 3, parent=3))])
    assert [s.name for s in stores.spans.skeleton(ONE)] == ["a", "b", "c"]
    assert len(stores.spans.load(ONE)) == 3


def test_one_span_id_in_two_traces_is_two_spans(stores: Stores) -> None:
    stores.traces.write([write(ONE, span("mine")), write("tr-2", span("other"))])
    assert [stores.spans.load(TraceId(i))[0].name for i in ("tr-1", "tr-2")] == ["mine", "other"]


def test_texts_are_those_of_the_copy_that_counts(stores: Stores) -> None:
    first = span("root", 1, end_ms=None, attributes={"in": "early", "n": 3})
    whole = span("root", 1, attributes={"in": "late", "list": ["a", {"b": "c"}], "empty": ""}, events=["happened"])
    stores.traces.write([write(ONE, first, span("child", 2, parent=1, status="ERROR", status_message="why"))])
    stores.traces.write([write(ONE, whole)])
    found = {span_id: sorted(texts) for span_id, texts in stores.spans.texts(ONE)}
    assert found == {span_id(1): ["a", "c", "happened", "late", "root"], span_id(2): ["child", "why"]}
    with pytest.raises(NotFound):
        stores.spans.texts(TraceId("tr-unknown"))
