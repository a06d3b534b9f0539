"""The spans of a trace as an indented tree, whatever their parents say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lodeline.domain.ids import SpanId
from lodeline.domain.span import SpanSkeleton

MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree: a span and what stands before it. Beyond `MAX_DEPTH` the indentation grows no more."""

    span: SpanSkeleton
    lead: str


def branches(spans: Sequence[SpanSkeleton]) -> Iterator[Branch]:
    """Yield every span exactly once, parents before children, siblings in the order given.

    A span whose parent is unknown stands at the top; of spans that are each other's ancestors the first given does.
    """
    known = {span.span_id for span in spans}
    children: dict[SpanId | None, list[SpanSkeleton]] = {}
    for span in spans:
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else None
        children.setdefault(parent, []).append(span)
    seen: set[SpanId] = set()
    for span in [*children.get(None, ()), *spans]:
        if span.span_id not in seen:
            yield from _below(span, children, seen)


def _below(
    top: SpanSkeleton, children: dict[SpanId | None, list[SpanSkeleton]], seen: set[SpanId]
) -> Iterator[Branch]:
    waiting: list[tuple[SpanSkeleton, str, str]] = [(top, "", "")]
    seen.add(top.span_id)
    while waiting:
        span, lead, indent = waiting.pop()
        yield Branch(span, lead)
        below = [child for child in children.get(span.span_id, ()) if child.span_id not in seen]
        seen.update(child.span_id for child in below)
        deeper = len(indent) < MAX_DEPTH * 3
        for index, child in enumerate(reversed(below)):
            last = index == 0
            mark = "└─ " if last else "├─ "
            rest = "   " if last else "│  "
            waiting.append((child, indent + mark, indent + rest if deeper else indent))
