"""Our grammar: what filters mean, and what is said about those that mean nothing."""

import contextlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, Unsupported
from lodeline.query.ast import (
    Always,
    And,
    Compare,
    EntityScope,
    Exists,
    Field,
    In,
    IsNull,
    JsonText,
    Literal_,
    Match,
    Node,
    Not,
    Or,
    Text,
)
from lodeline.query.build import judged, negate
from lodeline.query.fields import ENTITIES, field
from lodeline.query.grammar_native import KEYWORDS, parse, parse_field
from lodeline.query.syntax import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from tests.generators import T0_NS, TEXTS
from tests.work import calls

STATE = field("trace", "state")
DURATION = field("trace", "duration")
START = field("trace", "start")
VALUE = field("assessment", "value")
FAILED = Compare(STATE, "=", "ERROR")
HOUR_NS = 3_600_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Always()),
        ("  \n ", Always()),
        ("state = 'ERROR'", FAILED),
        ("STATUS == error", FAILED),
        ("state <> 'ok'", Compare(STATE, "!=", "OK")),
        ("state in (ok, 'Error')", In(STATE, ("OK", "ERROR"))),
        ("state NOT IN ('OK', 'ok')", Compare(STATE, "!=", "OK")),
        ('name = "it\'s"', Compare(field("trace", "name"), "=", "it's")),
        ("name = 'it''s \\'quoted\\' \\\\ \\d'", Compare(field("trace", "name"), "=", "it's 'quoted' \\ \\d")),
        ("name LIKE '50\\%'", Match(field("trace", "name"), "LIKE", "50\\%")),
        ("name not ilike '%x%'", Match(field("trace", "name"), "ILIKE", "%x%", negated=True)),
        ("name RLIKE '^\\d+$'", Match(field("trace", "name"), "RLIKE", "^\\d+$")),
        ("user IS NULL", IsNull(field("trace", "user"))),
        ("user is not null", Not(IsNull(field("trace", "user")))),
        ("session_id = 's'", Compare(field("trace", "session"), "=", "s")),
        ("tags.a.b = 'x'", Compare(Field("trace", "tags", "string", "a.b"), "=", "x")),
        ("tags.`a b` = 'x'", Compare(Field("trace", "tags", "string", "a b"), "=", "x")),
        ('tags."a ""b""" = \'x\'', Compare(Field("trace", "tags", "string", 'a "b"'), "=", "x")),
        ("tags.git-commit = 'x'", Compare(Field("trace", "tags", "string", "git-commit"), "=", "x")),
        ("metadata.`a`.b = 'x'", Compare(Field("trace", "metadata", "string", "a.b"), "=", "x")),
        ("Tokens.Total >= 1e3", Compare(field("trace", "tokens.total"), ">=", 1000.0)),
        ("cost < .5", Compare(field("trace", "cost"), "<", 0.5)),
        ("span_count = -1", Compare(field("trace", "span_count"), "=", -1)),
        ("NOT NOT state = 'ERROR'", FAILED),
        ("((state = 'ERROR'))", FAILED),
    ],
)
def test_conditions(text: str, expected: Node):
    assert parse(text, "trace") == expected


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("250", 250_000_000),
        ("1.5", 1_500_000),
        ("0.000001", 1),
        ("1.5s", 1_500_000_000),
        ("1ns", 1),
        ("3us", 3_000),
        ("3µs", 3_000),
        ("250ms", 250_000_000),
        ("2m", 120_000_000_000),
        ("1h", HOUR_NS),
        ("1D", 24 * HOUR_NS),
        ("'1.5 s'", 1_500_000_000),
        ("-5ms", -5_000_000),
        ("9223372036854775807ns", 2**63 - 1),
    ],
)
def test_durations(text: str, expected_ns: int):
    assert parse(f"duration > {text}", "trace") == Compare(DURATION, ">", expected_ns)


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("'2026-11-23'", 1_795_392_000_000_000_000),
        ("'2026-11-23T08:00:00Z'", 1_795_420_800_000_000_000),
        ("'2026-11-23 08:00'", 1_795_420_800_000_000_000),
        ("'2026-11-23T08:00:00.123456789+01:00'", 1_795_417_200_123_456_789),
        ("'2026-11-23T08:00:00,5-0130'", 1_795_426_200_500_000_000),
        ("1795420800000", 1_795_420_800_000_000_000),
        ("1795420800000.5", 1_795_420_800_000_500_000),
        ("now", T0_NS),
        ("NOW-1h", T0_NS - HOUR_NS),
        ("now -1h", T0_NS - HOUR_NS),
        ("now+1h", T0_NS + HOUR_NS),
        ("-24h", T0_NS - 24 * HOUR_NS),
        ("'now - 1h'", T0_NS - HOUR_NS),
    ],
)
def test_times(text: str, expected_ns: int):
    assert parse(f"start >= {text}", "trace", now_ns=T0_NS) == Compare(START, ">=", expected_ns)


