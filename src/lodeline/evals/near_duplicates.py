"""Near-duplicates among texts: which ones say almost the same, found without comparing each with each.

A text is the set of its runs of five characters, once letter case, sentence punctuation and white space are made
alike. Of a set the `SKETCH` least hashes are kept (a bottom-k sketch: Broder 1997, Cohen and Kaplan 2007), from which
the Jaccard similarity of two sets is read: exact for sets that have no more together, else an estimate whose standard
error is at most 0.03. Equal texts are found by a digest. Of the others two are compared when they share a mark: marks
are those of a text's `POOL` least hashes that the fewest texts hold, so many that two alike texts cannot have none in
common (prefix filtering: Chaudhuri, Ganti and Kaushik 2006). What many texts hold, a template say, is no mark.
"""

import hashlib
import re
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from typing import Any, TypeAlias, cast

from lodeline.domain.errors import Invalid
from lodeline.evals.texts import json_text

SKETCH = 256
POOL = 64
MAX_TEXTS = 10_000
MAX_CHARACTERS = 20_000
"""Characters of one text that count, from its beginning."""
MAX_ALL_CHARACTERS = 20_000_000
"""Characters of all texts together; of texts beyond them only copies, letter by letter, are found."""
MAX_COMPARED = 300_000
_RUN = 5
_SLACK = 0.75
_Sketch: TypeAlias = "array[int]"


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Texts that are alike, by their names in the order given. `similarity` is the least of the pairs that hold the
    group together: each member is so near to another one, not to all."""

    names: tuple[str, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class NearDuplicateReport:
    """The groups found, the largest first; `partial` says that there was more to look at than is looked at: texts
    beyond `MAX_TEXTS`, characters beyond `MAX_ALL_CHARACTERS`, or pairs beyond `MAX_COMPARED`."""

    groups: tuple[NearDuplicates, ...]
    texts: int
    partial: bool = False


def near_duplicates(
    texts: Iterable[tuple[str, str]], *, threshold: float = 0.8, most_characters: int = MAX_ALL_CHARACTERS
) -> NearDuplicateReport:
    """Group texts, given as (name, text), of which each is at least so similar (0 to 1) to another of its group.

    Of texts beyond `most_characters` of all together only copies are found, and the report is partial.
    Invalid for a threshold that is not above 0.3, below which most short texts are alike, and at most 1.
    """
    if not 0.3 < threshold <= 1:
        raise Invalid.value("threshold", threshold, "a similarity above 0.3, at most 1")
    given = iter(texts)
    names: list[str] = []
    read = _Read(most_characters)
    for at, (name, text) in enumerate(islice(given, MAX_TEXTS)):
        names.append(name)
        read.add(at, text)
    partial = next(given, None) is not None or read.partial
    groups = _Groups(len(names))
    for first, copy in read.copies:
        groups.join(first, copy, 1.0)
    pairs = _Pairs(read.sketches, threshold, groups)
    for holders in _holders(read.sketches, threshold):
        if not pairs.join_alike(holders):
            partial = True
            break
    found = [NearDuplicates(tuple(names[at] for at in members), least) for members, least in groups.found()]
    found.sort(key=lambda group: -len(group.names))
    return NearDuplicateReport(tuple(found), len(names), partial)


def inputs_text(value: Any) -> str:
    """Return the text in a record's inputs: its leaves in the order of their keys, whatever order they came in. The
    keys themselves, which records of one data set share, are left out."""
    parts: list[str] = []
    rest: list[Any] = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, Mapping):
            entries = cast("Mapping[Any, Any]", each)
            rest.extend(entries[key] for key in sorted(entries, key=str, reverse=True))
        elif isinstance(each, list | tuple):
            rest.extend(reversed(cast("Sequence[Any]", each)))
        else:
            parts.append(each if isinstance(each, str) else json_text(each))
    return "\n".join(parts)


@dataclass(slots=True)
class _Read:
    """What texts are once they are read: copies, as (an earlier one, copy), or sketches, by their place."""

    most_characters: int
    copies: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    sketches: dict[int, _Sketch] = field(default_factory=dict[int, _Sketch])
    partial: bool = False
    _firsts: dict[bytes, int] = field(default_factory=dict[bytes, int])
    _characters: int = 0

    def add(self, at: int, text: str) -> None:
        text = text[:MAX_CHARACTERS]
        if self._is_copy(at, b"as given", text):
            return
        if self._characters >= self.most_characters:
            self.partial = True
            return
        whole = _normalised(text)
        self._characters += len(whole)
        plain = _plain(whole[:MAX_CHARACTERS])
        if not self._is_copy(at, b"plain", plain):
            self.sketches[at] = _sketch(plain)

    def _is_copy(self, at: int, kind: bytes, text: str) -> bool:
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=kind).digest()
        first = self._firsts.setdefault(digest, at)
        if first != at:
            self.copies.append((first, at))
        return first != at


def _normalised(text: str) -> str:
    """Return a text in NFKC, which may be 18 times as long. Long rows of combining marks are parted as in Unicode's
    stream-safe format, since putting marks in order takes the square of their number."""
    safe = _ROW_OF_MARKS.sub("\\1" + _JOINER, text)
    return unicodedata.normalize("NFKC", safe).replace(_JOINER, "")


_JOINER = "\u034f"
_ROW_OF_MARKS = re.compile(r"([^\w\s]{30})(?=[^\w\s])")


class _Signs(dict[int, str]):
    """What becomes of a character: letters, digits, symbols and the signs that `_GAPS` looks at stay."""

    def __missing__(self, point: int) -> str:
        sign = chr(point)
        kind = unicodedata.category(sign)
        gap = kind[0] in "ZP" or kind in {"Cc", "Cs"}
        self[point] = kept = "" if kind == "Cf" else " " if gap and sign not in _TELLING else sign
        return kept


_TELLING = "-*/%&#@\\.,:\n"
_SIGNS = _Signs()
_GAPS = re.compile(
    r"(?:\s"
    r"|(?<!\w)(?<!\w )[-*/%&#@\\]|[-*/%&#@\\](?! ?\w)"  # no operator between two words
    r"|(?<!\d)[.,:]|[.,:](?!\d))+"  # not within a number
)


def _plain(text: str) -> str:
    """Return a text without what does not tell it apart: letter case, white space and the punctuation of sentences.
    One that has nothing else keeps its punctuation."""
    folded = text.casefold()[:MAX_CHARACTERS]
    return _GAPS.sub(" ", folded.translate(_SIGNS)).strip() or _seen(folded)


def _seen(text: str) -> str:
    return " ".join("".join(sign for sign in text if unicodedata.category(sign) != "Cf").split())


def _sketch(plain: str) -> _Sketch:
    """Return the least hashes of a text's runs of characters, in order; those of a short text are the text itself.
    They are the same on every machine: CRC-32, spread by a multiplication, since near runs have near sums."""
    data = plain.encode("utf-32-le", "surrogatepass")
    runs = {data[at : at + 4 * _RUN] for at in range(0, max(1, len(data) - 4 * _RUN + 1), 4)}
    sums = set(map(zlib.crc32, runs))
    return array("Q", sorted([each * 0x9E3779B97F4A7C15 % 2**61 for each in sums])[:SKETCH])


def _holders(sketches: Mapping[int, _Sketch], threshold: float) -> list[list[int]]:
    """Return for each mark that several texts have the places of these texts, the rarest mark first."""
    held = Counter(mark for sketch in sketches.values() for mark in sketch[:POOL])
    holders: dict[int, list[int]] = {}
    for at, sketch in sketches.items():
        pool = sorted(sketch[:POOL], key=lambda mark: (held[mark], mark))
        # Of a longer text the pool is a sample, in which fewer than the share may be alike.
        alike = threshold * len(pool) * (1 if len(sketch) <= POOL else _SLACK)
        for mark in pool[: len(pool) - ceil(alike - 1e-9) + 1]:
            if held[mark] > 1:
                holders.setdefault(mark, []).append(at)
    return sorted((places for places in holders.values() if len(places) > 1), key=len)


class _Pairs:
    """Joins texts that are alike, until `MAX_COMPARED` pairs were compared."""

    def __init__(self, sketches: Mapping[int, _Sketch], threshold: float, groups: "_Groups") -> None:
        self._sketches = sketches
        self._threshold = threshold
        self._groups = groups
        self._unlike: set[tuple[int, int]] = set()
        self._left = MAX_COMPARED

    def join_alike(self, places: Sequence[int]) -> bool:
        """Compare texts with one another, joined ones as one; False when no more may be compared."""
        parts: list[list[int]] = []
        for at in places:
            mine, others = [at], list[list[int]]()
            for part in parts:
                if any(self._alike(other, at) for other in part):
                    mine += part
                else:
                    others.append(part)
            if self._left < 0:
                return False
            parts = [mine, *others]
        return True

    def _alike(self, left: int, right: int) -> bool:
        if self._groups.are_one(left, right):
            return True
        if self._left < 0 or (left, right) in self._unlike:
            return False
        self._left -= 1
        if self._left < 0:
            return False
        similarity = _similarity(self._sketches[left], self._sketches[right], self._threshold)
        if similarity < self._threshold:
            self._unlike.add((left, right))
            return False
        self._groups.join(left, right, similarity)
        return True


def _similarity(left: _Sketch, right: _Sketch, threshold: float) -> float:
    """Return how alike two sets are, 0 where it is plain that it is less than the threshold."""
    longest = max(len(left), len(right))
    if min(len(left), len(right)) < threshold * longest:
        return 0.0
    both = set(left).intersection(right)
    if len(both) < threshold * longest:
        return 0.0
    union = len(left) + len(right) - len(both)
    if union <= SKETCH:
        return len(both) / union
    return sum(each in both for each in sorted({*left, *right})[:SKETCH]) / SKETCH


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
