"""Hints about filters that are right and find nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.query.ast import EntityScope
from lodeline.query.fields import ENTITIES
from lodeline.query.grammar_native import parse
from lodeline.query.hints import MAX_HINTS, hints
from tests.query import strategies


@pytest.mark.parametrize(
    ("text", "entity", "written", "meant"),
    [
        ("feedback.x = 'false'", "trace", "feedback.x = 'false'", "feedback.x = false"),
        ("state = 'OK' AND NOT feedback.x = 'True'", "trace", "feedback.x = 'True'", "feedback.x = true"),
        ("expectation.n = ' 5 '", "trace", "expectation.n = ' 5 '", "expectation.n = 5"),
        ("feedback.x IN ('true', 'no', '1')", "trace", "feedback.x IN ('true', 'no', '1')", "(true, 'no', 1)"),
        (
            "span.attributes.stream = 'true'",
            "trace",
            "span.attributes.stream = 'true'",
            "span.attributes.stream = true",
        ),
        ("span(name = 'a' AND attributes.n = '2.5')", "trace", "attributes.n = '2.5'", "attributes.n = 2.5"),
        ("assessment(source = 'HUMAN' AND value = 'false')", "trace", "value = 'false'", "value = false"),
        ("value = 'false' OR name = 'x'", "assessment", "value = 'false'", "value = false"),
    ],
)
def test_texts_that_look_like_other_values(text: str, entity: EntityScope, written: str, meant: str):
    (hint,) = hints(parse(text, entity))
    assert hint.startswith(f"{written} finds text only")
    assert hint.endswith(meant)


@pytest.mark.parametrize(
    "text",
    ["", "feedback.x = false", "feedback.x = 'no'", "feedback.x != 'false'", "feedback.x NOT IN ('true', 'a')",
     "tags.n = '5'", "name = 'true'", "feedback.x LIKE 'false'", "feedback.x IS NULL"],
)  # fmt: skip
def test_other_conditions_have_none(text: str):
    assert hints(parse(text, "trace")) == ()


@pytest.mark.parametrize("entity", ENTITIES)
@given(data=st.data())
def test_there_are_few_whatever_the_filter(entity: EntityScope, data: st.DataObject):
    found = hints(data.draw(strategies.nodes(entity)))
    assert len(found) <= MAX_HINTS
    assert len(set(found)) == len(found)