def test_relative_times_follow_the_clock_and_absolute_ones_do_not():
    assert parse("start > now-1h", "trace", now_ns=T0_NS) != parse("start > now-1h", "trace", now_ns=T0_NS + 1)
    assert parse("start > 5", "trace", now_ns=T0_NS) is parse("start > 5", "trace", now_ns=T0_NS + 1)
    with pytest.raises(Invalid, match="absolute time") as caught:
        parse("state = 'OK' AND start > now-1h", "trace")
    assert caught.value.details["position"] == 25


@pytest.mark.parametrize(
    "text", ["'abc'", "'2026-13-01'", "'2026-11-23T25:00'", "1e30", "-5", "24h", "now-99999d", "'1969-12-31'"]
)
def test_what_is_no_time_is_invalid(text: str):
    with pytest.raises(Invalid, match="expected a time"):
        parse(f"start > {text}", "trace", now_ns=T0_NS)


def test_not_binds_closer_than_and_and_and_closer_than_or():
    a, b, c = (Compare(field("trace", "name"), "=", name) for name in "abc")
    assert parse("NOT name = 'a' AND name = 'b' OR name = 'c'", "trace") == Or((And((Not(a), b)), c))
    assert parse("NOT (name = 'a' AND (name = 'b' OR name = 'c'))", "trace") == Not(And((a, Or((b, c)))))


def test_nested_conjunctions_and_disjunctions_are_flat():
    a, b, c = (Compare(field("trace", "name"), "=", name) for name in "abc")
    assert parse("name = 'a' AND (name = 'b' AND name = 'c')", "trace") == And((a, b, c))
    assert parse("(name = 'a' OR name = 'b') OR name = 'c'", "trace") == Or((a, b, c))


def test_span_conditions_stand_alone_unless_grouped():
    named, failed = Compare(field("span", "name"), "=", "x"), Compare(field("span", "status"), "=", "ERROR")
    alone = parse("span.name = 'x' AND span.status = 'ERROR'", "trace")
    assert alone == And((Exists("span", named), Exists("span", failed)))
    assert parse("span(name = 'x' AND status = 'error')", "trace") == Exists("span", And((named, failed)))
    assert parse("span(span.name = 'x')", "trace") == Exists("span", named)
    assert parse("span.type = llm", "trace") == Exists("span", Compare(field("span", "kind"), "=", "LLM"))


def test_attributes_of_spans_are_typed_by_their_literal():
    def compared(value: Literal_) -> Node:
        return Exists("span", Compare(Field("span", "attributes", "json", "a.b"), "=", value))

    assert parse("span.attributes.a.b = 'x'", "trace") == compared("x")
    assert parse("span.attributes.a.b = 1", "trace") == compared(1)
    assert parse("span.attributes.a.b = true", "trace") == compared(True)
    assert parse("span.attributes.a.b = true", "trace") != compared(1)


def test_judgments_are_those_that_stand():
    good = Compare(VALUE, "=", True)
    assert parse("feedback.correct = true", "trace") == judged("FEEDBACK", "correct", good)
    assert parse("expectation.`a b` > 3", "trace") == judged("EXPECTATION", "a b", Compare(VALUE, ">", 3))
    assert parse("feedback.correct IS NULL", "trace") == negate(judged("FEEDBACK", "correct"))
    assert parse("feedback.correct IS NOT NULL", "trace") == judged("FEEDBACK", "correct")


