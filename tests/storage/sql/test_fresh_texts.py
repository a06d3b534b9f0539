import pytest

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


def test_what_is_over_the_bound_is_left_to_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_CHARS", 8)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, "12345"), (2, "67890"), (3, "abc")])
    assert [fresh.take(number) for number in (1, 2, 3)] == ["12345", None, "abc"]
    fresh.offer([(4, "12345678")])
    assert fresh.take(4) == "12345678"


def test_forgetting_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_CHARS", 6)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, "abc"), (2, "def")])
    fresh.forget(1)
    fresh.offer([(3, "ghi"), (4, "jkl")])
    assert [fresh.take(number) for number in (1, 2, 3, 4)] == [None, "def", "ghi", None]


def test_it_is_crowded_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_texts, "MAX_CHARS", 8)
    fresh = FreshTexts()
    fresh.wanted = True
    fresh.offer([(1, "abc")])
    assert not fresh.crowded
    fresh.offer([(2, "d")])
    assert fresh.crowded
    fresh.forget(1)
    assert not fresh.crowded
