"""The written specification: every example in it is a filter."""

import re
from pathlib import Path

import pytest

from lodeline.domain.errors import Invalid
from lodeline.query.grammar_mlflow import parse_mlflow
from lodeline.query.grammar_native import MAX_TERM_TOKENS, parse
from lodeline.query.order import MAX_ORDERS, parse_order
from lodeline.query.patterns import MAX_PATTERN
from lodeline.query.syntax import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from lodeline.query.tokens import MAX_TOKEN
from lodeline.query.unparse import to_text
from tests.generators import T0_NS

PAGE = (Path(__file__).parents[2] / "docs/reference/filter.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("text", examples("filter"))
def test_every_example_is_a_filter(text: str):
    node = parse(text, "trace", now_ns=T0_NS)
    assert parse(to_text(node), "trace") == node


@pytest.mark.parametrize("text", examples("session-filter"))
def test_every_example_of_sessions_is_a_filter(text: str):
    node = parse(text, "session", now_ns=T0_NS)
    assert parse(to_text(node), "session") == node


@pytest.mark.parametrize("text", examples("mlflow-filter"))
def test_every_mlflow_example_is_a_filter(text: str):
    node = parse_mlflow(text, "trace")
    assert parse(to_text(node), "trace") == node


def test_every_example_in_the_table_of_values_is_a_filter():
    table = re.findall(r"^\|[^|]+\|[^|]+\| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert len(table) == 7
    for text in table:
        assert parse(text, "assessment" if text.startswith("valid") else "trace", now_ns=T0_NS)


def test_the_error_is_the_one_that_is_shown():
    with pytest.raises(Invalid) as caught:
        parse("state = 'OK' AND durration > 1", "trace")
    assert f"```text\n{caught.value.message}\n```" in PAGE


def test_the_order_and_the_bounds_are_those_that_are_written():
    assert len(parse_order("duration desc, start", "trace")) == 2
    prose = " ".join(PAGE.split())
    assert f"at most {MAX_LENGTH:,} characters, {MAX_NODES} conditions and {MAX_DEPTH} levels" in prose
    assert f"expression of at most {MAX_PATTERN:,} characters" in prose
    assert MAX_ORDERS == 4
    assert "by up to four fields" in prose
    assert MAX_TERM_TOKENS == MAX_TOKEN == 64
    assert "longer than 64 characters the first 64 count" in prose
