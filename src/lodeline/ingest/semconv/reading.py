"""One way to read attributes, as protobuf values on the hot path and as plain values on the read path."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from lodeline.domain.span import AttributeValue, JsonValue, SpanEvent
from lodeline.ingest.semconv.parsing import as_text, parse_container
from lodeline.ingest.values import json_safe, to_python

MAX_COUNT = 10**12
"""Token counts beyond this are not believed: sums over a trace must stay far below 63 bits."""
MAX_EXCERPT = 64 * 1024
"""Bytes of a value that a preview may read in full."""
_EXCERPT_DEPTH, _EXCERPT_ITEMS, _EXCERPT_ENTRIES = 6, 4, 32
_NO_PARENT = (b"", bytes(8))


class Attributes(Protocol):
    """The attributes of one span or event; a missing or ill-typed value reads as None, nothing ever raises.

    `names` holds all keys, each preceded by a newline, so that ``"\\nllm." in names`` asks for a namespace.
    `root` tells whether the span has no parent.
    """

    names: str
    root: bool

    def text(self, key: str) -> str | None:
        """Return a string value; None when it is missing, empty or no string."""
        ...

    def count(self, key: str) -> int | None:
        """Return a non-negative integer of at most `MAX_COUNT`, also when written as a float or a string."""
        ...

    def number(self, key: str) -> float | None:
        """Return a finite non-negative number, also when written as a string."""
        ...

    def value(self, key: str) -> AttributeValue:
        """Return whatever value is there as plain Python."""
        ...

    def excerpt(self, key: str) -> JsonValue:
        """Return a structured value for a preview: of a large one only some, but always the last items of its
        lists."""
        ...

    def under(self, prefix: str) -> list[str]:
        """Return the keys that start with `prefix`, in their order."""
        ...

    def events(self) -> "Iterator[tuple[str, Attributes]]":
        """Yield name and attributes of the span's events; an event has none itself."""
        ...


class WireAttributes:
    """`Attributes` over the protobuf values of a span that has just been received."""

    __slots__ = ("_span", "_values", "names", "root")

    def __init__(self, values: dict[str, AnyValue], span: WireSpan | None = None):
        self._values = values
        self._span = span
        self.names = "\n" + "\n".join(values)
        self.root = span is not None and span.parent_span_id in _NO_PARENT

    def text(self, key: str) -> str | None:
        """See `Attributes.text`."""
        value = self._values.get(key)
        return None if value is None else value.string_value or None

    def count(self, key: str) -> int | None:
        """See `Attributes.count`."""
        value = self._values.get(key)
        if value is None:
            return None
        number = value.int_value
        if 0 < number <= MAX_COUNT:
            return number
        return 0 if number == 0 and value.HasField("int_value") else as_count(to_python(value))

    def number(self, key: str) -> float | None:
        """See `Attributes.number`."""
        value = self._values.get(key)
        return None if value is None else as_number(to_python(value))

    def value(self, key: str) -> AttributeValue:
        """See `Attributes.value`."""
        value = self._values.get(key)
        return None if value is None else to_python(value)

    def excerpt(self, key: str) -> JsonValue:
        """See `Attributes.excerpt`."""
        value = self._values.get(key)
        if value is None:
            return None
        return json_safe(to_python(value) if value.ByteSize() <= MAX_EXCERPT else _excerpt(value, _EXCERPT_DEPTH))

    def under(self, prefix: str) -> list[str]:
        """See `Attributes.under`."""
        return [key for key in self._values if key.startswith(prefix)]

    def events(self) -> Iterator[tuple[str, Attributes]]:
        """See `Attributes.events`."""
        for event in self._span.events if self._span is not None else ():
            yield event.name, WireAttributes({pair.key: pair.value for pair in event.attributes})


def _excerpt(value: AnyValue, depth: int) -> AttributeValue:
    kind = value.WhichOneof("value")
    if kind == "array_value" and depth:
        return [_excerpt(item, depth - 1) for item in value.array_value.values[-_EXCERPT_ITEMS:]]
    if kind == "kvlist_value" and depth:
        pairs = value.kvlist_value.values[:_EXCERPT_ENTRIES]
        return {pair.key: _excerpt(pair.value, depth - 1) for pair in pairs}
    return to_python(value, 0)


class PlainAttributes:
    """`Attributes` over the plain values of a domain span."""

    __slots__ = ("_events", "_values", "names", "root")

    def __init__(
        self, values: Mapping[str, AttributeValue], *, events: tuple[SpanEvent, ...] = (), root: bool = False
    ):
        self._values = values
        self._events = events
        self.names = "\n" + "\n".join(values)
        self.root = root

    def text(self, key: str) -> str | None:
        """See `Attributes.text`."""
        value = self._values.get(key)
        return value or None if isinstance(value, str) else None

    def count(self, key: str) -> int | None:
        """See `Attributes.count`."""
        return as_count(self._values.get(key))

    def number(self, key: str) -> float | None:
        """See `Attributes.number`."""
        return as_number(self._values.get(key))

    def value(self, key: str) -> AttributeValue:
        """See `Attributes.value`."""
        return self._values.get(key)

    def excerpt(self, key: str) -> JsonValue:
        """See `Attributes.excerpt`."""
        return json_safe(self._values.get(key))

    def under(self, prefix: str) -> list[str]:
        """See `Attributes.under`."""
        return [key for key in self._values if key.startswith(prefix)]

    def events(self) -> Iterator[tuple[str, Attributes]]:
        """See `Attributes.events`."""
        for event in self._events:
            yield event.name, PlainAttributes(event.attributes)


def as_number(value: object) -> float | None:
    """Return `value` as a finite non-negative float, also from a string; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def as_count(value: object) -> int | None:
    """Return `value` as a non-negative integer of at most `MAX_COUNT`; None otherwise."""
    number = as_number(value)
    return int(number) if number is not None and number <= MAX_COUNT else None


def first_text(attributes: Attributes, *keys: str) -> str | None:
    """Return the first text among `keys`."""
    for key in keys:
        if text := attributes.text(key):
            return text
    return None


def first_count(attributes: Attributes, *keys: str) -> int | None:
    """Return the first count among `keys`; a zero counts as one."""
    for key in keys:
        if (count := attributes.count(key)) is not None:
            return count
    return None


def json_value(attributes: Attributes, key: str) -> JsonValue:
    """Return a value that may be structured or JSON text: text that is no JSON object or list stays text."""
    value = attributes.value(key)
    return parse_container(value) if isinstance(value, str) else json_safe(value)


def small_json(attributes: Attributes, key: str) -> JsonValue:
    """Return a value like `json_value`, but of one over 64 kB only an excerpt, or the raw text: for the hot path."""
    text = attributes.text(key)
    if text is None:
        return attributes.excerpt(key)
    return parse_container(text) if len(text) <= MAX_EXCERPT else text


def texts_under(attributes: Attributes, prefix: str, *, most: int = 1_000) -> dict[str, str]:
    """Return the values below a key prefix as text, at most `most` of them, keyed by the rest of the key."""
    found: dict[str, str] = {}
    for key in attributes.under(prefix)[:most]:
        value = attributes.value(key)
        if value is not None and len(key) > len(prefix):
            found[key[len(prefix) :]] = value if isinstance(value, str) else as_text(json_safe(value))
    return found
