"""The spans of a trace as an indented tree, whatever their parents say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lodeline.domain.ids import SpanId
from lodeline.domain.span import SpanSkeleton

MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Branch:
    """One span of the tree, what stands before it, and what stands before further lines about it.

    Beyond `MAX_DEPTH` the indentation grows no more.
    """

    span: SpanSkeleton
    lead: str
    below: str


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
        children_below = [child for child in children.get(span.span_id, ()) if child.span_id not in seen]
        seen.update(child.span_id for child in children_below)
        yield Branch(span, lead, indent + ("│ " if children_below else "  "))
        deeper = len(indent) < MAX_DEPTH * 3
        for index, child in enumerate(reversed(children_below)):
            last = index == 0
            rest = "   " if last else "│  "
            waiting.append((child, indent + ("└─ " if last else "├─ "), indent + rest if deeper else indent))
