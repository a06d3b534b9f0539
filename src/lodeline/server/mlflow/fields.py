"""Fields: a request's message as protobuf's JSON mapping reads it, leniently.

Names may be in snake case or camel case, unknown fields are accepted, null is absent, whole numbers may be texts. In
the query of a GET a list is a repeated parameter and everything is text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Never, TypeVar

from typing_extensions import TypeIs

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.span import JsonValue

Choice = TypeVar("Choice", bound=str)
_INT64 = range(-(2**63), 2**63)
_BOOLEANS: Mapping[object, bool] = {"true": True, "false": False, "1": True, "0": False}
_NUMBERS = frozenset(("NaN", "Infinity", "-Infinity"))


@dataclass(frozen=True, slots=True)
class Fields:
    """One message of a request: `values` by name as they came; `inside` is where it stands, for errors."""

    values: Mapping[str, JsonValue]
    inside: str = ""

    def value(self, name: str) -> JsonValue:
        """Return the field as it came; None when it is absent."""
        found = self.values.get(name)
        return self.values.get(_camel(name)) if found is None else found

    def has(self, name: str) -> bool:
        """Tell whether the field was sent."""
        return self.value(name) is not None

    def text(self, name: str) -> str | None:
        """Return a text; None when it is absent."""
        found = self._single(name)
        if found is None or isinstance(found, str):
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)  # ids of experiments are numbers in some clients
        raise self._wrong(name, found, "a text")

    def needed(self, name: str) -> str:
        """Return a text that must be there and must not be empty."""
        return self.text(name) or self._missing(name)

    def integer(self, name: str) -> int | None:
        """Return a whole number of 64 bits; None when it is absent."""
        found = self._single(name)
        if found is None:
            return None
        number: int | None = None
        if isinstance(found, str):
            digits = found.removeprefix("-")
            number = int(found) if digits.isdecimal() and digits.isascii() and len(digits) <= 19 else None
        elif isinstance(found, float):
            number = int(found) if found.is_integer() and abs(found) < 2**63 else None
        elif isinstance(found, int) and not isinstance(found, bool):
            number = found
        if number is None or number not in _INT64:
            raise self._wrong(name, found, "a whole number of 64 bits")
        return number

    def needed_integer(self, name: str) -> int:
        """Return a whole number that must be there."""
        found = self.integer(name)
        return self._missing(name) if found is None else found

    def number(self, name: str) -> float | None:
        """Return a number, also one that is not finite; None when it is absent."""
        found = self._single(name)
        if found is None:
            return None
        if isinstance(found, int | float) and not isinstance(found, bool):
            return _float(found)
        if isinstance(found, str):
            try:
                number = float(found)
            except ValueError:
                number = None
            if number is not None and (found in _NUMBERS or found.isascii()):
                return number
        raise self._wrong(name, found, "a number")

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return true or false; the default when it is absent."""
        found = self._single(name)
        if found is None:
            return default
        if isinstance(found, bool):
            return found
        known = _BOOLEANS.get(found.lower()) if isinstance(found, str) else None
        if known is None:
            raise self._wrong(name, found, "true or false")
        return known

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty when it is absent; one text counts as a list of one."""
        found = self.value(name)
        if found is None:
            return ()
        items: Sequence[JsonValue] = found if _is_list(found) else (found,)
        texts = tuple(item for item in items if isinstance(item, str))
        if len(texts) != len(items):
            texts = tuple(str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool))
        if len(texts) != len(items):
            raise self._wrong(name, found, "a list of texts")
        return texts

    def message(self, name: str) -> "Fields | None":
        """Return a message within this one; None when it is absent."""
        found = self._single(name)
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise self._wrong(name, found, "an object")
        return Fields(found, self._place(name))

    def needed_message(self, name: str) -> "Fields":
        """Return a message that must be there."""
        return self.message(name) or self._missing(name)

    def messages(self, name: str) -> tuple["Fields", ...]:
        """Return a list of messages, empty when it is absent."""
        found = self.value(name)
        if found is None:
            return ()
        if not _is_list(found):
            raise self._wrong(name, found, "a list of objects")
        items = [item for item in found if isinstance(item, Mapping)]
        if len(items) != len(found):
            raise self._wrong(name, found, "a list of objects")
        return tuple(Fields(item, self._place(name)) for item in items)

    def pairs(self, name: str) -> dict[str, str]:
        """Return a list of ``{key, value}`` as a dict; of equal keys the last counts."""
        return {item.needed("key"): item.text("value") or "" for item in self.messages(name)}

    def mapping(self, name: str) -> dict[str, str]:
        """Return a map of texts, empty when it is absent."""
        found = self._single(name)
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            raise self._wrong(name, found, "an object of texts")
        texts = {key: value for key, value in found.items() if isinstance(value, str)}
        if len(texts) != len(found):
            raise self._wrong(name, found, "an object of texts")
        return texts

    def wrong(self, name: str, expected: str) -> Invalid:
        """Return the error for a field whose value will not do."""
        return self._wrong(name, self.value(name), expected)

    def _single(self, name: str) -> JsonValue:
        """Return a field that is no list; of a parameter that is repeated the last."""
        found = self.value(name)
        if _is_list(found) and found and all(isinstance(item, str) for item in found):
            return found[-1]
        return found

    def _missing(self, name: str) -> Never:
        place = self._place(name)
        raise Invalid(f"Missing value for required parameter '{place}'; send it.", details={"field": place})

    def _wrong(self, name: str, found: JsonValue, expected: str) -> Invalid:
        place = self._place(name)
        message = f"Invalid value {shown(found)} for parameter '{place}' supplied: expected {expected}."
        return Invalid(message, details={"field": place, "expected": expected})

    def _place(self, name: str) -> str:
        return f"{self.inside}.{name}" if self.inside else name


def one_of(fields: Fields, name: str, known: tuple[Choice, ...]) -> Choice:
    """Return a text that must be one of those that are known."""
    found = fields.text(name)
    for each in known:
        if each == found:
            return each
    raise fields.wrong(name, f"one of {', '.join(known)}")


def _is_list(value: JsonValue) -> TypeIs[Sequence[JsonValue]]:
    return isinstance(value, list | tuple)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


@lru_cache(maxsize=1024)
def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
