"""The tokeniser: one definition for the index, the query and the check."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.query.tokens import MAX_TOKEN, all_in, contains, fold_for_index, terms_of, tokens
from tests.generators import texts

ASCII_SEPARATOR = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
any_text = st.one_of(st.text(max_size=60), st.lists(texts(), max_size=3).map(" ".join))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Connection refused: foo_bar-Baz", ["connection", "refused", "foo", "bar", "baz"]),
        ("Straße", ["strasse"]),
        ("İstanbul", ["i", "stanbul"]),
        ("cafe\u0301", ["café"]),
        ("東京タワー7階", ["東", "京", "タ", "ワ", "ー", "7", "階"]),
        ("가나", ["가", "나"]),
        ("x" * 70, ["x" * MAX_TOKEN]),
        ("①½", ["①½"]),
        ("\ud800a\x00b", ["a", "b"]),
    ],
)
def test_text_is_cut_into_tokens(text: str, expected: list[str]):
    assert tokens(text) == expected


def ascii_tokenizer(text: str) -> list[str]:
    """Cut text as an engine does that knows ASCII alone and takes every other byte as part of a token."""
    lowered = "".join(char.lower() if char.isascii() else char for char in text)
    return [token for token in ASCII_SEPARATOR.split(lowered) if token]


@given(any_text)
def test_an_ascii_tokenizer_finds_the_same_tokens_in_the_folded_text(text: str):
    assert [token[:MAX_TOKEN] for token in ascii_tokenizer(fold_for_index(text))] == tokens(text)


@given(any_text)
def test_every_token_is_letters_and_digits_in_normal_form(text: str):
    for token in tokens(text):
        assert token.isalnum()
        assert 1 <= len(token) <= MAX_TOKEN
        assert token == unicodedata.normalize("NFC", token)


def contains_slowly(text: str, term: tuple[str, ...]) -> bool:
    found = tokens(text)
    return any(tuple(found[i : i + len(term)]) == term for i in range(len(found)))


@given(st.data())
def test_a_term_is_contained_when_its_tokens_stand_side_by_side(data: st.DataObject):
    text = data.draw(any_text)
    found = tokens(text)
    inside = st.integers(0, len(found)).flatmap(
        lambda start: st.integers(1, 3).map(lambda size: found[start : start + size])
    )
    elsewhere = st.one_of(texts().map(tokens), st.text(max_size=5).map(tokens))
    term = tuple(data.draw(st.one_of(inside, elsewhere)))
    if term:
        assert contains(text, term) == contains_slowly(text, term)


def test_a_term_is_not_contained_in_a_longer_word():
    assert contains("an error occurred", ("error",))
    assert not contains("an error occurred", ("err",))
    assert not contains("terrors", ("error",))
    assert contains("the foo-BAR", ("foo", "bar"))
    assert not contains("foobar", ("foo", "bar"))


def test_terms_may_be_in_different_texts_but_a_phrase_may_not():
    spread = ["connection", "refused by peer"]
    assert all_in(spread, [("connection",), ("refused",)])
    assert not all_in(spread, [("connection", "refused")])
    assert all_in([], [])


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ('foo "exact Phrase"', (("foo",), ("exact", "phrase"))),
        ("foo foo FOO", (("foo",),)),
        ("foo-bar 東京", (("foo", "bar"), ("東", "京"))),
        ('"open phrase', (("open",), ("phrase",))),
        ('a "b c" "d', (("a",), ("b", "c"), ("d",))),
        (" !!! ", ()),
    ],
)
def test_a_search_is_words_and_quoted_phrases(search: str, expected: tuple[tuple[str, ...], ...]):
    assert terms_of(search) == expected
