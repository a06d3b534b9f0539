"""Completion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.query.ast import EntityScope
from lodeline.query.complete import complete
from lodeline.query.fields import ENTITIES


def offered(text: str, entity: EntityScope = "trace") -> list[str]:
    """Complete `text` at the bar in it and return what is offered."""
    position = text.index("|")
    return [item.text for item in complete(text.replace("|", ""), position, entity).items]


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("|", ["state", "tags.", "span(", "span.name", "feedback.", "text", "NOT"]),
        ("dur|", ["duration"]),
        ("DUR|", ["duration"]),
        ("tokens.|", ["tokens.total", "tokens.input"]),
        ("span.st|", ["span.status", "span.status_message", "span.start"]),
        ("state |", ["=", "!=", "IN"]),
        ("name NOT L|", ["LIKE"]),
        ("state = 'er|", ["'ERROR'"]),
        ("name = 'er|", []),
        ("tags.release |", ["=", "LIKE"]),
        ("NOT (|", ["state"]),
        ("state = |", ["'ERROR'", "'OK'"]),
        ("state IN (|", ["'ERROR'"]),
        ("state IN ('OK', |", ["'ERROR'"]),
        ("state IN ('OK') |", ["AND", "OR"]),
        ("start > |", ["now-1h"]),
        ("feedback.good = |", ["true", "false"]),
        ("state = 'OK' |", ["AND", "OR"]),
        ("state = 'OK' A|", ["AND"]),
        ("state = 'OK' AND |", ["state", "span("]),
        ("state = 'OK' AND NOT us|", ["user"]),
        ("(state = 'OK' |", ["AND", "OR", ")"]),
        ("span(|", ["kind", "attributes.", "text"]),
        ("span(name = 'x' AND ki|", ["kind"]),
        ("span(kind = |", ["'LLM'"]),
        ("span(kind = 'LLM') |", ["AND", "OR"]),
        ("span(kind = 'LLM') AND |", ["state"]),
        ("assessment(so|", ["source", "source_id"]),
        ("user IS |", ["NULL", "NOT NULL"]),
        ("user IS NULL |", ["AND"]),
        ("user | = 'x'", ["=", "LIKE"]),
        ("'free text' |", ["AND"]),
    ],
)
def test_what_may_come_next_is_offered(text: str, some: list[str]):
    found = offered(text)
    assert set(some) <= set(found)
    if not some:
        assert found == []


def test_what_may_not_come_is_not_offered():
    assert "span(" not in offered("span(|")
    assert "state" not in offered("span(|")
    assert ")" not in offered("span(kind = 'LLM') |")
    assert offered("state |") == ["=", "!=", "IN", "NOT IN", "IS NULL", "IS NOT NULL"]
    assert offered("valid = |", "assessment") == ["true", "false"]


def test_a_suggestion_replaces_the_word_before_the_place():
    found = complete("state = 'OK' AND dur > 5", 20, "trace")
    assert (found.start, found.end) == (17, 20)
    assert [item.text for item in found.items] == ["duration"]
    assert found.items[0].kind == "field"
    assert "start to end" in found.items[0].doc


@given(st.text(alphabet="ab. ()'\"`=,<~sNOT", max_size=30), st.integers(-5, 40), st.sampled_from(tuple(ENTITIES)))
def test_any_text_can_be_completed(text: str, position: int, entity: EntityScope):
    found = complete(text, position, entity)
    assert 0 <= found.start <= found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("user = '", "user"),
        ("tags.release = ", "tags.release"),
        ("user IN ('ada', ", "user"),
        ("user = 'ada' AND environment != ", "environment"),
        ("user ", None),
        ("duration > ", None),
        ("feedback.quality = ", None),
        ("nothing = ", None),
        ("span(name = ", None),
        ("", None),
    ],
)
def test_says_whose_value_comes_next(text: str, field: str | None):
    assert complete(text, len(text), "trace").field == field
