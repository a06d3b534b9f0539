"""MLflow's grammar, quirk by quirk."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, Unsupported
from lodeline.domain.ids import DEFAULT_EXPERIMENT, TraceId
from lodeline.domain.trace import Trace
from lodeline.query.ast import Always, EntityScope
from lodeline.query.build import NOTHING
from lodeline.query.grammar_mlflow import parse_mlflow
from lodeline.query.grammar_native import parse
from lodeline.query.reference import matches
from lodeline.query.subjects import TraceSubject
from tests.generators import TEXTS

LINKED = 'tags.mlflow.linkedPrompts LIKE \'%{"name": "a_b", "version": "2"}%\''


@pytest.mark.parametrize(
    ("mlflow", "ours"),
    [
        ("status = 'OK'", "state = 'OK'"),
        ("status = 'ERROR'", "state IN ('ERROR', 'ABANDONED')"),
        ("trace.status != 'ERROR'", "state IN ('IN_PROGRESS', 'OK')"),
        ("attributes.status LIKE '%R%'", "state IN ('IN_PROGRESS', 'ERROR', 'ABANDONED')"),
        ("status IN ('OK', 'nonsense')", "state = 'OK'"),
        ("name = 'x' AND attribute.name LIKE 'y%'", "name = 'x' AND name LIKE 'y%'"),
        ("tags.`mlflow.traceName` = 'x'", "name = 'x'"),
        ("request_id IN ('a', 'b')", "id IN ('a', 'b')"),
        ("client_request_id RLIKE '^a'", "client_request_id RLIKE '^a'"),
        ("run_id = 'r'", "run = 'r'"),
        ("run_id != 'r'", "metadata.mlflow.sourceRun != 'r'"),
        ("timestamp_ms > 5", "start >= 6"),
        ("timestamp >= 5", "start >= 5"),
        ("timestamp_ms < 5", "start < 5"),
        ("timestamp_ms <= 5", "start < 6"),
        ("execution_time_ms = 5", "duration >= 5 AND duration < 6"),
        ("execution_time != 5", "duration < 5 OR duration >= 6"),
        ("execution_time > 1.5", "duration >= 2"),
        ("execution_time >= 1.5", "duration >= 2"),
        ("execution_time < 1.5", "duration < 2"),
        ("execution_time <= 1.5", "duration < 2"),
        ("end_time_ms = 5", "end >= 5 AND end < 6"),
        ("tags.a.b != 'x'", "tags.a.b != 'x'"),
        ("tag.`a b` IS NULL", "tags.`a b` IS NULL"),
        ('tags."a b" IS NOT NULL', "tags.`a b` IS NOT NULL"),
        ("metadata.k ILIKE '%x%'", "metadata.k ILIKE '%x%'"),
        ("request_metadata.`mlflow.modelId` = 'm'", "model = 'm'"),
        ("metadata.mlflow.trace.session = 's'", "session = 's'"),
        ("metadata.mlflow.trace.user = 'u'", "user = 'u'"),
        (
            "span.name = 'a' AND status = 'OK' AND span.type = 'LLM'",
            "state = 'OK' AND span(name = 'a' AND kind = 'LLM')",
        ),
        ("span.status != 'OK'", "span.status IN ('UNSET', 'ERROR')"),
        ("span.type = 'MEMORY'", "span.attributes.mlflow.spanType = 'MEMORY'"),
        ("span.type IN ('LLM', 'MEMORY')", "span(kind = 'LLM' OR attributes.mlflow.spanType = 'MEMORY')"),
        ("span.attributes.k LIKE '%v%'", "span.attributes.k LIKE '%v%'"),
        ("span.content ILIKE '%v%'", "span.content ILIKE '%v%'"),
        ("trace.text LIKE '%v%' AND span.name = 'a'", "span.content LIKE '%v%' AND span.name = 'a'"),
        ("feedback.f > 3", "feedback.f > 3"),
        ("feedback.f IS NULL", "feedback.f IS NULL"),
        ("expectation.`e x` IS NOT NULL", "expectation.`e x` IS NOT NULL"),
        (
            "feedback.f = '5.0'",
            "assessment(name = 'f' AND kind = 'FEEDBACK' AND valid = true AND json(value) = '5.0')",
        ),
        (
            "expectation.f LIKE '%hi%'",
            "assessment(name = 'f' AND kind = 'EXPECTATION' AND valid = true AND json(value) LIKE '%hi%')",
        ),
        ("issue.id = 'i'", "assessment(name = 'i' AND kind = 'ISSUE_REF' AND valid = true)"),
        (
            "prompt = 'a_b/2'",
            LINKED.replace("_", "\\_") + " OR " + LINKED.replace("_", "\\_").replace(": ", ":").replace(", ", ","),
        ),
        ("status = 'OK' and", "state = 'OK'"),
    ],
)
def test_clauses_mean(mlflow: str, ours: str):
    assert parse_mlflow(mlflow, "trace") == parse(ours, "trace")


@pytest.mark.parametrize(
    ("mlflow", "ours"),
    [
        ("name = 'x' AND attributes.name ILIKE 'y%'", "name = 'x' AND name ILIKE 'y%'"),
        ("experiment_id IN ('1', '2')", "id IN ('1', '2')"),
        ("creation_time > 5 AND last_update_time <= 6", "created >= 6 AND updated < 7"),
        ("tags.k = 'v' AND tags.`a b` IS NULL", "tags.k = 'v' AND tags.`a b` IS NULL"),
    ],
)
def test_clauses_on_experiments_mean(mlflow: str, ours: str):
    assert parse_mlflow(mlflow, "experiment") == parse(ours, "experiment")


def test_empty_text_is_the_empty_filter():
    assert parse_mlflow(" ", "trace") == Always()


@pytest.mark.parametrize(
    "text",
    [
        "timestamp_ms = 'abc'",
        "status = 'nonsense'",
        "span.status = 'nonsense' AND span.name = 'x'",
        "span.type LIKE 'x%'",
    ],
)
def test_unknown_values_match_nothing(text: str):
    assert parse_mlflow(text, "trace") == NOTHING


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("status = 'OK' OR name = 'x'", 14, "expected AND or the end"),
        ("NOT status = 'OK'", 0, "expected a field"),
        ("(status = 'OK')", 0, "expected a field"),
        ("foo = 'x'", 0, "unknown field 'foo'"),
        ("trace.nam = 'x'", 0, "unknown field 'trace.nam'"),
        ("span.nam = 'x'", 0, "unknown field 'span.nam'"),
        ("span = 'x'", 0, "unknown field 'span'"),
        ("tags = 'x'", 0, "unknown field 'tags'"),
        ("issue.name = 'x'", 0, "unknown field"),
        ("status > 'OK'", 7, "status does not take >"),
        ("run_id IN ('x')", 7, "run_id does not take IN"),
        ("prompt LIKE 'x'", 7, "prompt does not take LIKE"),
        ("prompt = 'x'", 9, "expected 'name/version'"),
        ("text = 'x'", 5, "text does not take ="),
        ("span.content RLIKE 'x'", 13, "does not take RLIKE"),
        ("timestamp_ms LIKE 'x'", 13, "does not take LIKE"),
        ("timestamp_ms > 'abc'", 15, "expected a number without quotes"),
        ("name = 5", 7, "expected a quoted string"),
        ("name = x", 7, "expected a quoted string or a number"),
        ("feedback.f = 5", 13, "expected a quoted string"),
        ("feedback.f > '5'", 13, "expected a number without quotes"),
        ("feedback.f IN ('5')", 11, "does not take IN"),
        ("name NOT LIKE 'x'", 9, "expected IN"),
        ("name IS 5", 8, "expected NULL or NOT NULL"),
        ("name IN ('a' 'b')", 13, "expected , or )"),
        ("name IN 'a'", 8, "expected ( and a list"),
        ("name RLIKE '('", 11, "is not valid"),
        ("name = 'abc", 7, "has no closing"),
        ("name", 4, "unexpected end of the filter"),
        ("text ~ 'x'", 5, "unexpected '~'"),
    ],
)
def test_errors_name_the_place(text: str, position: int, message: str):
    with pytest.raises(Invalid) as caught:
        parse_mlflow(text, "trace")
    assert message in caught.value.message
    assert caught.value.details["position"] == position


def test_lists_that_mlflow_does_not_have_are_unsupported():
    with pytest.raises(Unsupported, match="audit"):
        parse_mlflow("name = 'x'", "audit")


def test_linked_prompts_are_found_whatever_is_in_their_names():
    trace = Trace(TraceId("tr-1"), DEFAULT_EXPERIMENT, "t", "OK", 0, None, 0, 0)
    tag = '[{"name": "q\\"t%", "version": "3"}, {"name": "other", "version": "4"}]'
    subject = TraceSubject(replace(trace, tags={"mlflow.linkedPrompts": tag}))
    assert matches(parse_mlflow("prompt = 'q\"t%/3'", "trace"), subject)
    assert matches(parse_mlflow("prompt = 'other/4'", "trace"), subject)
    assert not matches(parse_mlflow("prompt = 'other/3'", "trace"), subject)


words = st.sampled_from(
    (
        "AND", "OR", "IN", "NOT", "LIKE", "ILIKE", "RLIKE", "IS", "NULL", "status", "name", "run_id", "prompt",
        "text", "timestamp_ms", "end_time", "tags.x", "metadata.`a b`", "span.name", "span.type",
        "span.attributes.x", "span.content", "feedback.x", "issue.id", "experiment_id", "=", "!=", ">", "<=", "(",
        ")", ",", "'x'", "'a/b'", "5", "1e308", "-1.5", "'", "`", "\ud800", *TEXTS,
    )
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=60), st.lists(words, max_size=12).map(" ".join)),
    st.sampled_from(("trace", "experiment")),
)
def test_any_text_is_a_filter_or_invalid(text: str, entity: EntityScope):
    try:
        node = parse_mlflow(text, entity)
    except Invalid as error:
        position = error.details["position"]
        node = None
    else:
        position = 0
    assert isinstance(position, int)
    assert 0 <= position <= len(text)
    if node is not None and entity == "trace":
        trace = Trace(TraceId("tr-1"), DEFAULT_EXPERIMENT, "t", "OK", 0, None, 0, 0)
        assert matches(node, TraceSubject(trace)) in {True, False}
