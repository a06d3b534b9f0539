"""Text spans: stretches of a text that a reviewer marks, each with a label; answers to label schemas of kind spans.

A span lies in one text of what is reviewed, `field`: ``response`` or ``request`` where that is a text, with the path
of a text inside it (a JSON pointer, RFC 6901: ``response/choices/0/message/content``) where it is not. Before it
stands the number 2 for the second trace of a pair (``2/response``), and for every trace of a conversation its id
(``trace/ID/response``): a conversation may get traces before and between those that a reviewer has read. Positions
count Unicode code points from 0; `end` is that after the last one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Literal, TypeGuard

from lodeline.domain.errors import Invalid, TooLarge, shown
from lodeline.domain.span import JsonValue

MarkedPart = Literal["request", "response"]
MARKED_PARTS: tuple[MarkedPart, ...] = ("request", "response")
MAX_SPANS = 100
"""Spans of one answer."""
MAX_FIELD = 500
MAX_POSITION = 10_000_000
MAX_TEXTS = 200
"""Texts of one part of an item in which spans can lie, the first ones."""
_TRACE = "trace"
_KEYS = frozenset({"field", "start", "end", "label", "text"})
_TOLD = frozenset({"role", "type", "id", "object", "model", "name", "finish_reason", "tool_call_id"})
"""Fields of messages that say what something is; what is in them is not marked."""
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class TextSpan:
    """One marked stretch; `text` are its words, None where nobody has looked at the text yet."""

    field: str
    start: int
    end: int
    label: str
    text: str | None = None

    def to_value(self) -> dict[str, JsonValue]:
        """Return the span as an answer has it."""
        value: dict[str, JsonValue] = {
            "field": self.field, "start": self.start, "end": self.end, "label": self.label,
        }  # fmt: skip
        return value if self.text is None else {**value, "text": self.text}


@dataclass(frozen=True, slots=True)
class MarkableText:
    """One text in which spans can lie."""

    field: str
    text: str


def spans_of(value: JsonValue, labels: Sequence[str], most: int | None = None) -> tuple[TextSpan, ...]:
    """Return the spans of an answer by position, each once; none is an answer, too.

    A span that names no label has the only one there is. Invalid names the span that is none; TooLarge is for more
    than `most`.
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise Invalid(f"{shown(value)} is no list of spans.")
    if len(value) > (most or MAX_SPANS):
        raise TooLarge(f"{len(value)} spans are over the limit of {most or MAX_SPANS}.")
    found = {_span(each, number, labels) for number, each in enumerate(value)}
    return tuple(sorted(found, key=lambda span: (span.field, span.start, span.end, labels.index(span.label))))


def read_spans(value: JsonValue) -> tuple[TextSpan, ...]:
    """Return the spans of an answer that was checked when it was written; what is none is left out."""
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        return ()
    found: list[TextSpan] = []
    for each in value:
        try:
            found.append(_span(each, 0, ()))
        except Invalid:
            continue
    return tuple(found)


def _span(value: JsonValue, number: int, labels: Sequence[str]) -> TextSpan:
    """Return one span; any label is taken where no `labels` are given."""
    if not isinstance(value, Mapping):
        raise Invalid(f"span {number}: {shown(value)} is no span; give field, start, end and label.")
    for key in value:
        if key not in _KEYS:
            raise Invalid(f"span {number}: {shown(key)} is none of {', '.join(sorted(_KEYS))}; leave it out.")
    field, start, end, label, text = (value.get(key) for key in ("field", "start", "end", "label", "text"))
    if not isinstance(field, str) or not 0 < len(field) <= MAX_FIELD:
        raise Invalid.value(f"span {number}: field", field, "the text it lies in, as 'response'")
    if not _is_position(start) or not _is_position(end) or start >= end:
        raise Invalid(
            f"span {number}: {shown(start)} to {shown(end)} is no stretch of text; give whole numbers from 0, the "
            "end after the start."
        )
    if label is None and len(labels) == 1:
        label = labels[0]
    if not isinstance(label, str) or (labels and label not in labels):
        raise Invalid.value(f"span {number}: label", label, f"one of {', '.join(labels)}")
    if text is not None and (not isinstance(text, str) or len(text) != end - start):
        raise Invalid.value(f"span {number}: text", text, f"the {end - start} characters that are marked, or none")
    return TextSpan(field, start, end, label, text)


