"""Spans of text: what is one, where it may lie, how much two answers mark the same."""

import pytest

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.span import JsonValue
from lodeline.domain.text_span import MAX_TEXTS, MarkableText, TextSpan, markable, overlap_of, quoted, spans_of

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
    assert len(markable([{"response": ["text"] * 1_000}])) == MAX_TEXTS


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