def test_assessments_are_grouped_like_spans():
    text = "assessment(name = 'tone' AND source = human AND number >= 0.5 AND NOT valid = false)"
    conditions = (
        Compare(field("assessment", "name"), "=", "tone"),
        Compare(field("assessment", "source"), "=", "HUMAN"),
        Compare(field("assessment", "number"), ">=", 0.5),
        Not(Compare(field("assessment", "valid"), "=", False)),
    )
    assert parse(text, "trace") == Exists("assessment", And(conditions))
    assert parse(text[len("assessment(") : -1], "assessment") == And(conditions)
    assert parse("json(value) LIKE '%\"hi%'", "assessment") == JsonText(VALUE, "LIKE", '%"hi%')


@pytest.mark.parametrize(
    "text", ["text ~ 'foo \"Exact phrase\"'", "text = 'foo \"Exact phrase\"'", "'foo \"Exact phrase\"'"]
)
def test_text_searches_words_and_phrases(text: str):
    search = Text((("foo",), ("exact", "phrase")))
    assert parse(text, "trace") == search
    assert parse(f"span({text})", "trace") == Exists("span", search)
    with pytest.raises(Invalid):
        parse(text, "session")


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_parses_by_every_name_with_every_operator(entity: EntityScope):
    examples = {"string": "'x'", "json": "5", "number": "5", "boolean": "true", "time": "5", "duration": "5ms"}
    for spec in ENTITIES[entity].fields:
        for name in (spec.name, *spec.aliases):
            left = f"{name}.key" if spec.keyed else name
            value = f"'{spec.values[0]}'" if spec.values else examples[spec.type]
            for operator in spec.operators:
                if operator.endswith("NULL"):
                    text = f"{left} {operator}"
                elif operator.endswith("IN"):
                    text = f"{left} {operator} ({value})"
                elif operator.endswith("LIKE"):
                    text = f"{left} {operator} 'x%'"
                else:
                    text = f"{left} {operator} {value}"
                node = parse(text, entity)
                inner = node.item if isinstance(node, Not) else node
                assert isinstance(inner, Compare | In | Match | IsNull)
                assert inner.field.name == spec.name


