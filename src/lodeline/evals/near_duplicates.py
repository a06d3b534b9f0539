"""Near-duplicates among texts: which ones say almost the same, found without comparing each with each.

A text is the set of its runs of five characters, once letter case, punctuation and white space are made alike. Of a
set the `SKETCH` least hashes are kept (a bottom-k sketch: Broder 1997, Cohen and Kaplan 2007), from which the Jaccard
similarity of two sets is read: exact for sets that have no more together, else an estimate whose standard error is at
most 0.03. Two texts are compared when one of their `MARKS` least hashes is the same: of pairs of similarity 0.8 about
one in 400,000 is missed (0.2 to the power of 8).
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import combinations, islice
from typing import Any, cast

import orjson

from lodeline.domain.errors import Invalid

SKETCH = 256
MARKS = 8
MAX_TEXTS = 10_000
MAX_CHARACTERS = 20_000
"""Characters of one text that count, from its beginning."""
MAX_COMPARED = 300_000
_RUN = 5
_GAPS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Texts that are alike, by their names in the order given. `similarity` is the least of the pairs that hold the
    group together: each member is so near to another one, not to all."""

    names: tuple[str, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class NearDuplicateReport:
    """The groups found, the largest first; `partial` says that there was more to look at than is looked at: texts
    beyond `MAX_TEXTS`, or pairs beyond `MAX_COMPARED`."""

    groups: tuple[NearDuplicates, ...]
    texts: int
    partial: bool = False


def near_duplicates(texts: Iterable[tuple[str, str]], *, threshold: float = 0.8) -> NearDuplicateReport:
    """Group texts, given as (name, text), of which each is at least so similar (0 to 1) to another of its group.

    Invalid for a threshold that is not above 0.3, below which most short texts are alike, and at most 1.
    """
    if not 0.3 < threshold <= 1:
        raise Invalid.value("threshold", threshold, "a similarity above 0.3, at most 1")
    given = iter(texts)
    names: list[str] = []
    sketches: list[tuple[int, ...]] = []
    for name, text in islice(given, MAX_TEXTS):
        names.append(name)
        sketches.append(_sketch(text))
    partial = next(given, None) is not None
    groups = _Groups(len(names))
    for compared, (left, right) in enumerate(_candidates(sketches)):
        if compared == MAX_COMPARED:
            partial = True
            break
        if groups.are_one(left, right):
            continue
        similarity = _similarity(sketches[left], sketches[right])
        if similarity >= threshold:
            groups.join(left, right, similarity)
    found = [NearDuplicates(tuple(names[at] for at in members), least) for members, least in groups.found()]
    found.sort(key=lambda group: -len(group.names))
    return NearDuplicateReport(tuple(found), len(names), partial)


def inputs_text(value: Any) -> str:
    """Return the text in a record's inputs: its keys and leaves in one order, whatever order they came in."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return "\n".join(f"{key} {inputs_text(each)}" for key, each in sorted(entries.items()))
    if isinstance(value, list | tuple):
        return "\n".join(map(inputs_text, cast("Sequence[Any]", value)))
    return orjson.dumps(value).decode()


def _sketch(text: str) -> tuple[int, ...]:
    """Return the least hashes of a text's runs of characters, in order; those of a short text are the text itself."""
    plain = _GAPS.sub(" ", unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()).strip()
    runs = {plain[at : at + _RUN] for at in range(max(1, len(plain) - _RUN + 1))}
    return tuple(nsmallest(SKETCH, {_hash(run) for run in runs}))


def _hash(run: str) -> int:
    """A number that is the same on every machine. CRC-32 is spread by a multiplication, since near runs have near
    sums."""
    return zlib.crc32(run.encode("utf-8", "surrogatepass")) * 0x9E3779B97F4A7C15 % 2**61


def _candidates(sketches: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield each pair that has one of its least hashes in common, once for each of them."""
    holders: dict[int, list[int]] = {}
    for at, sketch in enumerate(sketches):
        for mark in sketch[:MARKS]:
            holders.setdefault(mark, []).append(at)
    for places in holders.values():
        yield from combinations(places, 2)


def _similarity(left: tuple[int, ...], right: tuple[int, ...]) -> float:
    union = nsmallest(SKETCH, {*left, *right})
    both = set(left).intersection(right)
    return sum(each in both for each in union) / len(union)


class _Groups:
    """Numbers joined into groups (union-find), with the least similarity by which each was joined."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))
        self._least = [1.0] * count

    def are_one(self, left: int, right: int) -> bool:
        return self._root(left) == self._root(right)

    def join(self, left: int, right: int, similarity: float) -> None:
        one, other = sorted((self._root(left), self._root(right)))
        if one != other:
            self._above[other] = one
            self._least[one] = min(self._least[one], self._least[other], similarity)

    def found(self) -> Iterator[tuple[list[int], float]]:
        members: dict[int, list[int]] = {}
        for at in range(len(self._above)):
            members.setdefault(self._root(at), []).append(at)
        return ((each, self._least[root]) for root, each in members.items() if len(each) > 1)

    def _root(self, at: int) -> int:
        while self._above[at] != at:
            self._above[at] = self._above[self._above[at]]
            at = self._above[at]
        return at
