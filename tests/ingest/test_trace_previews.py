"""Reading only some spans' previews leaves the summary as if all had been read."""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from lodeline.domain.span import AttributeValue, SpanFacts
from lodeline.domain.trace import TraceSummary
from lodeline.ingest import semconv
from lodeline.ingest.otlp import decode
from lodeline.ingest.summary import TraceFold
from lodeline.ingest.trace_previews import Waiting, fill_previews
from tests.examples import examples
from tests.ingest.build import PROTOBUF, T0_NS, pairs, request, resource_spans, span

_MODEL = "gen_ai.request.model"


class _Made(NamedTuple):
    number: int
    root: bool
    start: int
    end: int
    asked: str
    answered: str
    message: str

    def span(self) -> Span:
        said = {"lodeline.inputs": self.asked, "lodeline.outputs": self.answered}
        attributes: dict[str, AttributeValue] = {key: text for key, text in said.items() if text}
        if self.message:
            attributes |= {"logfire.msg_template": "{x}", "logfire.msg": self.message}
        made = span(self.number, parent=0 if self.root else 99, attributes={**attributes, _MODEL: "m"})
        made.start_time_unix_nano = self.start and T0_NS + self.start
        made.end_time_unix_nano = self.end and T0_NS + self.end
        return made


_TEXTS = st.sampled_from(("", "", "a", "b", "c"))
_SPANS = st.builds(
    _Made, st.integers(1, 6), st.sampled_from((False, False, True)), st.integers(0, 4), st.integers(0, 6), _TEXTS,
    _TEXTS, _TEXTS,
)  # fmt: skip
_DISTINCT = st.lists(_SPANS, min_size=1, max_size=6, unique_by=lambda made: made.number)


def _summary(spans: list[SpanFacts]) -> TraceSummary:
    fold = TraceFold()
    for facts in spans:
        fold.add(facts)
    return fold.summary()


def _decoded(made: list[_Made]) -> list[SpanFacts]:
    (trace,) = decode(request(resource_spans(*(one.span() for one in made))), PROTOBUF).traces
    return list(trace.spans)


def _all_read(made: list[_Made]) -> list[SpanFacts]:
    """Return the facts as if every span had been read for its previews."""
    read: list[SpanFacts] = []
    for one, facts in zip(made, _decoded(made), strict=True):
        message = one.span()
        said = semconv.derive(message, {pair.key: pair.value for pair in message.attributes}, want_preview=True)
        read.append(facts._replace(request=said.request, response=said.response, trace_name=said.trace_name))
    return read


@settings(max_examples=examples(100), deadline=None)
@given(_DISTINCT, st.integers(0, 6))
def test_the_summary_is_as_if_all_were_read_however_they_are_cut_into_requests(made: list[_Made], cut: int) -> None:
    parts = [part for part in (made[:cut], made[cut:]) if part]
    taken = [facts for part in parts for facts in _decoded(part)]
    assert _summary(taken) == _summary(_all_read(made))


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(_SPANS, min_size=1, max_size=6))
def test_copies_of_one_span_in_a_request_are_all_read(made: list[_Made]) -> None:
    assert _summary(_decoded(made)) == _summary(_all_read(made))


def test_spans_that_cannot_matter_are_not_read() -> None:
    values: dict[str, AttributeValue] = {"lodeline.inputs": "q", "lodeline.outputs": "a", _MODEL: "m"}
    call = Span(attributes=pairs(values)).SerializeToString()
    root, first, last = (span(number, parent=number - 1, attributes=values) for number in (1, 2, 3))
    (decoded,) = decode(request(resource_spans(root, first, last)), PROTOBUF).traces
    facts = [one._replace(request=None, response=None) for one in decoded.spans]
    facts[0] = facts[0]._replace(request="root's", response="root's", end_ns=facts[2].end_ns + 1)
    fill_previews(facts, [Waiting(1, call), Waiting(2, call)])
    assert [(one.request, one.response) for one in facts] == [("root's", "root's"), (None, None), (None, None)]