@pytest.mark.parametrize(
    ("text", "entity", "place", "message", "suggestion"),
    [
        ("stat = 'x'", "trace", (0, 4), "unknown field 'stat'", "state"),
        ("state = 'OK' AND durration > 1", "trace", (17, 26), "unknown field 'durration'", "duration"),
        ("latency > 5s", "trace", (0, 7), "unknown field 'latency'", "duration"),
        ("state = 'OK' AND Total_Tokens > 5", "trace", (17, 29), "unknown field 'Total_Tokens'", "tokens.total"),
        ("span.latency > 5s", "trace", (0, 12), "unknown field 'span.latency'", "span.duration"),
        ("llm = 'x'", "trace", (0, 3), "unknown field 'llm'", "span.model"),
        ("error = 'x'", "trace", (0, 5), "unknown field 'error'", "status_message"),
        ("timestamp > now-1d", "session", (0, 9), "unknown field 'timestamp'", "first"),
        ("time > 5", "run", (0, 4), "unknown field 'time'", "start"),
        ("tag.x = 'a' AND tgs.x = 'a'", "trace", (16, 21), "unknown field 'tgs.x'", "tags.x"),
        ("tags = 'x'", "trace", (0, 4), "tags needs a key", None),
        ("tags. = 'x'", "trace", (0, 4), "tags needs a key", None),
        ("duration > 1e+", "trace", (11, 13), "unexpected '1e'", None),
        ("feedback = 1", "trace", (0, 8), "feedback needs a name", None),
        ("span.nam = 'x'", "trace", (0, 8), "unknown field 'span.nam'", "span.name"),
        ("span(nam = 'x')", "trace", (5, 8), "unknown field 'nam'", "name"),
        ("span = 'x'", "trace", (0, 4), "unknown field 'span'", None),
        ("span(span(name = 'x'))", "trace", (5, 9), "span(...) speaks of a trace", None),
        ("xyzzy = 1", "trace", (0, 5), "expected a field of traces", None),
        ("state = 'eror'", "trace", (8, 14), "expected IN_PROGRESS, OK, ERROR or ABANDONED", "'ERROR'"),
        ("state LIKE 'E%'", "trace", (6, 10), "state does not take LIKE", None),
        ("name < 'x'", "trace", (5, 6), "name does not take <", None),
        ("name = foo", "trace", (7, 10), "expected a quoted string", "'foo'"),
        ("name = 5", "trace", (7, 8), "expected a quoted string", "'5'"),
        ("name = ", "trace", (7, 7), "unexpected end of the filter", None),
        ("name", "trace", (4, 4), "expected =, !=", None),
        ("name lik 'x'", "trace", (5, 8), "unexpected 'lik'", "LIKE"),
        ("name = null", "trace", (7, 11), "expected a value", "name IS NULL (or IS NOT NULL)"),
        ("name IS 'x'", "trace", (8, 11), "expected NULL or NOT NULL", None),
        ("name IN 'x'", "trace", (8, 11), "expected ( and a list of values", None),
        ("name IN ()", "trace", (9, 10), "expected a quoted string", None),
        ("name IN ('x' 'y')", "trace", (13, 16), "expected , or )", None),
        ("name = 'abc", "trace", (7, 11), "has no closing '", None),
        ("name = 'a' & user = 'b'", "trace", (11, 12), "'&' has no meaning here", None),
        ("name = 'a' adn user = 'b'", "trace", (11, 14), "expected AND, OR or the end", "AND"),
        ("(name = 'a'", "trace", (11, 11), "expected AND, OR or )", None),
        ("name = 'a')", "trace", (10, 11), "expected AND, OR or the end", None),
        ("AND name = 'a'", "trace", (0, 3), "expected a field of traces", None),
        ("'name' = 'a'", "trace", (0, 6), "a field is written without quotes", "name"),
        ("tokens.total = '5'", "trace", (15, 18), "expected a number", "5"),
        ("tokens.total = 5s", "trace", (15, 17), "expected a number without a unit", None),
        ("tokens.total > 1k", "trace", (15, 17), "expected a number without a unit", "1000"),
        ("tokens.total > 1.5M", "trace", (15, 19), "expected a number without a unit", "1500000"),
        ("tokens.total > .0005k", "trace", (15, 21), "expected a number without a unit", "0.5"),
        ("cost > 5usd", "trace", (7, 11), "expected a number without a unit", "5"),
        ("id = tr-8d28", "trace", (5, 12), "expected a quoted string", "'tr-8d28'"),
        ("id IN (tr-1, tr-2)", "trace", (7, 11), "expected a quoted string", "'tr-1'"),
        ("kind = 'LLM'", "trace", (0, 4), "unknown field 'kind'", "span.kind"),
        ("rationale = 'x'", "trace", (0, 9), "unknown field 'rationale'", "assessment.rationale"),
        ("attributes.x = 1", "trace", (0, 12), "unknown field 'attributes.x'", "span.attributes.x"),
        ("a.b.c = 1", "trace", (0, 5), "unknown field 'a.b.c'", None),
        ("tgs.b = 'x'", "trace", (0, 5), "unknown field 'tgs.b'", "tags.b"),
        ("start > 2026-11-23", "trace", (8, 18), "unexpected '2026-11-23'", "'2026-11-23'"),
        ("(start > 2026-11-23 08:00)", "trace", (9, 25), "unexpected", "'2026-11-23 08:00'"),
        ("start > 2026-11-23T08:00:00Z AND name = 'a'", "trace", (8, 28), "unexpected", "'2026-11-23T08:00:00Z'"),
        ("start > 2026-13-45", "trace", (8, 18), "unexpected '2026-13-45'", None),
        ("start > 2026", "trace", (8, 12), "unexpected '2026'", "'2026-01-01'"),
        ("start > 2026-11", "trace", (8, 15), "unexpected '2026-11'", "'2026-11-01'"),
        ("start > now-1000000000d", "trace", (8, 23), "; expected a time from 1970 to 2262", None),
        ("start > '-1000000000d'", "trace", (8, 22), "; expected a time from 1970 to 2262", None),
        ("tokens.total = 1e999", "trace", (15, 20), "expected a number from", None),
        ("duration > 5sec", "trace", (11, 15), "expected a duration", "5s"),
        ("duration > 'soon'", "trace", (11, 17), "expected a duration", None),
        ("start > now - 1 day", "trace", (8, 19), "unexpected 'now - 1 day'", "now-1d"),
        ("start > now-2hours AND name = 'a'", "trace", (8, 18), "unexpected 'now-2hours'", "now-2h"),
        ("start > now - 15m", "trace", (8, 17), "expected a time such as", "now-15m"),
        ("start > now-3moons", "trace", (8, 11), "expected a time such as", None),
        ("valid = 1", "assessment", (8, 9), "expected true or false", "true"),
        ("value < 'x'", "assessment", (6, 7), "< compares numbers only", None),
        ("value > true", "assessment", (6, 7), "> compares numbers only", None),
        ("value = yes", "assessment", (8, 11), "expected a quoted string, a number", "'yes'"),
        ("name ~ 'x'", "trace", (5, 6), "name does not take ~", "text ~ '…' (or LIKE)"),
        ("text LIKE 'x'", "trace", (5, 9), "expected ~", "span.content LIKE '%…%'"),
        ("text ~ foo", "trace", (7, 10), "expected a quoted string", "'foo'"),
        ("text ~ '!!'", "trace", (7, 11), "no word to search for", None),
        ("name RLIKE '('", "trace", (11, 14), "is not valid; expected an RE2 expression", None),
        ("span.content = 'x'", "trace", (13, 14), "does not take =", None),
        ("weather", "trace", (0, 7), "'weather' is no condition", "text ~ 'weather'"),
        ("weather in paris ", "trace", (0, 16), "'weather in paris' is no condition", "text ~ 'weather in paris'"),
        ("what's up?", "trace", (0, 10), "is no condition", "text ~ 'what''s up?'"),
        ("404 page", "trace", (0, 8), "'404 page' is no condition", "text ~ '404 page'"),
        ("name = 'a' AND (nam OR x = 1)", "trace", (16, 19), "'nam' is no condition", "text ~ 'nam'"),
        ("span(weather) AND name = 'a'", "trace", (5, 12), "'weather' is no condition", "text ~ 'weather'"),
        ("weather IS NULL", "trace", (0, 7), "unknown field 'weather'", None),
        ("weather LIKE 'x'", "trace", (0, 7), "unknown field 'weather'", None),
        ("weather IN ('x')", "trace", (0, 7), "unknown field 'weather'", None),
        ("weather", "session", (0, 7), "unknown field 'weather'", None),
        ("tags", "trace", (0, 4), "tags needs a key", None),
        ("json(name) = 'x'", "trace", (5, 9), "value or attributes.KEY", None),
        ("state = 'OK'", "audit", (0, 5), "expected a field of audit entries", None),
    ],
)  # fmt: skip
def test_errors_name_the_place_and_the_remedy(
    text: str, entity: EntityScope, place: tuple[int, int], message: str, suggestion: str | None
):
    with pytest.raises(Invalid) as caught:
        parse(text, entity)
    details = caught.value.details
    assert message in caught.value.message
    assert (details["position"], details["end"]) == place
    assert details["suggestion"] == suggestion
    assert details["found"] == text[slice(*place)]


