"""Several RE2 expressions at once."""

import pytest

from lodeline.ingest.expressions import Expressions, idles, merged


def ranges(data: bytes, *expressions: str) -> list[bytes]:
    return [data[start:end] for start, end in merged(Expressions(expressions).ranges(data))]


def test_matches_that_are_empty_are_left_alone() -> None:
    assert ranges(b"axxb", "x*") == [b"xx"]


def test_what_each_finds_is_found_whatever_the_others_take() -> None:
    assert ranges(b"a bCd", "a|b", "(?i)c", "found") == [b"a", b"bC"]
    assert ranges(b"abcdef abc", "abc", "abcdef") == [b"abcdef", b"abc"]
    assert ranges(b"my token: abc-def", r"token: \w+", "abc-def") == [b"token: abc-def"]


@pytest.mark.parametrize("expressions", [("(",), ("a", "b)"), ("a)|(b", "c"), ("\ud800",)])
def test_an_expression_that_re2_does_not_take_is_a_value_error(expressions: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not an RE2 expression"):
        Expressions(expressions)


OPEN = r"\Qa.b"
CLOSED = r"x\Qc\E"


@pytest.mark.parametrize("expressions", [(OPEN,), (OPEN, "c"), ("c", OPEN), (OPEN, CLOSED), (CLOSED, OPEN)])
def test_open_literal_text_does_not_take_in_the_next_expression(expressions: tuple[str, ...]) -> None:
    found = Expressions(expressions)
    assert found.found(b"a.b")
    assert not found.found(b"axb")
    assert ranges(b"a.b|c axb", *expressions)[0] == b"a.b"


def test_expressions_that_are_too_large_together_are_looked_for_one_by_one() -> None:
    many = [f"x{number}{chr(92)}pL{{190}}" for number in range(20)]
    assert ranges(b"x7" + b"a" * 190, *many) == [b"x7" + b"a" * 190]
    assert not Expressions(many).found(b"x7 a")
    assert Expressions(many).found_at(b"-x7" + b"a" * 190, 1)


@pytest.mark.parametrize("expression", ["x*", "(?i)[a-z ]*", ".*?", "(secret)?", "$", "^", "a|"])
def test_what_matches_no_characters_where_there_are_some_idles(expression: str) -> None:
    assert idles(expression)


@pytest.mark.parametrize("expression", [".*", "(?s).*", ".", "[0-9]+", r"\b[0-9]{4}\b", r"\Qa"])
def test_what_matches_some_characters_or_all_does_not_idle(expression: str) -> None:
    assert not idles(expression)
