"""What an index may be asked: never more than the filter needs."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodeline.domain.ids import DEFAULT_EXPERIMENT, SpanId, TraceId
from lodeline.domain.span import Span
from lodeline.domain.trace import Trace
from lodeline.query.ast import Compare, Match, MatchOp, Node, Text
from lodeline.query.build import conj, exists
from lodeline.query.fields import field
from lodeline.query.grammar_native import parse
from lodeline.query.patterns import escape_like
from lodeline.query.prefilter import Required, required
from lodeline.query.reference import matches
from lodeline.query.subjects import TraceSubject
from lodeline.query.tokens import scalar_token, terms_of, tokens
from lodeline.query.values import span_texts
from tests.examples import examples
from tests.generators import TraceCase, texts, traces
from tests.query import strategies
from tests.query.strategies import PATTERNS


def holds(need: Required, span: Span) -> bool:
    words = {token for text in span_texts(span) for token in tokens(text)}
    words |= {scalar_token(key, value) for key, value in span.attributes.items() if isinstance(value, int | float)}
    return need.tokens <= words and all(any(word.startswith(prefix) for word in words) for prefix in need.prefixes)


def assert_required(node: Node, spans: Sequence[Span]) -> None:
    for need in required(node):
        assert any(holds(need, span) for span in spans), (node, need)


@given(strategies.nodes("trace"), traces())
def test_what_is_required_is_in_every_match(node: Node, case: TraceCase):
    if matches(node, TraceSubject(case.trace, lambda: case.spans, lambda: case.assessments)):
        assert_required(node, case.spans)


@st.composite
def filters_that_hold(draw: st.DrawFn) -> tuple[Node, TraceCase]:
    """A trace, and conditions made from one of its spans: full text, patterns, and attributes compared."""
    case = draw(traces().filter(lambda case: bool(case.spans)))
    span = draw(st.sampled_from(case.spans))
    searches = st.sampled_from([*span_texts(span), "x"]).map(terms_of).filter(bool).map(Text)
    patterns = st.builds(
        Match, st.just(field("span", "content")), st.sampled_from(("LIKE", "ILIKE")), st.sampled_from(PATTERNS)
    )
    kinds: list[st.SearchStrategy[Node]] = [searches, patterns]
    for key, value in span.attributes.items():
        if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
            kinds.append(st.just(Compare(field("span", "attributes", key), "=", value)))
    items = draw(st.lists(st.one_of(kinds), min_size=1, max_size=3))
    return draw(st.sampled_from((exists("span", conj(items)), conj(exists("span", item) for item in items)))), case


@settings(max_examples=examples(75))
@given(filters_that_hold())
def test_what_conditions_on_a_span_require_is_in_every_match(pair: tuple[Node, TraceCase]):
    node, case = pair
    if matches(node, TraceSubject(case.trace, lambda: case.spans, lambda: case.assessments)):
        assert_required(node, case.spans)


def span_of(text: str) -> Span:
    return Span(TraceId("tr-1"), SpanId("1" * 16), None, text, "UNKNOWN", "OK", 0, None)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "AP8="])
def test_what_is_no_text_of_a_span_is_not_required(text: str):
    values = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf"), "AP8=": b"\x00\xff"}
    span = replace(span_of("x"), attributes={"release": values[text]})
    node = parse(f"span.attributes.release = '{text}'", "trace")
    assert matches(node, _trace(span)) == (text != "AP8=")
    if matches(node, _trace(span)):
        assert_required(node, [span])


@st.composite
def patterns_with_texts(draw: st.DrawFn) -> tuple[str, str]:
    """A pattern cut out of a text, so that it matches: pieces of the text, wildcards for what lies between."""
    alphabet = st.sampled_from("aeE é\u0301\u0338=-ß東京か\u3099각_%İ7")
    text = draw(st.one_of(st.text(alphabet=alphabet, max_size=12), texts()))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pattern, position = "", 0
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        pattern += escape_like(text[position:start])
        pattern += draw(st.sampled_from(("%", "_" * (end - start))))
        position = end
    return pattern + escape_like(text[position:]), text


@given(patterns_with_texts(), st.sampled_from(("LIKE", "ILIKE")))
def test_what_a_pattern_requires_is_in_every_text_that_it_matches(pair: tuple[str, str], op: MatchOp):
    pattern, text = pair
    node = exists("span", Match(field("span", "name"), op, pattern))
    if matches(node, _trace(span_of(text))):
        for need in required(node):
            assert holds(need, span_of(text)), (pattern, text, need)


def _trace(span: Span) -> TraceSubject:
    trace = Trace(span.trace_id, DEFAULT_EXPERIMENT, "t", "OK", 0, None, 0, 0)
    return TraceSubject(trace, lambda: [span])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text ~ 'Timeout \"connection refused\"'", [Required(frozenset({"timeout", "connection", "refused"}))]),
        ("span.content LIKE '%connection refused by%'", [Required(frozenset({"refused"}), frozenset({"b"}))]),
        ("span.content LIKE '% connection %'", [Required(frozenset({"connection"}))]),
        ("span.name LIKE 'chat gpt%'", [Required(frozenset({"chat"}), frozenset({"gp"}))]),
        ("span.content LIKE '%東京%'", [Required(frozenset({"東", "京"}))]),
        ("span.attributes.city = 'New York'", [Required(frozenset({"new", "york"}))]),
        ("span.attributes.city LIKE '% York %'", []),
        ("span(text ~ 'a' AND content ILIKE '% B %')", [Required(frozenset({"a", "b"}))]),
        ("text ~ 'a' AND text ~ 'b'", [Required(frozenset({"a"})), Required(frozenset({"b"}))]),
        ("text ~ 'a' OR text ~ 'b'", []),
        ("NOT text ~ 'a'", []),
        ("span.content NOT LIKE '% a %'", []),
        ("span.content LIKE '%a%'", []),
        (f"text ~ '{'x' * 70}'", [Required(prefixes=frozenset({"x" * 64}))]),
        ("name = 'foo'", []),
    ],
)
def test_words_and_prefixes_are_taken_from_filters(text: str, expected: list[Required]):
    assert list(required(parse(text, "trace"))) == expected


@given(st.one_of(st.integers(), st.floats(), st.booleans()), st.one_of(st.integers(), st.floats(), st.booleans()))
def test_numbers_that_are_equal_have_one_token(one: float, other: float):
    if one == other and isinstance(one, bool) == isinstance(other, bool):
        assert scalar_token("k", one) == scalar_token("k", other)


@pytest.mark.parametrize("value", [0, -1, 2**53, 2**53 + 1, 10**30, 0.1, -2.5e-9, 1e300, float("inf")])
def test_an_integer_and_its_float_have_one_token_and_others_another(value: float):
    assert scalar_token("k", value) != scalar_token("k", value + 1 if abs(value) < 1e9 else -value)
    assert scalar_token("k", value) != scalar_token("l", value)
    if abs(value) != float("inf") and float(value) == value:
        assert scalar_token("k", value) == scalar_token("k", float(value))
