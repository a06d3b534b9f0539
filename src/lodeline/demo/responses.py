"""Responses of models, each a trace of one span, for sources that recorded what was asked and answered alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import orjson

from lodeline.demo.otlp import SpanDraft, hashed_span_id, hashed_trace_id, request, trace_id_text
from lodeline.demo.part import SYNTHETIC_TIMES_TAG
from lodeline.domain.ids import TraceId
from lodeline.domain.span import AttributeValue, JsonValue

_BETWEEN_NS = 10 * 1_000_000_000
_MS = 1_000_000
TRACES_A_REQUEST = 300


@dataclass(frozen=True, slots=True)
class Response:
    """What a model answered. `key` tells it from the others of its `source`; `number` is its place in time."""

    source: str
    key: tuple[str, ...]
    number: int
    model: str
    inputs: Mapping[str, JsonValue]
    output: str

    @property
    def trace_id(self) -> TraceId:
        """The id of its trace."""
        return trace_id_text(hashed_trace_id(self.source, *self.key))


def requests(responses: Iterable[Response], *, service: str, operation: str, first_ns: int) -> Iterator[bytes]:
    """Yield requests that hold the traces of responses; their times are made up from the lengths of the texts."""
    resource: dict[str, AttributeValue] = {
        "service.name": service,
        f"lodeline.tags.{SYNTHETIC_TIMES_TAG}": "true",
    }
    left = iter(responses)
    while batch := list(islice(left, TRACES_A_REQUEST)):
        spans = [_span(each, operation, first_ns) for each in batch]
        yield request([(resource, f"lodeline.demo.{service}", "1", spans)])


def request_count(responses: int) -> int:
    """Return how many requests so many responses are sent in."""
    return -(-responses // TRACES_A_REQUEST)


def _span(response: Response, operation: str, first_ns: int) -> SpanDraft:
    start_ns = first_ns + response.number * _BETWEEN_NS
    attributes: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.request.model": response.model,
        "lodeline.inputs": orjson.dumps(response.inputs).decode(),
        "lodeline.outputs": response.output,
    }
    raw = hashed_trace_id(response.source, *response.key)
    span_id = hashed_span_id(response.source, *response.key)
    end_ns = start_ns + (200 + 6 * len(response.output)) * _MS
    return SpanDraft(raw, span_id, b"", operation, start_ns, end_ns, attributes)
