"""Writing filters: what is written reads back as the same nodes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Unsupported
from lodeline.query.ast import EntityScope
from lodeline.query.build import NOTHING
from lodeline.query.fields import ENTITIES
from lodeline.query.grammar_native import parse
from lodeline.query.unparse import to_text
from tests.query import strategies


@pytest.mark.parametrize("entity", ENTITIES)
@given(data=st.data())
def test_what_is_written_reads_back_the_same(entity: EntityScope, data: st.DataObject):
    node = data.draw(strategies.nodes(entity, mlflow=True))
    assert parse(to_text(node), entity) == node


@pytest.mark.parametrize(
    "text",
    [
        "state = 'ERROR' AND duration > 1500ms",
        "state = 'OK' AND (user = 'ada' OR user IS NULL)",
        "NOT (state = 'OK' OR tokens.total > 5)",
        "span.name = 'x'",
        "span.attributes.`a b` NOT LIKE '%x%'",
        "span(name = 'x' AND status = 'ERROR')",
        "NOT span(kind IN ('LLM', 'CHAT_MODEL') AND text ~ 'timeout')",
        "feedback.correct = true",
        "feedback.correct IS NULL",
        "expectation.answer IS NOT NULL",
        "feedback.`a b` LIKE '%x%'",
        "assessment(json(value) = '5.0')",
        "text ~ 'timeout \"connection refused\"'",
        "start >= '2026-11-23T08:00:00Z'",
        "start >= '2026-11-23T08:00:00.000000001Z'",
        "duration > 2h",
        "tags.\"a`b\" = 'it''s'",
        "request LIKE 'C:\\\\%'",
        "span.status_message IS NOT NULL",
    ],
)
def test_filters_are_written_as_people_write_them(text: str):
    assert to_text(parse(text, "trace")) == text


def test_a_filter_that_nothing_satisfies_has_no_text():
    with pytest.raises(Unsupported, match="nothing satisfies"):
        to_text(NOTHING)
