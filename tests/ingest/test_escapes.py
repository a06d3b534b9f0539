"""What a text says behind its escapes, and where it says so."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodeline.ingest.escapes import LEVELS, ranges_behind

NEEDLE = re.compile("é\\n+|\\bkey\\b|😀", re.ASCII)
PARTS = ["é", "\n", "key", " ", "x", "\\", '"', "/", "😀", "ü", "%", "%41", "\t", "\ud800", "\\n", "\x00"]


def found_in(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the needle is, by bytes."""
    text = data.decode(errors="replace")
    if text.encode() == data:
        for match in NEEDLE.finditer(text):
            yield len(text[: match.start()].encode()), len(text[: match.end()].encode())


def without(text: str, mark: bytes = b"") -> str:
    """A text with a mark in place of what is found in it, behind its escapes too."""
    data, done, parts = text.encode(), 0, list[bytes]()
    for start, end in ranges_behind(data, found_in):
        assert done <= start < end <= len(data)
        parts += (data[done:start], mark)
        done = end
    return b"".join((*parts, data[done:])).decode()


def clean(parts: list[str]) -> str:
    return "".join(parts).encode(errors="replace").decode()


@given(st.lists(st.sampled_from(PARTS)), st.booleans(), st.integers(0, LEVELS))
def test_nothing_is_missed_and_json_text_stays_it(parts: list[str], ascii_only: bool, depth: int) -> None:
    text = said = clean(parts)
    for _ in range(depth):
        text = json.dumps([text], ensure_ascii=ascii_only)
    kept = without(text, b"-")
    for _ in range(depth):
        (kept,) = json.loads(kept)
    assert NEEDLE.search(kept) is None
    assert (kept == said) or NEEDLE.search(said) or "\\" in said or "%" in said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain key\nkey é\n\n é", "plain \n  é"),
        ("monkey\nkey", "monkey\n"),
        ("😀 ü 😀", " ü "),
        ("a\\key", "a\\"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_just_what_is_found_goes(said: str, kept: str, ascii_only: bool) -> None:
    text = json.dumps({"a": said}, ensure_ascii=ascii_only)
    assert json.loads(without(text)) == {"a": kept}
    nested = json.dumps([text], ensure_ascii=ascii_only)
    assert json.loads(json.loads(without(nested))[0]) == {"a": kept}
    assert unquote(without("x=" + quote(said))) == "x=" + kept


@given(st.binary())
def test_any_bytes_have_ranges_in_order(data: bytes) -> None:
    every = ranges_behind(data, lambda said: ((at, at + 1) for at in range(len(said))))
    assert every == ([(0, len(data))] if data else [])
