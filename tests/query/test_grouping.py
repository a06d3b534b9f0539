"""By which fields traces may be grouped."""

import pytest

from lodeline.domain.errors import Invalid
from lodeline.query.grouping import Parameter, parse_group


@pytest.mark.parametrize("name", ["state", "model", "tags.release", "metadata.a.b"])
def test_text_fields_of_traces_group(name: str) -> None:
    assert parse_group(name).scope == "trace"


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("span.name", "group_by", "GET /api/v1/traces/breakdown?by=name."),
        ("span.kind", "field", "`lodeline traces breakdown kind`"),
        ("Span.type", "field", "`lodeline traces breakdown kind`"),
        ("span.duration", "group_by", "a trace may have several of it; expected a text field of traces"),
        ("assessment.source", "field", "a trace may have several of it; expected a text field of traces"),
        ("feedback.correct", "group_by", "assessment_mean and assessment_count, with assessment=correct, say"),
        ("duration", "group_by", "since it is a duration; expected a text field of traces"),
        ("tokens.total", "field", "since it is a number; expected a text field of traces"),
    ],
)
def test_what_filters_know_and_groups_cannot_use_is_not_called_unknown(
    name: str, parameter: Parameter, expected: str
) -> None:
    with pytest.raises(Invalid) as caught:
        parse_group(name, parameter)
    message = caught.value.message
    assert message.startswith(f"{parameter}: '{name}' is a field that filters of traces know but groups cannot use")
    assert expected in message
    assert caught.value.details["field"] == parameter


@pytest.mark.parametrize("name", ["nothing", "span", "span.nothing", "feedback", "", "a b"])
def test_unknown_fields_name_the_parameter(name: str) -> None:
    with pytest.raises(Invalid, match=r"^group_by: "):
        parse_group(name, "group_by")
