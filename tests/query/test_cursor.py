"""Keyset cursors."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.query.ast import SORT_CHARS, Always
from lodeline.query.cursor import MAX_CURSOR, decode, encode, fingerprint
from lodeline.query.grammar_native import parse
from lodeline.query.order import MAX_ORDERS, parse_order
from tests.generators import T0_NS

LIST = fingerprint("trace", Always(), ())
values = st.lists(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.text(st.characters(exclude_categories=()), max_size=SORT_CHARS),
    ),
    max_size=MAX_ORDERS + 1,
)


@given(values)
def test_a_cursor_gives_its_values_back(carried: list[str | int | float | None]):
    text = encode(carried, LIST)
    assert re.fullmatch(r"[A-Za-z0-9_-]*", text)
    assert decode(text, LIST) == tuple(carried)
    assert [type(value) for value in decode(text, LIST)] == [type(value) for value in carried]


@pytest.mark.parametrize("char", ["x", "\x00", "\U0001f600", "\ud800", '"', "東"])
def test_the_longest_sort_values_fit(char: str):
    varied = [char * SORT_CHARS, *("".join(chr(ord(char) + i % 7) for i in range(SORT_CHARS)) for _ in range(3))]
    assert len(encode([*varied, "i" * 50], LIST)) <= MAX_CURSOR


def test_values_that_are_no_sort_values_are_too_large():
    with pytest.raises(TooLarge, match="order by a shorter field"):
        encode(["x" * 10_000], LIST)


@given(st.text(max_size=100))
def test_any_other_text_is_invalid(text: str):
    with pytest.raises(Invalid, match="does not belong to this list"):
        decode(text, LIST)


def test_a_damaged_or_foreign_cursor_is_invalid():
    text = encode([5, "x"], LIST)
    for damaged in (text[:-2], text[:12] + ("A" if text[12] != "A" else "B") + text[13:], "A" + text, "", text * 200):
        with pytest.raises(Invalid, match="start again without a cursor"):
            decode(damaged, LIST)
    with pytest.raises(Invalid):
        decode(text, fingerprint("experiment", Always(), ()))


def test_every_part_of_a_list_counts_in_its_fingerprint():
    node, order = parse("span.attributes.k = true", "trace"), parse_order("start desc", "trace")
    prints = {
        fingerprint("trace", node, order),
        fingerprint("span", node, order),
        fingerprint("trace", parse("span.attributes.k = 1", "trace"), order),
        fingerprint("trace", node, parse_order("start asc", "trace")),
        fingerprint("trace", node, order, "experiment 1"),
        fingerprint("trace", node, order, "experiment 2"),
    }
    assert len(prints) == 6


def test_instants_do_not_count_so_that_relative_times_may_move_between_pages():
    text = "start > now-1h AND (NOT end IN (now, 5) OR span(start > now))"
    first = fingerprint("trace", parse(text, "trace", now_ns=T0_NS), ())
    assert first == fingerprint("trace", parse(text, "trace", now_ns=T0_NS + 5), ())
    assert first != fingerprint("trace", parse(text.replace(">", "<"), "trace", now_ns=T0_NS), ())
