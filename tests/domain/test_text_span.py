"""Spans of text: what is one, where it may lie, how much two answers mark the same."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import (
    MAX_TEXTS,
    MarkableText,
    TextSpan,
    markable,
    overlap_of,
    part_of,
    quoted,
    same_marks,
    spans_of,
)

LABELS = ("made up", "wrong")


def mark(start: int, end: int, label: str = "wrong", field: str = "response") -> dict[str, JsonValue]:
    return {"field": field, "start": start, "end": end, "label": label}


def test_spans_come_by_position_each_once() -> None:
    found = spans_of([mark(5, 8), mark(0, 3), mark(0, 3, "made up"), mark(5, 8)], LABELS)
    assert [(s.start, s.label) for s in found] == [(0, "made up"), (0, "wrong"), (5, "wrong")]
    assert spans_of([], LABELS) == ()


def test_the_only_label_need_not_be_named() -> None:
    value: JsonValue = [{"field": "response", "start": 0, "end": 1}]
    assert spans_of(value, ("wrong",))[0].label == "wrong"
    with pytest.raises(Invalid, match="label"):
        spans_of(value, LABELS)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("words", "no list of spans"),
        ({"start": 1}, "no list of spans"),
        (["words"], "no span"),
        ([mark(3, 3)], "no stretch"),
        ([mark(-1, 3)], "no stretch"),
        ([{**mark(0, 3), "start": True}], "no stretch"),
        ([{**mark(0, 3), "start": 0.0}], "no stretch"),
        ([mark(0, 10_000_001)], "no stretch"),
        ([mark(0, 3, "else")], "label"),
        ([mark(0, 3, field="")], "field"),
        ([{**mark(0, 3), "text": "four"}], "3 characters"),
        ([{**mark(0, 3), "colour": "red"}], "colour"),
    ],
)
def test_what_is_none_is_named(value: JsonValue, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        spans_of(value, LABELS)


def test_too_many() -> None:
    with pytest.raises(TooLarge, match="3 spans are over the limit of 2"):
        spans_of([mark(0, 1), mark(1, 2), mark(2, 3)], LABELS, 2)


TEXTS = (MarkableText("request", "who?"), MarkableText("response", "na\u00efve \U0001f600 answer"))


def test_positions_count_code_points() -> None:
    (found,) = quoted([TextSpan("response", 6, 14, "wrong")], TEXTS, "response")
    assert found.text == "\U0001f600 answer"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (TextSpan("response", 6, 15, "wrong"), "goes past response, which has 14 characters"),
        (TextSpan("request", 0, 3, "wrong"), "no text of the response"),
        (TextSpan("2/response", 0, 3, "wrong"), "no text of the response"),
        (TextSpan("response", 0, 5, "wrong", "naive"), "na\u00efve"),
    ],
)
def test_spans_lie_where_they_say(span: TextSpan, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        quoted([span], TEXTS, "response")


def test_texts_inside_of_messages() -> None:
    message: JsonValue = {
        "choices": [{"message": {"role": "assistant", "content": "Hello", "a/b~c": "odd"}, "finish_reason": "stop"}]
    }
    texts = markable([{"request": "Hi", "response": message}, {"request": None, "response": "Again"}])
    assert [(each.field, each.text) for each in texts] == [
        ("request", "Hi"),
        ("response/choices/0/message/content", "Hello"),
        ("response/choices/0/message/a~1b~0c", "odd"),
        ("2/response", "Again"),
    ]
    assert quoted([TextSpan("2/response", 0, 5, "wrong")], texts, "response")[0].text == "Again"


def test_texts_of_one_part_leave_room_for_those_of_the_other() -> None:
    texts = markable([{"request": ["ask"] * 1_000, "response": ["say"] * 150}, {"response": ["say"] * 150}])
    assert Counter(part_of(each.field) for each in texts) == {"request": MAX_TEXTS, "response": MAX_TEXTS}
    assert texts[-1].field == "2/response/49"


def test_texts_of_a_conversation_are_named_by_their_trace() -> None:
    texts = markable([{"request": "ask", "response": "say"}, {"response": {"a": "more"}}], ["request", "tr-2"])
    assert [each.field for each in texts] == [
        "trace/request/request", "trace/request/response", "trace/tr-2/response/a",
    ]  # fmt: skip
    assert [part_of(each.field) for each in texts] == ["request", "response", "response"]
    assert quoted([TextSpan("trace/tr-2/response/a", 0, 4, "wrong")], texts, "response")[0].text == "more"
    assert part_of("trace") == part_of("2") == ""


def test_the_same_marks_are_the_same_with_and_without_their_words() -> None:
    kept = [{**mark(0, 3), "text": "say"}]
    assert same_marks(kept, [mark(0, 3)])
    assert same_marks(kept, kept)
    for other in (
        [],
        [mark(0, 2)],
        [mark(0, 3, "made up")],
        [{**mark(0, 3), "text": "ask"}],
        [mark(0, 3), mark(1, 2)],
    ):
        assert not same_marks(kept, other)
    assert not same_marks(["a"], ["a"])


def test_how_much_answers_mark_the_same() -> None:
    one, other = [TextSpan("response", 0, 4, "a")], [TextSpan("response", 2, 6, "a")]
    assert overlap_of([one, other]) == 0.5
    assert overlap_of([one, [TextSpan("response", 0, 4, "b")]]) == 0
    assert overlap_of([one, [TextSpan("request", 0, 4, "a")]]) == 0
    assert overlap_of([one, [TextSpan("response", 0, 3, "a"), TextSpan("response", 2, 4, "a")]]) == 1
    assert overlap_of([[], []]) == 1
    assert overlap_of([one, []]) == 0
    assert overlap_of([one, one, []]) == pytest.approx(1 / 3)
    assert overlap_of([one]) is None


stretches = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8), st.sampled_from("ab")).map(
        lambda mark: TextSpan("response", mark[0], mark[0] + mark[1], mark[2])
    ),
    max_size=8,
)


@given(stretches, stretches)
def test_overlap_is_counted_as_code_point_by_code_point(one: list[TextSpan], other: list[TextSpan]) -> None:
    left, right = ({(s.label, at) for s in spans for at in range(s.start, s.end)} for spans in (one, other))
    expected = 2 * len(left & right) / (len(left) + len(right)) if left or right else 1
    assert overlap_of([one, other]) == pytest.approx(expected)
