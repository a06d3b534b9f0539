import sys

import pytest

from lodeline.ingest.indexable import joined
from lodeline.query.tokens import tokens
from lodeline.storage.sql import fresh_texts
from lodeline.storage.sql.fresh_texts import FreshTexts


def test_texts_are_taken_once() -> None:
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, "one"), (2, "two")])
    assert fresh.take(1) == "one"
    assert fresh.take(1) is None
    assert fresh.take(2) == "two"
    assert fresh.take(3) is None


def test_nothing_is_kept_for_an_index_that_another_process_fills() -> None:
    fresh = FreshTexts()
    fresh.offer([(1, "one")])
    assert fresh.take(1) is None


LONG, HALF = "a" * 4_000, "b" * 2_000
ROOM = sys.getsizeof(LONG)


def test_what_is_over_the_bound_is_left_to_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_BYTES", ROOM)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, HALF), (2, LONG), (3, "abc")])
    assert [fresh.take(number) for number in (1, 2, 3)] == [HALF, None, "abc"]
    fresh.offer([(4, LONG)])
    assert fresh.take(4) == LONG


def test_forgetting_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_BYTES", 2 * ROOM)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, LONG), (2, LONG)])
    fresh.forget(1)
    fresh.offer([(3, LONG), (4, LONG)])
    assert [fresh.take(number) for number in (1, 2, 3, 4)] == [None, LONG, LONG, None]


def test_wide_characters_take_the_room_that_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_BYTES", ROOM)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, "\N{PILE OF POO}" * 2_000), (2, HALF)])
    assert [fresh.take(number) for number in (1, 2)] == [None, HALF]


def test_it_is_crowded_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_BYTES", 3 * ROOM)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, LONG)])
    assert not fresh.crowded
    fresh.offer([(2, HALF + "c" * 1_500)])
    assert fresh.crowded
    fresh.forget(1)
    assert not fresh.crowded


def test_many_small_ones_are_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MANY", 3)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, "a"), (2, "b")])
    assert not fresh.crowded
    fresh.offer([(3, "c")])
    assert fresh.crowded


@pytest.mark.parametrize("text", ["Refund for the Order", "Für die Bestellung", "\uab70 \u13a0 STRASSE", "", "503"])
def test_no_text_that_has_the_tokens_is_dismissed(text: str) -> None:
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, joined([text, "Another LINE", "Zeile mit ß und É"]))])
    for token in (*tokens(text), "another", "line", "ss", "é"):
        assert fresh.may_hold(1, token)
        assert fresh.may_hold(1, f"{token}\nzeile")
        assert not fresh.may_hold(1, f"{token}\nxanthippecore")
        assert fresh.may_hold(2, "xanthippecore"), "of a text that is not here nothing is known"
