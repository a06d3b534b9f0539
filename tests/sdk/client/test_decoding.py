"""Decoding: what the server writes is read back as the same domain value."""

import math

import orjson
import pytest

from lodeline.domain.account import Account
from lodeline.domain.assessment import Assessment, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Unavailable
from lodeline.domain.experiment import Experiment, ExperimentSettings, Retention
from lodeline.domain.ids import AccountId, AssessmentId, ExperimentId, SpanId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.span import Document, Message, Span, SpanEvent, SpanView, ToolCall
from lodeline.domain.trace import Trace
from lodeline.domain.usage import TokenUsage
from lodeline.sdk.client.decoding import decode, decode_page
from lodeline.server.serialise import dumps

TRACE = Trace(
    TraceId("tr-1"), ExperimentId("3"), "answer", "ERROR", 1_790_000_000_123_456_789, None, 1, 2,
    linked_run_ids=("r1", "r2"), tokens=TokenUsage(1, 2, 3, 4, 5, 6, 7, 8, 9), cost_usd=0.25, tags={"a": "b"},
)  # fmt: skip
SPAN = Span(
    TraceId("tr-1"), SpanId("00000000000000aa"), None, "llm", "LLM", "OK", 1, 2**62,
    attributes={"deep": {"list": [1, 2.5, "x", None, True]}}, events=(SpanEvent("e", 5, {"k": "v"}),),
    view=SpanView(
        "LLM", "genai", input_messages=(Message("user", "hi", tool_calls=(ToolCall("f", {"x": 1}, "c1"),)),),
        documents=(Document("text", "d1", 0.5),), tokens=TokenUsage(input_uncached=4),
    ),
)  # fmt: skip
EXPERIMENT = Experiment(
    ExperimentId("0"), "Default", "ACTIVE", 1, 2, settings=ExperimentSettings(retention=Retention(max_traces=5))
)
ASSESSMENT = Assessment(
    AssessmentId("a-1"), ExperimentId("0"), AssessmentTarget(session="s"), "score", "FEEDBACK",
    AssessmentSource("HUMAN"), 1, 2, value={"any": [1]},
)  # fmt: skip
ACCOUNT = Account(AccountId("x"), "Ada", None, 1, roles={ExperimentId("1"): "editor"})


@pytest.mark.parametrize(
    "value", [TRACE, SPAN, EXPERIMENT, ASSESSMENT, ACCOUNT], ids=lambda value: type(value).__name__
)
def test_what_the_server_writes_is_read_back(value: object) -> None:
    again = decode(type(value), orjson.loads(dumps(value)))
    assert dumps(again) == dumps(value)
    assert type(again) is type(value)


def test_a_page_is_read_back() -> None:
    page = Page((TRACE, TRACE), cursor="next", partial=True)
    assert decode_page(Trace, orjson.loads(dumps(page))) == page


def test_numbers_that_json_has_not_come_back() -> None:
    plain = orjson.loads(dumps(TRACE)) | {"cost_usd": "NaN"}
    cost_usd = decode(Trace, plain).cost_usd
    assert cost_usd is not None
    assert math.isnan(cost_usd)


def test_fields_of_a_newer_server_are_left_out_and_missing_ones_take_their_defaults() -> None:
    plain = orjson.loads(dumps(TRACE)) | {"something_new": 1}
    del plain["tags"]
    assert decode(Trace, plain).tags == {}


@pytest.mark.parametrize("answer", [None, [], "text", {}, {"trace_id": "x"}])
def test_an_answer_of_another_form_is_unavailable(answer: None) -> None:
    with pytest.raises(Unavailable, match="Trace"):
        decode(Trace, answer)
