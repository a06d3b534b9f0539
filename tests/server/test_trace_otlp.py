"""A trace read back as OTLP: what was sent, and nothing that was superseded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from tests.ingest.build import TRACE, everything, exactly, request, resource_spans, span
from tests.server.world import World, serve

PATH = f"/api/v1/traces/tr-{TRACE.hex()}/otlp"


@pytest.fixture(params=["memory:", "sqlite:{}"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server over an empty store, of either backend."""
    with serve(str(request.param).format(tmp_path / "store")) as opened:
        yield opened


def test_what_was_sent_is_read_back_and_can_be_sent_again(world: World) -> None:
    sent = everything(unknown=True).SerializeToString()
    assert world.send(sent).content == b""
    answer = world.client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert exactly(answer.content) == exactly(sent)
    with serve() as other:
        assert other.send(answer.content).content == b""
        assert exactly(other.client.get(PATH).content) == exactly(sent)


def test_of_two_copies_the_one_that_counts_is_given(world: World) -> None:
    begun, ended = span(1, name="begun"), span(1, name="ended")
    begun.end_time_unix_nano = 0
    for sent in (span(2, parent=1, name="child"), begun, ended, begun):
        assert world.send(request(resource_spans(sent))).status_code == 200
    found = TracesData.FromString(world.client.get(PATH).content)
    assert [sent.name for sent in found.resource_spans[0].scope_spans[0].spans] == ["child", "ended"]
    assert len(found.resource_spans) == 1


def test_a_trace_that_there_is_not_is_not_found(world: World) -> None:
    assert world.client.get(PATH).status_code == 404