def _is_position(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_POSITION


def quoted(spans: Iterable[TextSpan], texts: Sequence[MarkableText], part: MarkedPart) -> tuple[TextSpan, ...]:
    """Return spans with the words they mark; Invalid for one that lies in none of the `texts` or not in the `part`
    that is to be marked, goes past the end, or has other words than stand there."""
    by_field = {each.field: each.text for each in texts if part_of(each.field) == part}
    found: list[TextSpan] = []
    for span in spans:
        text = by_field.get(span.field)
        if text is None:
            known = ", ".join([*by_field][:5]) or "none"
            raise Invalid(f"field {shown(span.field)} is no text of the {part} that is shown; those are {known}.")
        if span.end > len(text):
            raise Invalid(f"{span.start} to {span.end} goes past {span.field}, which has {len(text)} characters.")
        words = text[span.start : span.end]
        if span.text is not None and span.text != words:
            raise Invalid(
                f"{span.start} to {span.end} of {span.field} is {shown(words)}, not {shown(span.text)}; positions "
                "count Unicode code points from 0."
            )
        found.append(TextSpan(span.field, span.start, span.end, span.label, words))
    return tuple(found)


def same_marks(kept: JsonValue, given: JsonValue) -> bool:
    """Tell whether a given answer marks what a kept one does; words that it does not say are not compared."""
    marked, again = read_spans(kept), read_spans(given)
    return len(marked) == len(again) > 0 and all(
        (one.field, one.start, one.end, one.label) == (other.field, other.start, other.end, other.label)
        and other.text in {None, one.text}
        for one, other in zip(marked, again, strict=True)
    )


def length_of(texts: Sequence[MarkableText], part: MarkedPart) -> int:
    """Return how many code points the texts of a part have together."""
    return sum(len(each.text) for each in texts if part_of(each.field) == part)


def part_of(field: str) -> str:
    """Return which part of what is reviewed a field lies in."""
    first, _, rest = field.partition("/")
    if first == _TRACE:
        rest = rest.partition("/")[2]
    return rest.partition("/")[0] if first == _TRACE or first.isdecimal() else first


def markable(
    contents: Sequence[Mapping[MarkedPart, JsonValue]], traces: Sequence[str] = ()
) -> tuple[MarkableText, ...]:
    """Return the texts in which spans can lie, of traces or records in the order in which they are shown: of each
    part the first `MAX_TEXTS`. Empty ones are left out, and so is what stands in a field that says what a message is
    rather than what it says.

    `traces` are the ids of a conversation's traces, one for each of the contents, and stand in the fields.
    """
    found: list[MarkableText] = []
    left = dict.fromkeys(MARKED_PARTS, MAX_TEXTS)
    for number, content in enumerate(contents, start=1):
        before = f"{_TRACE}/{traces[number - 1]}/" if traces else "" if number == 1 else f"{number}/"
        for part in MARKED_PARTS:
            texts = list(islice(_texts(before + part, content.get(part), 0), left[part]))
            left[part] -= len(texts)
            found += texts
    return tuple(found)


def _texts(field: str, value: JsonValue, depth: int) -> Iterator[MarkableText]:
    if isinstance(value, str):
        if value and len(field) <= MAX_FIELD:
            yield MarkableText(field, value)
    elif depth >= _DEEPEST or value is None or isinstance(value, bool | int | float):
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not (key in _TOLD and isinstance(item, str)):
                yield from _texts(f"{field}/{key.replace('~', '~0').replace('/', '~1')}", item, depth + 1)
    else:
        for number, item in enumerate(value):
            yield from _texts(f"{field}/{number}", item, depth + 1)


def overlap_of(answers: Sequence[Sequence[TextSpan]]) -> float | None:
    """Return how much answers mark the same with the same labels: the mean over their pairs of twice the code points
    that both mark, by those that either marks (Dice 1945); 1 for a pair that marks nothing, None without a pair."""
    covered = [_covered(spans) for spans in answers]
    pairs = list(combinations(covered, 2))
    if not pairs:
        return None
    return sum(_dice(one, other) for one, other in pairs) / len(pairs)


def _dice(one: "_Stretches", other: "_Stretches") -> float:
    size = _size(one) + _size(other)
    if not size:
        return 1.0
    return 2 * sum(_shared(one[where], other[where]) for where in one.keys() & other.keys()) / size


def _shared(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> int:
    """Return how many code points lie in both of two rows of stretches, each sorted and without overlaps."""
    shared = at = other_at = 0
    while at < len(one) and other_at < len(other):
        (start, end), (other_start, other_end) = one[at], other[other_at]
        shared += max(0, min(end, other_end) - max(start, other_start))
        if end < other_end:
            at += 1
        else:
            other_at += 1
    return shared


_Stretches = dict[tuple[str, str], list[tuple[int, int]]]


def _size(stretches: _Stretches) -> int:
    return sum(end - start for each in stretches.values() for start, end in each)


def _covered(spans: Sequence[TextSpan]) -> _Stretches:
    """Return what is marked in each field with each label; what is marked twice counts once."""
    found: _Stretches = {}
    for span in sorted(spans, key=lambda each: each.start):
        own = found.setdefault((span.field, span.label), [])
        if own and span.start <= own[-1][1]:
            own[-1] = (own[-1][0], max(own[-1][1], span.end))
        else:
            own.append((span.start, span.end))
    return found
