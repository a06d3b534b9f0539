"""Near-duplicates against what comparing each with each says."""

import random
from itertools import combinations
from typing import Any

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
        "b": " \u200b",
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
    texts = {f"{at}": f"always the very same question of number {at}" for at in range(5)}
    monkeypatch.setattr(module, "MAX_TEXTS", 4)
    report = near_duplicates(texts.items())
    assert (report.texts, report.partial, len(report.groups[0].names)) == (4, True, 4)
    monkeypatch.setattr(module, "MAX_TEXTS", 5)
    assert not near_duplicates(texts.items()).partial
    monkeypatch.setattr(module, "MAX_COMPARED", 3)
    assert near_duplicates(texts.items()).partial


def test_copies_are_found_however_little_may_be_compared(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_COMPARED", 0)
    texts = {"a": "Where is my order?", "b": "Where is my other order?", "c": "where is my ORDER", "d": "Hello"}
    assert groups(texts) == [("a", "c")]
    report = near_duplicates(
        [*texts.items(), ("e", "How so?"), ("f", "How so?"), ("g", texts["b"])], most_characters=40
    )
    assert report.partial
    assert {frozenset(group.names) for group in report.groups} == {frozenset("bg"), frozenset("ef")}


def test_among_many_short_records_under_one_template_copies_and_near_copies_are_found():
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(3, 9))) for _ in range(1500)]
    records: list[dict[str, object]] = []
    for _ in range(2000):
        text = "Answer the question briefly: " + " ".join(chance.choices(words, k=12))
        records.append({"messages": [{"role": "user", "content": text}]})
    copies = [{"messages": [{"content": _content(records[at]), "role": "user"}]} for at in range(10)]
    nearly = [{"messages": [{"role": "user", "content": _content(records[at]) + " so"}]} for at in range(10)]
    named = {f"{at}": inputs_text(record) for at, record in enumerate([*records, *copies, *nearly])}
    expected = {(f"{at}", f"{2000 + at}", f"{2010 + at}") for at in range(10)}
    assert set(groups(named)) == expected


def _content(record: dict[str, Any]) -> str:
    return record["messages"][0]["content"]


def test_a_large_group_is_found_with_few_comparisons(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_COMPARED", 5_000)
    texts = {f"{at}": f"Order {at} of the customer is late again, what can be done about it?" for at in range(500)}
    report = near_duplicates(texts.items())
    assert ([len(group.names) for group in report.groups], report.partial) == ([500], False)


def test_marks_leave_out_no_pair_that_is_alike():
    chance = random.Random(7)
    texts: list[str] = []
    for _ in range(60):
        words = chance.choices(WORDS, k=9)
        texts += [" ".join(words), " ".join([*words[:8], chance.choice(WORDS)])]
    for left, right in combinations(texts, 2):
        runs = [{text[at : at + 5] for at in range(len(text) - 4)} for text in (left, right)]
        alike = len(runs[0] & runs[1]) / len(runs[0] | runs[1]) >= 0.7
        assert bool(groups({"a": left, "b": right}, 0.7)) == alike


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1+1", "1-1"),
        ("1-1", "1*1"),
        ("1 - 1", "1 / 1"),
        ("!!!", "???"),
        ("", "?!"),
        ("1.5", "1,5"),
        ("a<b", "a>b"),
        ("👍", "👎"),
        ("कि", "का"),
    ],
)
def test_signs_that_tell_texts_apart_count(left: str, right: str):
    assert groups({"a": left, "b": right}) == []
    assert groups({"a": f"  {left}", "b": f"{left}\n"}) == [("a", "b")]


@pytest.mark.parametrize(
    ("left", "right"), [("**Well**, no.", "well no"), ("so - \n- no", "(so) no"), ("a\u00adb", "ab")]
)
def test_signs_of_sentences_do_not_count(left: str, right: str):
    assert groups({"a": left, "b": right}, 1.0) == [("a", "b")]


def test_a_text_that_grows_when_it_is_normalised_is_cut_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_CHARACTERS", 30)
    ligature = "\ufdfa"  # 18 characters in NFKC
    assert groups({"a": ligature * 30 + "x", "b": ligature * 2}) == [("a", "b")]
    marks = "a" + "\u0301\u0323" * 20_000
    assert groups({"a": marks, "b": marks[:-2]}) == [("a", "b")]


@pytest.mark.parametrize("threshold", [0, 0.3, 1.01, float("nan")])
def test_a_threshold_that_says_nothing_is_refused(threshold: float):
    with pytest.raises(Invalid, match="threshold"):
        near_duplicates([], threshold=threshold)


def test_inputs_are_read_in_one_order_without_their_keys():
    assert inputs_text({"b": [1, None, {"x": "y"}], "a": "hello"}) == "hello\n1\nnull\ny"
    assert inputs_text({"a": 1, "b": 2}) == inputs_text({"b": 2, "a": 1})


def test_inputs_of_any_size_and_depth_are_read():
    deep: object = 2**70
    for _ in range(5_000):
        deep = {"a": [deep]}
    assert inputs_text(deep) == str(2**70)
    assert inputs_text([True, float("nan"), {}, []]) == "true\nnull"
