"""Traces in tests: captured in memory, with the same ids and times in every run, as values and as text.

>>> import lodeline
>>> from lodeline.testing import capture_traces
>>> @lodeline.trace(span_type="TOOL")
... def add(a: int, b: int) -> int:
...     return a + b
>>> with capture_traces() as captured:
...     _ = add(1, 2)
>>> captured.span("add").outputs
3
>>> print(captured.render())
add [TOOL]
  inputs: {"a": 1, "b": 2}
  outputs: 3
"""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace import Span as SdkSpan

from lodeline.domain.span import JsonValue
from lodeline.sdk.attributes import FUNCTION, INPUTS, KIND, OUTPUTS
from lodeline.sdk.ids import RandomIds
from lodeline.sdk.provider import temporarily
from lodeline.sdk.rendering import content_value
from lodeline.sdk.settings import resolve

T0_NS = 1_700_000_000_000_000_000
"""When the first captured span starts."""
TICK_NS = 1_000_000
"""What passes between a start or an end and the next one."""
_OWN = frozenset((FUNCTION, INPUTS, KIND, OUTPUTS))


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """Something that happened within a span."""

    name: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CapturedSpan:
    """A span that has ended.

    `inputs` and `outputs` are as JSON values, None when there are none. `parent_id` is None for the first span
    of a trace; a parent of another process is not among the captured ones. `start_ns` and `end_ns` count starts and
    ends, a millisecond each.
    """

    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    span_type: str | None
    inputs: JsonValue
    outputs: JsonValue
    status: str
    status_message: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    events: tuple[CapturedEvent, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class CapturedTraces:
    """What was traced; `spans` are in the order in which they started."""

    _ended: list[CapturedSpan] = field(default_factory=list[CapturedSpan])

    @property
    def spans(self) -> list[CapturedSpan]:
        """All spans that have ended, in the order in which they started."""
        return sorted(self._ended, key=lambda span: (span.start_ns, span.span_id))

    def span(self, name: str) -> CapturedSpan:
        """Return the one span of this name; AssertionError when there is none, or more than one."""
        found = [span for span in self._ended if span.name == name]
        if len(found) != 1:
            names = ", ".join(sorted({span.name for span in self._ended})) or "none"
            raise AssertionError(f"{len(found)} spans are named {name!r}; there are: {names}")
        return found[0]

    def children(self, span: CapturedSpan) -> list[CapturedSpan]:
        """Return the spans right below one, in the order in which they started."""
        return [one for one in self.spans if one.parent_id == span.span_id and one.trace_id == span.trace_id]

    def roots(self) -> list[CapturedSpan]:
        """Return the spans whose parent is not among the captured ones, in the order in which they started."""
        known = {(span.trace_id, span.span_id) for span in self._ended}
        return [span for span in self.spans if (span.trace_id, span.parent_id) not in known]

    def render(self, *, attributes: bool = True, sort: bool = False) -> str:
        """Return all traces as text without ids and times, to be compared with that of another run.

        `sort` orders siblings by their text, for programs whose steps run side by side.
        """
        blocks = [self._block(root, attributes, sort) for root in self.roots()]
        return "\n".join(line for block in (sorted(blocks) if sort else blocks) for line in block)

    def _block(self, span: CapturedSpan, attributes: bool, sort: bool) -> list[str]:
        below = [self._block(child, attributes, sort) for child in self.children(span)]
        lines = _lines(span, attributes) + [line for block in (sorted(below) if sort else below) for line in block]
        return [lines[0], *(f"  {line}" for line in lines[1:])]


@contextmanager
def capture_traces(*, counted_ids: bool = True, **settings: Any) -> Generator[CapturedTraces]:
    """Capture what the process traces meanwhile, instead of sending it; ids and times count from 1.

    `settings` are those of `lodeline.configure`; the environment has no say. Counted ids are small, which matters to
    sampling; without `counted_ids` they are random. Afterwards everything is as before.
    """
    captured = CapturedTraces()
    with temporarily(resolve({}, settings), _Collector(captured), _CountedIds() if counted_ids else RandomIds()):
        yield captured


class _CountedIds:
    """Ids that count up, the same in every run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces = 0
        self._spans = 0

    def trace_id(self) -> int:
        with self._lock:
            self._traces += 1
            return self._traces

    def span_id(self) -> int:
        with self._lock:
            self._spans += 1
            return self._spans


class _Collector(SpanProcessor):
    """Turns ended spans into values, and real time into ticks."""

    def __init__(self, captured: CapturedTraces) -> None:
        self._captured = captured
        self._lock = threading.Lock()
        self._ticks = 0
        self._starts: dict[int, int] = {}

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        self._starts[span.get_span_context().span_id] = self._tick()

    def on_end(self, span: ReadableSpan) -> None:
        end_ns = self._tick()
        context = span.get_span_context()
        start_ns = end_ns if context is None else self._starts.pop(context.span_id, end_ns)
        self._captured._ended.append(_captured(span, start_ns, end_ns))  # pyright: ignore[reportPrivateUsage] - one module

    def _tick(self) -> int:
        with self._lock:
            self._ticks += 1
            return T0_NS + (self._ticks - 1) * TICK_NS


def _captured(span: ReadableSpan, start_ns: int, end_ns: int) -> CapturedSpan:
    context, attributes = span.get_span_context(), dict(span.attributes or {})
    kind = attributes.get(KIND)
    return CapturedSpan(
        name=span.name,
        trace_id="" if context is None else f"tr-{context.trace_id:032x}",
        span_id="" if context is None else f"{context.span_id:016x}",
        parent_id=None if span.parent is None else f"{span.parent.span_id:016x}",
        span_type=kind if isinstance(kind, str) else None,
        inputs=content_value(attributes.get(INPUTS)),
        outputs=content_value(attributes.get(OUTPUTS)),
        status=span.status.status_code.name,
        status_message=span.status.description or "",
        start_ns=start_ns,
        end_ns=end_ns,
        attributes=attributes,
        resource=dict(span.resource.attributes),
        events=tuple(CapturedEvent(event.name, dict(event.attributes or {})) for event in span.events),
        links=tuple((f"tr-{link.context.trace_id:032x}", f"{link.context.span_id:016x}") for link in span.links),
    )


def _lines(span: CapturedSpan, attributes: bool) -> list[str]:
    kind = f" [{span.span_type}]" if span.span_type else ""
    status = (
        ""
        if span.status == "UNSET"
        else f" {span.status}" + (f": {span.status_message}" if span.status_message else "")
    )
    lines = [f"{span.name}{kind}{status}"]
    if INPUTS in span.attributes:
        lines.append(f"inputs: {_shown(span.inputs)}")
    if OUTPUTS in span.attributes:
        lines.append(f"outputs: {_shown(span.outputs)}")
    if attributes:
        others = {key: value for key, value in span.attributes.items() if key not in _OWN}
        lines += [f"{key}: {_shown(value)}" for key, value in sorted(others.items())]
    return lines + [f"event: {event.name}" for event in span.events if event.name != "exception"]


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
