"""Deliveries: gaps are what a set of numbers would say, whatever the order of arrival."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.domain.delivery import (
    MAX_GAPS,
    Delivery,
    DeliveryMark,
    DeliverySource,
    Ranges,
    advance,
    first_delivery,
    format_ranges,
    parse_ranges,
    parse_source,
)
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId

_numbers = st.sets(st.integers(1, 60), min_size=1, max_size=20)


def _ranges(numbers: set[int]) -> Ranges:
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def _mark(sequences: Ranges, at_ms: int = 1) -> DeliveryMark:
    return DeliveryMark(DeliverySource("one", sequences), ExperimentId("7"), at_ms)


def _after(*arrived: Ranges) -> Delivery:
    delivery = first_delivery(_mark(arrived[0]))
    for sequences in arrived[1:]:
        delivery = advance(delivery, _mark(sequences))
    return delivery


@given(st.lists(_numbers, min_size=1, max_size=8))
def test_gaps_are_what_has_not_arrived(arrived: list[set[int]]) -> None:
    delivery = _after(*map(_ranges, arrived))
    have = set[int]().union(*arrived)
    absent = set(range(1, max(have))) - have
    assert delivery.highest == max(have)
    assert delivery.gaps == _ranges(absent)
    assert (delivery.missing, delivery.requests) == (len(absent), len(arrived))
    assert parse_ranges(format_ranges(delivery.gaps)) == delivery.gaps


def test_only_the_newest_gaps_are_kept_and_all_are_counted() -> None:
    delivery = _after(*(((number, number),) for number in range(1, 1_001, 2)))
    assert (len(delivery.gaps), delivery.missing) == (MAX_GAPS, 499)
    assert delivery.gaps[-1] == (998, 998)


def test_times_are_of_the_first_and_the_last_arrival() -> None:
    delivery = advance(advance(first_delivery(_mark(((1, 1),), 50)), _mark(((2, 2),), 90)), _mark(((3, 3),), 10))
    assert (delivery.first_ms, delivery.last_ms) == (10, 90)


def test_parse_source() -> None:
    assert parse_source("a1", "7") == DeliverySource("a1", ((7, 7),))
    assert parse_source("a1", "7-9,12") == DeliverySource("a1", ((7, 9), (12, 12)))


@pytest.mark.parametrize(
    ("instance", "sequences"),
    [
        ("", "1"), ("a b", "1"), ("a" * 65, "1"), ("a", ""), ("a", "0"), ("a", "-1"), ("a", "2-1"), ("a", "1,1"),
        ("a", "3,2"), ("a", "1-3,2"), ("a", "x"), ("a", "1,"), ("a", "9" * 16), ("a", ",".join("1" * 101)),
        ("a", "१"),
    ],
)  # fmt: skip
def test_malformed_sources_are_refused(instance: str, sequences: str) -> None:
    with pytest.raises(Invalid, match="x-lodeline-"):
        parse_source(instance, sequences)
