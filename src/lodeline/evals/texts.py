"""Texts of outputs and expectations, and how they are made comparable."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import orjson

from lodeline.domain.errors import Invalid, TooLarge
from lodeline.domain.span import JsonValue

Normalisation: TypeAlias = Literal["unicode", "case", "punctuation", "articles", "whitespace", "strip"]
"""unicode: NFKC. case: case folding. punctuation: removed (all of Unicode's). articles: the words a, an, the
removed. whitespace: each run is one space, none at the ends. strip: no white space at the ends."""
SQUAD: tuple[Normalisation, ...] = ("case", "punctuation", "articles", "whitespace")
"""How SQuAD's evaluation compares answers (Rajpurkar et al. 2016), with Unicode's punctuation beside ASCII's."""
MAX_TEXT = 1_000_000
"""Characters of a text that a scorer works on."""
_ANSWER_KEYS = ("response", "answer", "output", "content", "text", "result")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b", re.IGNORECASE)
_ORDER: tuple[Normalisation, ...] = get_args(Normalisation)


def text_of(value: JsonValue, *, field: str = "outputs") -> str:
    """Return the text in an output or an expectation.

    A string is itself, None is empty, a number or bool is its JSON form. Of a mapping it is the first of the strings
    under response, answer, output, content, text and result, or the last chat message's content under messages or
    choices; any other value is its JSON text with sorted keys. TooLarge over `MAX_TEXT` characters.
    """
    text = value if isinstance(value, str) else _text_within(value, 0)
    if len(text) > MAX_TEXT:
        raise TooLarge(f"{field}: has {len(text):,} characters; a scorer takes at most {MAX_TEXT:,}.")
    return text


def expected_text(expectations: Mapping[str, JsonValue], key: str) -> str:
    """Return the text expected under `key`; see `expectation`."""
    return text_of(expectation(expectations, key), field=f"expectations.{key}")


def expected_texts(expectations: Mapping[str, JsonValue], key: str) -> tuple[str, ...]:
    """Return the texts accepted under `key`: the items of a list, or the one value. At least one."""
    found = expectation(expectations, key)
    items = found if isinstance(found, Sequence) and not isinstance(found, str) else [found]
    if not items:
        raise Invalid(f"expectations.{key}: is an empty list; nothing could match.", code="no_expectation")
    return tuple(text_of(item, field=f"expectations.{key}") for item in items)


def expectation(expectations: Mapping[str, JsonValue], key: str) -> JsonValue:
    """Return what is expected under `key`; Invalid with code ``no_expectation`` when there is nothing."""
    found = expectations.get(key)
    if found is None:
        there = ", ".join(map(repr, sorted(expectations)[:10])) or "nothing"
        raise Invalid(f"expectations: has no {key!r}; it has {there}.", code="no_expectation", details={"key": key})
    return found


def check_normalisations(given: Sequence[str]) -> None:
    """Invalid when one of the names is not a `Normalisation`."""
    for name in given:
        if name not in _ORDER:
            raise Invalid.value("normalise", name, "one of " + ", ".join(_ORDER))


def normalised(text: str, how: Sequence[Normalisation]) -> str:
    """Return `text` with the given normalisations, applied in the order in which `Normalisation` lists them."""
    for name in _ORDER:
        if name in how:
            text = _STEPS[name](text)
    return text


def without_punctuation(text: str) -> str:
    """Return `text` without characters of Unicode's categories P* and ASCII's symbols such as + and $."""
    return "".join(c for c in text if c not in _ASCII_PUNCTUATION and unicodedata.category(c)[0] != "P")


_ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_STEPS: Mapping[Normalisation, Callable[[str], str]] = {
    "unicode": lambda text: unicodedata.normalize("NFKC", text),
    "case": str.casefold,
    "punctuation": without_punctuation,
    "articles": lambda text: _ARTICLES.sub(" ", text),
    "whitespace": lambda text: " ".join(text.split()),
    "strip": str.strip,
}


def json_text(value: JsonValue) -> str:
    """Return a value as JSON text with sorted keys; what has no JSON form is shown as Python does."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str).decode()
    except (TypeError, ValueError, RecursionError):  # a lone surrogate, an integer beyond 64 bits, a cycle
        return str(value)


def _text_within(value: JsonValue, depth: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and depth < 5:
        for key in _ANSWER_KEYS:
            if isinstance(found := value.get(key), str):
                return found
        for key in ("messages", "choices", "message"):
            found = value.get(key)
            last = found[-1] if isinstance(found, Sequence) and not isinstance(found, str) and found else found
            if isinstance(last, Mapping):
                return _text_within(last, depth + 1)
    return json_text(value)
