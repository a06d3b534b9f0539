"""LIKE, ILIKE and RLIKE."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, Unsupported
from lodeline.query.ast import MatchOp
from lodeline.query.patterns import MAX_PATTERN, check_pattern, escape_like, like_parts, matcher
from tests.generators import texts
from tests.query.strategies import PATTERNS

pieces = st.text(alphabet="ab%_\\é\n", max_size=8)
any_text = st.one_of(st.text(alphabet="abé\n%_\\", max_size=8), texts())


def like_as_expression(pattern: str) -> re.Pattern[str]:
    """Return a LIKE pattern as Python's regular expression, character by character."""
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == "\\" and index + 1 < len(pattern):
            index += 1
            parts.append(re.escape(pattern[index]))
        else:
            parts.append({"%": ".*", "_": "."}.get(char, re.escape(char)))
        index += 1
    return re.compile("".join(parts), re.DOTALL)


@given(st.one_of(pieces, st.sampled_from(PATTERNS)), any_text)
def test_like_matches_the_whole_text(pattern: str, text: str):
    assert matcher("LIKE", pattern)(text) == (like_as_expression(pattern).fullmatch(text) is not None)


@given(st.one_of(pieces, st.sampled_from(PATTERNS)), any_text)
def test_ilike_folds_both_sides(pattern: str, text: str):
    folded = like_as_expression(pattern.casefold()).fullmatch(text.casefold())
    assert matcher("ILIKE", pattern)(text) == (folded is not None)


@given(st.text(max_size=20))
def test_an_escaped_text_matches_itself_alone(text: str):
    assert matcher("LIKE", escape_like(text))(text)
    assert not matcher("LIKE", escape_like(text))(text + "x")
    assert like_parts(escape_like(text)) == ([text] if text else [])


@pytest.mark.parametrize(
    ("op", "pattern", "text", "expected"),
    [
        ("LIKE", "%Foo%", "a foo", False),
        ("ILIKE", "%Foo%", "a foo", True),
        ("ILIKE", "STRASSE", "Straße", True),
        ("ILIKE", "%ς%", "ΟΔΟΣ", True),
        ("LIKE", "a%a", "a", False),
        ("LIKE", "%ab%ab", "xab", False),
        ("RLIKE", "b+", "abbc", True),
        ("RLIKE", "^b", "abbc", False),
        ("RLIKE", "a.c", "a\nc", False),
        ("RLIKE", "^.$", "é", True),
        ("RLIKE", "x", "\ud800x", True),
    ],
)
def test_operators_match(op: MatchOp, pattern: str, text: str, expected: bool):
    assert matcher(op, pattern)(text) is expected


@pytest.mark.parametrize(
    "pattern", ["(", "a**", "(?=x)", r"\1", "x" * (MAX_PATTERN + 1), "\ud800", "(a{1000}){1000}"]
)
def test_a_faulty_expression_is_invalid(pattern: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(Invalid, match=r"mask_patterns: .* is not valid"):
        check_pattern(pattern, field="mask_patterns")
    with pytest.raises(Invalid, match="RLIKE"):
        matcher("RLIKE", pattern)
    assert capfd.readouterr().err == ""


def test_an_expression_without_re2_is_unsupported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(Unsupported, match="google-re2"):
        matcher("RLIKE", "never compiled before")


@pytest.mark.parametrize(
    ("op", "pattern"),
    [
        ("LIKE", "%a" * 200 + "b"),
        ("LIKE", "%" + "a_" * 90 + "b%"),
        ("LIKE", "%a" + "_" * 10_000 + "b%"),
        ("ILIKE", "%a%a%a%a%a%a%a%a%b"),
        ("RLIKE", "(a+)+b"),
        ("RLIKE", "(a|aa)*b"),
    ],
)
def test_no_pattern_hangs_on_a_long_text(op: MatchOp, pattern: str):
    text = "a" * 300_000
    assert not matcher(op, pattern)(text)


def test_a_like_of_very_many_wildcards_is_invalid():
    with pytest.raises(Invalid, match="at most 100 wildcards"):
        matcher("LIKE", "a_" * 101)
