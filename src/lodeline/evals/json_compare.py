"""Two JSON values compared: where they differ, with tolerance where it is asked for."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.span import JsonValue

MAX_DEPTH = 64
MAX_DIFFERENCES = 20
MAX_ANY_ORDER = 500
"""Items of a list that is compared in any order."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How values may differ and yet be equal.

    Numbers: ``|got − expected| ≤ max(absolute, relative · |expected|)``. `strings` "loose" compares texts without
    regard to case, white space and punctuation (so "-5" equals "5"). `ignored` holds keys that are left out wherever
    they stand, or JSON pointers (starting with ``/``) of values left out; in a pointer ``*`` stands for any step.
    `any_order` compares lists as multisets. `extra_keys` lets mappings have more keys than expected.
    """

    absolute: float = 0.0
    relative: float = 0.0
    strings: Literal["exact", "loose"] = "exact"
    ignored: tuple[str, ...] = ()
    any_order: bool = False
    extra_keys: bool = False


EXACT = Tolerance()


def differences(got: JsonValue, expected: JsonValue, tolerance: Tolerance = EXACT) -> list[str]:
    """Return where `got` differs from `expected`, as ``pointer: what``, at most `MAX_DIFFERENCES`; empty when equal.

    Types are JSON's: true is not 1, "1" is not 1, while 1 is 1.0. Invalid when nested deeper than `MAX_DEPTH`.
    """
    walk = _Walk(tolerance)
    walk.compare(got, expected, ())
    return walk.found


def same(got: JsonValue, expected: JsonValue, tolerance: Tolerance = EXACT) -> bool:
    """Tell whether there are no differences."""
    return not differences(got, expected, tolerance)


def loose_text(text: str) -> str:
    """Return a text's letters, digits and symbols: folded case, no white space, no punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and (category := unicodedata.category(c))[0] != "P" and
                   category != "Sk")  # fmt: skip


class _Walk:
    """One comparison; collects the differences."""

    def __init__(self, tolerance: Tolerance):
        self.found: list[str] = []
        self._tolerance = tolerance
        self._keys = frozenset(entry for entry in tolerance.ignored if not entry.startswith("/"))
        self._pointers = [tuple(e[1:].split("/")) for e in tolerance.ignored if e.startswith("/")]

    def compare(self, got: JsonValue, expected: JsonValue, path: tuple[str, ...]) -> None:
        if len(self.found) >= MAX_DIFFERENCES or self._ignored(path):
            return
        if len(path) > MAX_DEPTH:
            raise Invalid(f"value: is nested deeper than {MAX_DEPTH} levels; it cannot be compared.")
        if isinstance(expected, Mapping) and isinstance(got, Mapping):
            self._mappings(got, expected, path)
        elif _is_list(expected) and _is_list(got):
            self._lists(got, expected, path)
        elif not self._scalars(got, expected):
            self._say(path, f"{shown(got)} instead of {shown(expected)}")

    def _mappings(
        self, got: Mapping[str, JsonValue], expected: Mapping[str, JsonValue], path: tuple[str, ...]
    ) -> None:
        for key in sorted({*got, *expected}, key=str):
            here = (*path, str(key))
            if key not in got:
                if not self._ignored(here):
                    self._say(here, "is missing")
            elif key not in expected:
                if not self._tolerance.extra_keys and not self._ignored(here):
                    self._say(here, "is not expected")
            else:
                self.compare(got[key], expected[key], here)

    def _lists(self, got: Sequence[JsonValue], expected: Sequence[JsonValue], path: tuple[str, ...]) -> None:
        if len(got) != len(expected):
            self._say(path, f"{len(got)} items instead of {len(expected)}")
            return
        if not self._tolerance.any_order:
            for index, (one, other) in enumerate(zip(got, expected, strict=True)):
                self.compare(one, other, (*path, str(index)))
            return
        if len(got) > MAX_ANY_ORDER:
            raise Invalid.value("list", f"{len(got)} items", f"at most {MAX_ANY_ORDER} to compare in any order")
        partners = matching(len(expected), len(got), lambda e, g: self._equal(got[g], expected[e], path))
        for index, partner in enumerate(partners):
            if partner is None:
                self._say((*path, str(index)), f"nothing equals {shown(expected[index])}")

    def _equal(self, got: JsonValue, expected: JsonValue, path: tuple[str, ...]) -> bool:
        inner = _Walk(self._tolerance)
        inner.compare(got, expected, (*path, "*"))
        return not inner.found

    def _scalars(self, got: JsonValue, expected: JsonValue) -> bool:
        if isinstance(got, bool) or isinstance(expected, bool):
            return got is expected
        if isinstance(got, int | float) and isinstance(expected, int | float):
            return self._numbers(got, expected)
        if isinstance(got, str) and isinstance(expected, str) and self._tolerance.strings == "loose":
            return got == expected or loose_text(got) == loose_text(expected)
        return type(got) is type(expected) and got == expected

    def _numbers(self, got: float, expected: float) -> bool:
        if got == expected:
            return True
        bound = max(self._tolerance.absolute, self._tolerance.relative * abs(expected))
        try:
            return abs(got - expected) <= bound
        except OverflowError:  # an integer beyond all floats
            return False

    def _ignored(self, path: tuple[str, ...]) -> bool:
        if path and path[-1] in self._keys:
            return True
        return any(
            len(pointer) == len(path) and all(a in ("*", b) or b == "*" for a, b in zip(pointer, path, strict=True))
            for pointer in self._pointers
        )

    def _say(self, path: tuple[str, ...], what: str) -> None:
        if len(self.found) < MAX_DIFFERENCES:
            self.found.append(f"{'/' + '/'.join(path) if path else 'value'}: {what}")


def matching(left: int, right: int, fits: Callable[[int, int], bool]) -> list[int | None]:
    """Return a largest one-to-one matching: for each of the `left` things the index on the right, or None.

    By augmenting paths (Kuhn 1955); `fits` is called once for each pair. The paths are at most `left` long.
    """
    table = [[index for index in range(right) if fits(number, index)] for number in range(left)]
    taken_by: list[int | None] = [None] * right
    for number in range(left):
        _augment(number, table, taken_by, set())
    partners: list[int | None] = [None] * left
    for index, number in enumerate(taken_by):
        if number is not None:
            partners[number] = index
    return partners


def _augment(number: int, table: list[list[int]], taken_by: list[int | None], tried: set[int]) -> bool:
    for index in table[number]:
        if index in tried:
            continue
        tried.add(index)
        holder = taken_by[index]
        if holder is None or _augment(holder, table, taken_by, tried):
            taken_by[index] = number
            return True
    return False


def _is_list(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
