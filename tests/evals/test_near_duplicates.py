"""Near-duplicates against what comparing each with each says."""

import random

import pytest

from lodeline.domain.errors import Invalid
from lodeline.evals import near_duplicates as module
from lodeline.evals.near_duplicates import inputs_text, near_duplicates

WORDS = [
    "order",
    "refund",
    "parcel",
    "invoice",
    "account",
    "password",
    "address",
    "delivery",
    "card",
    "bank",
    "night",
    "shop",
    "window",
    "lamp",
]


def groups(texts: dict[str, str], threshold: float = 0.8) -> list[tuple[str, ...]]:
    return [group.names for group in near_duplicates(texts.items(), threshold=threshold).groups]


def test_texts_that_differ_in_case_gaps_and_little_else_are_one_group():
    texts = {
        "a": "Where is my order 4711? It should have come on Monday.",
        "b": "where is my  ORDER 4711 -- it should have come on monday",
        "c": "Where is my order 4712? It should have come on Monday.",
        "d": "How do I change the address of my account?",
    }
    report = near_duplicates(texts.items())
    assert [(group.names, report.texts, report.partial) for group in report.groups] == [(("a", "b", "c"), 4, False)]
    assert 0.8 <= report.groups[0].similarity < 1
    assert groups(texts, 1.0) == [("a", "b")]


@pytest.mark.parametrize("texts", [{}, {"a": ""}, {"a": "x"}, {"a": "same", "b": "other"}])
def test_where_nothing_is_alike_nothing_is_found(texts: dict[str, str]):
    assert groups(texts) == []


def test_short_and_empty_and_odd_texts_are_compared_whole():
    texts = {
        "a": "",
        "b": "?!",
        "c": "no",
        "d": "No.",
        "e": "\ud800 half",
        "f": "\ud800 HALF",
        "g": "né",
        "h": "ne\u0301",
    }
    assert groups(texts) == [("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")]


def test_what_is_found_is_what_comparing_each_with_each_finds():
    chance = random.Random(5)
    texts: dict[str, str] = {}
    for number in range(60):
        words = chance.choices(WORDS, k=chance.choice([6, 30, 120]))
        texts[f"{number}"] = " ".join(words)
        changed = list(words)
        changed[chance.randrange(len(words))] = "changed"
        texts[f"{number} changed"] = " ".join(changed)
    runs = {name: {text[at : at + 5] for at in range(len(text) - 4)} for name, text in texts.items()}
    found = {frozenset(names) for names in groups(texts)}
    for number in range(60):
        left, right = runs[f"{number}"], runs[f"{number} changed"]
        similarity = len(left & right) / len(left | right)
        together = any({f"{number}", f"{number} changed"} <= names for names in found)
        if abs(similarity - 0.8) > 0.1:  # the sketch of a long text is an estimate
            assert (number, together) == (number, similarity > 0.8)


def test_more_texts_and_pairs_than_are_looked_at_are_said(monkeypatch: pytest.MonkeyPatch):
    texts = {f"{at}": "always the same question" for at in range(5)}
    monkeypatch.setattr(module, "MAX_TEXTS", 4)
    report = near_duplicates(texts.items())
    assert (report.texts, report.partial, len(report.groups[0].names)) == (4, True, 4)
    monkeypatch.setattr(module, "MAX_TEXTS", 5)
    monkeypatch.setattr(module, "MAX_COMPARED", 3)
    assert near_duplicates(texts.items()).partial


@pytest.mark.parametrize("threshold", [0, 0.3, 1.01, float("nan")])
def test_a_threshold_that_says_nothing_is_refused(threshold: float):
    with pytest.raises(Invalid, match="threshold"):
        near_duplicates([], threshold=threshold)


def test_inputs_are_read_in_one_order():
    assert inputs_text({"b": [1, None, {"x": "y"}], "a": "hello"}) == "a hello\nb 1\nnull\nx y"
    assert inputs_text({"a": 1, "b": 2}) == inputs_text({"b": 2, "a": 1})