@pytest.mark.parametrize("text", ["weather", "what's up?", "name = 'a' AND 3 paris"])
def test_prose_is_a_filter_once_the_suggestion_is_taken(text: str):
    with pytest.raises(Invalid) as caught:
        parse(text, "trace")
    details = caught.value.details
    position, end, suggestion = details["position"], details["end"], details["suggestion"]
    assert isinstance(position, int)
    assert isinstance(end, int)
    assert isinstance(suggestion, str)
    parse(text[:position] + suggestion + text[end:], "trace")


def test_an_error_shows_the_place_with_a_caret():
    with pytest.raises(Invalid) as caught:
        parse("state = 'OK' AND durration > 1", "trace")
    assert caught.value.message == (
        "filter: unknown field 'durration' (character 18); expected a field of traces; did you mean duration?\n"
        "  state = 'OK' AND durration > 1\n"
        "                   ^^^^^^^^^"
    )


@pytest.mark.parametrize(
    ("text", "columns"), [("name = '東京' AND x > 1", 18), ("name = 'e\u0301a' AND x > 1", 16), ("'東' = 1", 0)]
)
def test_the_caret_stands_below_the_place_by_what_characters_take(text: str, columns: int):
    with pytest.raises(Invalid) as caught:
        parse(text, "trace")
    below = caught.value.message.splitlines()[-1]
    assert below.index("^") == 2 + columns
    assert below.count("^") == (1 if columns else len("'東'") + 1)


