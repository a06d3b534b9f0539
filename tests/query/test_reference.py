"""What filters mean."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.assessment import Assessment, AssessmentError, AssessmentSource, AssessmentTarget
from lodeline.domain.audit import AuditEntry
from lodeline.domain.dataset import Dataset
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import (
    DEFAULT_EXPERIMENT,
    AssessmentId,
    DatasetId,
    ModelId,
    RecordId,
    RunId,
    SpanId,
    TraceId,
)  # fmt: skip
from lodeline.domain.model import GitInfo, Model, ModelMetric, PromptUse
from lodeline.domain.prompt import Prompt
from lodeline.domain.record import RecordDraft, RecordSource, made, prepare
from lodeline.domain.run import MetricPoint, Run, RunInput
from lodeline.domain.session import Session, User
from lodeline.domain.span import AttributeValue, JsonValue, Span, SpanEvent, SpanView
from lodeline.domain.trace import Trace
from lodeline.domain.usage import TokenUsage
from lodeline.query.ast import SORT_CHARS, EntityScope, Field, JsonText, Node, Not, Order
from lodeline.query.build import NOTHING, exists
from lodeline.query.fields import ENTITIES, field
from lodeline.query.grammar_native import parse, parse_field
from lodeline.query.order import parse_order
from lodeline.query.reference import key_of_values, matches, order_key, order_values, value_of
from lodeline.query.subjects import (
    AssessmentSubject,
    AuditSubject,
    ExperimentSubject,
    SessionSubject,
    SpanSubject,
    Subject,
    TraceSubject,
    UserSubject,
)
from lodeline.query.subjects_data import DatasetSubject, PromptSubject, RecordSubject
from lodeline.query.subjects_runs import ModelSubject, RunSubject
from tests.examples import examples
from tests.generators import TraceCase, traces
from tests.query import strategies

USAGE = TokenUsage(1, 2, 4, 8, 16, 32, 64, 128, 256)
SPAN = Span(
    TraceId("tr-1"),
    SpanId("1" * 16),
    None,
    "chat",
    "LLM",
    "ERROR",
    1_000_000,
    3_000_000,
    status_message="Connection refused",
    attributes={
        "city": "New York", "count": 5, "ratio": 0.5, "flag": True, "none": None, "nan": float("nan"),
        "bytes": b"\x00\xff", "list": ["a b", {"k": "deep word"}], "a.b": "dotted",
    },
    events=(SpanEvent("retry soon", 0, {"reason": "back off"}),),
    view=SpanView(kind="LLM", model="gpt", provider="openai", tokens=USAGE),
    cost_usd=0.25,
)  # fmt: skip
OTHER = Span(TraceId("tr-1"), SpanId("2" * 16), None, "tool", "TOOL", "OK", 2_000_000, None)
TRACE = Trace(
    TraceId("tr-1"), DEFAULT_EXPERIMENT, "answer", "ERROR", 1_000_000, 2_000_000, 7, 8, request="Straße 5",
    session="s1", model_id="v2", run_id="r1", linked_run_ids=("r2", "r3"), tokens=USAGE, cost_usd=0.25, span_count=2,
    tags={"release": "1.0", "empty": "", "a.b": "x"},
)  # fmt: skip


def judgment(name: str, value: JsonValue, **more: object) -> Assessment:
    made = Assessment(
        AssessmentId(f"a-{name}"),
        DEFAULT_EXPERIMENT,
        AssessmentTarget(trace_id=TraceId("tr-1")),
        name,
        "FEEDBACK",
        AssessmentSource("HUMAN", "ada"),
        9,
        9,
        value=value,
    )
    return replace(made, **more) if more else made


JUDGMENTS = (
    judgment("good", True),
    judgment("score", 5),
    judgment("level", "high"),
    judgment("old", "stale", valid=False),
    judgment("late", None, error=AssessmentError("TIMEOUT")),
    judgment("shape", {"b": [1, "x"]}),
    judgment("odd", float("nan")),
    judgment("answer", "42", kind="EXPECTATION"),
)


def subject() -> TraceSubject:
    return TraceSubject(TRACE, lambda: (SPAN, OTHER), lambda: JUDGMENTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "state = 'ERROR'",
        "name != 'other'",
        "tags.release NOT IN ('2.0')",
        "tags.missing IS NULL",
        "tags.empty IS NOT NULL",
        "tags.empty = ''",
        "NOT tags.missing = 'x'",
        "status_message IS NULL",
        "user IS NULL",
        "run = 'r1' AND run = 'r3'",
        "run != 'r9'",
        "run NOT IN ('r9')",
        "run LIKE 'r%'",
        "duration = 2ms",
        "end = 3",
        "received = 7",
        "cost = 0.25",
        "cost IN (1, 0.25)",
        "tokens.total = 511",
        "tokens.input = 335",
        "tokens.output = 176",
        "tokens.cache_read = 2",
        "tokens.cache_write = 12",
        "tokens.reasoning = 32",
        "request ILIKE 'STRASSE _'",
        "span.name = 'chat' AND span.name = 'tool'",
        "span(name = 'chat' AND status = 'ERROR')",
        "span.duration = 2ms",
        "span.duration IS NULL",
        "span(model = 'gpt' AND provider = 'openai' AND cost > 0.2 AND tokens.total = 511)",
        "span.attributes.city = 'New York'",
        "span.attributes.a.b = 'dotted'",
        "span.attributes.count = 5",
        "span.attributes.count = 5.0",
        "span.attributes.count != '5'",
        "span.attributes.count > 4.5",
        "span.attributes.count LIKE '5'",
        "span.attributes.flag = true",
        "span.attributes.flag != 1",
        "span.attributes.flag LIKE 'tru%'",
        "span.attributes.nan = 'NaN'",
        "span.attributes.bytes LIKE 'AP8='",
        "span.attributes.bytes != 'AP8='",
        'span.attributes.list LIKE \'["a b",{"k":%\'',
        "span.attributes.city RLIKE '^New'",
        "span.attributes.city IN (5, 'New York')",
        "span(name = 'chat' AND attributes.none IS NULL)",
        "span.content LIKE '%deep%'",
        "span.content LIKE 'back off'",
        "span(name = 'chat' AND content NOT LIKE '%nowhere%')",
        "text ~ 'connection refused'",
        "text ~ '\"connection REFUSED\"'",
        "'deep york'",
        "span(text ~ 'deep' AND name = 'chat')",
        "feedback.good = true",
        "feedback.score >= 5",
        "feedback.level LIKE 'h%'",
        "feedback.late IS NOT NULL",
        "feedback.old IS NULL",
        "feedback.nothing IS NULL",
        'feedback.shape LIKE \'{"b":[1,"x"]}\'',
        "feedback.odd = 'NaN'",
        "expectation.answer = '42'",
        "feedback.answer IS NULL",
        "assessment(name = 'late' AND error = 'TIMEOUT' AND value IS NULL)",
        "assessment(name = 'good' AND number = 1 AND source = 'HUMAN' AND source_id = 'ada')",
        "assessment(name = 'odd' AND number IS NULL)",
        "assessment(name = 'old' AND valid = false)",
        "assessment(name = 'shape' AND json(value) = '{\"b\": [1.0, \"x\"]}')",
        "assessment(name = 'level' AND json(value) = 'high' AND json(value) = '\"high\"')",
        "assessment(name = 'score' AND json(value) = '5.0' AND json(value) != '5')",
        "assessment(name = 'level' AND json(value) LIKE '\"hi%' AND json(value) RLIKE 'gh\"$')",
        "NOT span(name = 'chat' AND status = 'OK')",
    ],
)
def test_filters_that_hold(text: str):
    node = parse(text, "trace")
    assert matches(node, subject())
    assert not matches(Not(node), subject())


@pytest.mark.parametrize(
    "text",
    [
        "tags.missing != 'x'",
        "tags.missing NOT IN ('x')",
        "tags.missing NOT LIKE 'x'",
        "user = ''",
        "run != 'r2'",
        "run NOT LIKE 'r2'",
        "request LIKE 'STRASSE%'",
        "request LIKE 'Straße'",
        "span(name = 'tool' AND status = 'ERROR')",
        "span.attributes.count = '5'",
        "span.attributes.flag = 1",
        "span.attributes.flag > 0",
        "span.attributes.city > 0",
        "span.attributes.none != 'x'",
        "span.attributes.nan > 0",
        "span.attributes.bytes = 'AP8='",
        "span(content NOT LIKE '%refused%' AND name = 'chat')",
        "text ~ '\"refused connection\"'",
        "text ~ 'refuse'",
        "text ~ 'connection tool'",
        "text ~ 'city'",
        "feedback.score = '5'",
        "feedback.good >= 1",
        "feedback.old = 'stale'",
        "feedback.late = 'TIMEOUT'",
        "feedback.good IS NULL",
    ],
)
def test_filters_that_do_not_hold(text: str):
    assert not matches(parse(text, "trace"), subject())


def test_nothing_holds_for_the_filter_that_nothing_satisfies():
    assert not matches(NOTHING, subject())
    assert exists("span", NOTHING) == NOTHING


def test_spans_and_assessments_are_loaded_once_and_only_when_asked_for():
    loads: list[str] = []

    def load_spans() -> tuple[Span, ...]:
        loads.append("spans")
        return (SPAN, OTHER)

    def load_assessments() -> tuple[Assessment, ...]:
        loads.append("assessments")
        return JUDGMENTS

    lazy = TraceSubject(TRACE, load_spans, load_assessments)
    assert not matches(parse("state = 'OK' AND span.name = 'chat' AND feedback.good = true", "trace"), lazy)
    assert loads == []
    assert matches(parse("span.name = 'chat' AND span.name = 'tool'", "trace"), lazy)
    assert loads == ["spans"]


SUBJECTS: Mapping[EntityScope, Subject] = {
    "trace": subject(),
    "span": SpanSubject(SPAN),
    "assessment": AssessmentSubject(JUDGMENTS[0]),
    "experiment": ExperimentSubject(
        Experiment(DEFAULT_EXPERIMENT, "Default", "ACTIVE", 1, 2, "ada", "", {"team": "red"})
    ),
    "session": SessionSubject(Session(DEFAULT_EXPERIMENT, "s1", "OPEN", 1, 5, 2, 1, USAGE, 0.5, "u1")),
    "user": UserSubject(User(DEFAULT_EXPERIMENT, "u1", 1, 5, 2, 1, 1, USAGE, 0.5)),
    "audit": AuditSubject(AuditEntry(5, "ada", "experiment.update", "experiment 1")),
    "dataset": DatasetSubject(
        Dataset(DatasetId("d-1"), DEFAULT_EXPERIMENT, "qa", "by_input", "ACTIVE", 1, 2, "ada", "", {"team": "red"})
    ),
    "record": RecordSubject(
        made(
            prepare(
                RecordDraft(
                    {"q": {"text": "hi"}, "city": 5},
                    {"a": True},
                    "out",
                    {"t": "v"},
                    "test",
                    "e",
                    RecordSource("TRACE", "tr-1"),
                )
            ),
            RecordId("dr-1"),
            author="ada",
            now_ms=1,
        )
    ),
    "prompt": PromptSubject(
        Prompt("greet", DEFAULT_EXPERIMENT, 2, 1, 2, "ada", "", {"team": "red"}, {"production": 1, "test": 2})
    ),
    "run": RunSubject(
        Run(
            RunId("r-1"),
            DEFAULT_EXPERIMENT,
            "nightly",
            "RUN",
            "FINISHED",
            "ACTIVE",
            1,
            5,
            "ada",
            RunId("r-0"),
            {"team": "red"},
            {"team": "red"},
            {"team": MetricPoint("team", 0.5, 1)},
            (RunInput("d-1", model_id=ModelId("m-1")),),
        )
    ),
    "model": ModelSubject(
        Model(
            ModelId("m-1"),
            DEFAULT_EXPERIMENT,
            "bot",
            "READY",
            "ACTIVE",
            1,
            2,
            None,
            "agent",
            RunId("r-1"),
            None,
            ModelId("m-0"),
            {"team": "red"},
            {"team": "red"},
            GitInfo("abc", "main"),
            aliases=("production",),
            prompt_versions=(PromptUse("hello", 1),),
            metrics=(ModelMetric("team", 0.5, 1),),
        )
    ),
}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "boolean": (bool,), "time": (int,), "duration": (int,),
    "json": (str, int, float, bool),
}  # fmt: skip


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_of_the_table_has_a_value_of_its_type(entity: EntityScope):
    for spec in ENTITIES[entity].fields:
        value = value_of(field(entity, spec.name, "city" if spec.keyed else None), SUBJECTS[entity])
        assert value is None or isinstance(value, TYPES[spec.type])
        if spec.values:
            assert value in spec.values


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("experiment", "name = 'Default' AND lifecycle = active AND tags.team = 'red' AND description IS NULL"),
        ("experiment", "created = '1970-01-01T00:00:00.001Z' AND updated = 2 AND created_by LIKE 'a%'"),
        ("session", "id = 's1' AND state = 'OPEN' AND duration = 4ns AND tokens.total > 500 AND cost = 0.5"),
        ("user", "user = 'u1' AND session_count = 1 AND error_count < 2"),
        ("audit", "actor = 'ada' AND action LIKE 'experiment.%' AND target IS NOT NULL AND at = 5"),
        ("dataset", "name = 'qa' AND tags.team = 'red' AND version = 0 AND description IS NULL AND created = 1"),
        ("record", "inputs.q.text = 'hi' AND inputs.city > 4 AND expectations.a = true AND outputs LIKE 'o%'"),
        ("record", "split = 'test' AND source = 'TRACE' AND source_id = 'tr-1' AND inputs.q.none IS NULL"),
        ("prompt", "name = 'greet' AND alias = 'test' AND version = 2 AND tags.team = 'red'"),
        ("assessment", "trace = 'tr-1' AND span IS NULL AND session IS NULL AND created = 9 AND valid = true"),
        ("span", "id = '1111111111111111' AND text ~ 'york' AND kind = llm"),
    ],
)
def test_every_list_can_be_filtered(entity: EntityScope, text: str):
    assert matches(parse(text, entity), SUBJECTS[entity])


@given(strategies.nodes("trace", mlflow=True), traces())
def test_any_filter_decides_any_trace(node: Node, case: TraceCase):
    held = matches(node, TraceSubject(case.trace, lambda: case.spans, lambda: case.assessments))
    assert held is not matches(Not(node), TraceSubject(case.trace, lambda: case.spans, lambda: case.assessments))


def tagged(**tags: str) -> TraceSubject:
    return TraceSubject(replace(TRACE, tags=tags))


def sorted_by(order: str, subjects: list[TraceSubject]) -> list[str | None]:
    orders = parse_order(order, "trace")
    return [each.trace.tags.get("k") for each in sorted(subjects, key=partial(order_key, orders))]


def test_missing_values_come_last_in_both_directions():
    subjects = [tagged(k="b"), tagged(), tagged(k="a"), tagged(k="")]
    assert sorted_by("tags.k", subjects) == ["", "a", "b", None]
    assert sorted_by("tags.k desc", subjects) == ["b", "a", "", None]


def test_strings_sort_by_code_point_over_their_head():
    subjects = [tagged(k=k) for k in ("é", "a", "Z", "😀", "\uffff")]
    assert sorted_by("tags.k", subjects) == ["Z", "a", "é", "\uffff", "😀"]
    long = [tagged(k="x" * SORT_CHARS + tail) for tail in ("b", "a")]
    assert sorted_by("tags.k", long) == ["x" * SORT_CHARS + "b", "x" * SORT_CHARS + "a"]


def test_later_keys_decide_ties():
    orders = parse_order("tags.k, tags.m desc", "trace")
    subjects = [tagged(k="a", m="1"), tagged(k="a", m="2"), tagged(k="a")]
    found = sorted(subjects, key=partial(order_key, orders))
    assert [each.trace.tags.get("m") for each in found] == ["2", "1", None]


@settings(max_examples=examples(25))
@given(strategies.orders("trace"), st.lists(traces(), min_size=2, max_size=3))
def test_keys_of_carried_values_sort_like_the_subjects(orders: tuple[Order, ...], cases: list[TraceCase]):
    subjects = [TraceSubject(case.trace) for case in cases]
    for one in subjects:
        for other in subjects:
            here, there = (key_of_values(orders, order_values(orders, each)) for each in (one, other))
            assert (here < there) == (order_key(orders, one) < order_key(orders, other))
            assert not (here < there < here)
            assert (here == there) == (not here < there and not there < here)


def test_nan_is_no_number():
    odd = TraceSubject(replace(TRACE, cost_usd=float("nan")))
    assert matches(parse("cost IS NULL", "trace"), odd)
    assert not matches(parse("cost != 5", "trace"), odd)
    assert order_values(parse_order("cost", "trace"), odd) == (None,)


@pytest.mark.parametrize(
    ("value", "literal", "expected"),
    [
        (True, "true", True),
        ("true", "true", True),
        (5, "5", False),
        (5, "5.0", True),
        ("5", "5", True),
        ("é", "é", True),
        ('a"b', 'a"b', True),
        (2**70, "1.1805916207174113e+21", True),
        (10**400, str(10**400), True),
    ],
)
def test_mlflow_compares_the_json_text(value: AttributeValue, literal: str, expected: bool):
    of = Field("span", "attributes", "json", "k")
    each = SpanSubject(replace(SPAN, attributes={"k": value}))
    assert matches(JsonText(of, "=", literal), each) is expected
    assert matches(JsonText(of, "!=", literal), each) is not expected
    assert not matches(JsonText(of, "!=", literal), SpanSubject(OTHER))


def test_values_nested_without_end_are_cut():
    deep: AttributeValue = "x"
    for _ in range(5_000):
        deep = [deep]
    each = SpanSubject(replace(SPAN, attributes={"k": deep}))
    assert matches(parse("attributes.k LIKE '%null%'", "span"), each)
    assert matches(parse("content = 'x'".replace("=", "LIKE"), "span"), each)


def test_facets_count_the_first_value():
    read: Callable[[str], AttributeValue] = lambda name: value_of(parse_field(name, "trace"), subject())  # noqa: E731
    assert (read("run"), read("tags.release"), read("user")) == ("r1", "1.0", None)