def test_an_error_in_a_long_filter_shows_its_surroundings():
    with pytest.raises(Invalid) as caught:
        parse("name = 'a' OR\n" * 20 + "nam = 'x'" + " OR name = 'b'" * 20, "trace")
    lines = caught.value.message.splitlines()
    assert len(lines) == 3
    assert len(lines[1]) < 100
    assert lines[1][lines[2].index("^") :].startswith("nam = 'x'")


def test_bounds_are_kept():
    nested = "(" * MAX_DEPTH + "state = 'OK'" + ")" * MAX_DEPTH
    assert parse(nested, "trace") == Compare(STATE, "=", "OK")
    with pytest.raises(Invalid, match="nested deeper"):
        parse(f"({nested})", "trace")
    with pytest.raises(Invalid, match="nested deeper"):
        parse("NOT " * 2_000 + "state = 'OK'", "trace")
    with pytest.raises(Invalid, match="nested deeper"):
        parse("(" * MAX_LENGTH, "trace")
    many = " OR ".join(["cost > 1"] * MAX_NODES)
    assert parse(many, "trace") == Or((Compare(field("trace", "cost"), ">", 1),) * MAX_NODES)
    with pytest.raises(Invalid, match=f"more than {MAX_NODES}"):
        parse(many + " OR cost > 1", "trace")
    with pytest.raises(Invalid, match="over the limit of 20000"):
        parse(" " * (MAX_LENGTH + 1), "trace")
    with pytest.raises(Invalid, match="at once"):
        parse("text ~ '" + " ".join(f"w{i}" for i in range(40)) + "'", "trace")


words = st.sampled_from(
    (
        *KEYWORDS, *(spec.name for entity in ENTITIES.values() for spec in entity.fields), "span", "assessment",
        "json", "text", "feedback.x", "tags.", ".", "`", "'", '"', "(", ")", ",", "=", "!=", "<=", "~", "now", "-1h",
        "5ms", "1e9", "'x'", "'2026-11-23'", "%", "\\", "\ud800", "\x00", "٣", *TEXTS,
    )
)  # fmt: skip
any_filter = st.one_of(
    st.text(max_size=80),
    st.lists(words, max_size=12).map(" ".join),
    st.lists(words, max_size=12).map("".join),
)


@given(any_filter, st.sampled_from(tuple(ENTITIES)))
def test_any_text_is_a_filter_or_invalid(text: str, entity: EntityScope):
    try:
        parse(text, entity, now_ns=T0_NS)
    except Invalid as error:
        details = error.details
    else:
        details = {"position": 0, "end": 0, "found": ""}
    position, end = details["position"], details["end"]
    assert isinstance(position, int)
    assert isinstance(end, int)
    assert 0 <= position <= end <= len(text)
    assert details["found"] == text[position:end][:200]


@pytest.mark.parametrize(
    "unit",
    [
        "'",
        "''",
        '"',
        "\\'",
        "(",
        "NOT ",
        "a.",
        "a.`",
        "tags.",
        "9",
        "9.",
        "-",
        "1e",
        "now-",
        "name='x' OR ",
        "x,",
        "'\\",
        "text ~ '",
        "span(",
    ],
)
def test_the_work_grows_with_the_length_of_the_text_alone(unit: str):
    for text in (unit * (MAX_LENGTH // len(unit)), "name = " + unit * ((MAX_LENGTH - 7) // len(unit))):
        assert _work(text) < 20 * len(text)


def test_a_usual_filter_is_no_work():
    assert _work("status = 'ERROR' AND duration > 1.5s AND span(name = 'x' AND kind = 'LLM')") < 1_000


def _work(text: str) -> int:
    def run() -> None:
        with contextlib.suppress(Invalid):
            parse(text, "trace", now_ns=T0_NS)

    return calls(run)


def test_fields_are_found_by_name():
    assert parse_field("tags.`a b`", "trace") == Field("trace", "tags", "string", "a b")
    assert parse_field("timestamp", "trace") == START
    with pytest.raises(Invalid, match="did you mean duration"):
        parse_field("durations", "trace")
    with pytest.raises(Invalid, match="unexpected"):
        parse_field("duration desc", "trace")


def test_rlike_without_re2_is_unsupported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(Unsupported):
        parse("name RLIKE 'unheard of'", "trace")
