"""From the narrow facts of a trace's spans, and from what its client says, to the trace's summary.

`TraceFold` holds every rule; all storage backends use it. The order in which spans arrive never matters.
"""

import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from lodeline.domain.experiment import MAX_TAGS
from lodeline.domain.ids import SpanId
from lodeline.domain.span import NO_RESOURCE, ResourceFacts, SpanFacts
from lodeline.domain.trace import TraceInfo, TraceState, TraceSummary
from lodeline.domain.usage import NO_USAGE, TokenUsage
from lodeline.ingest.rollup import MAX_CLIMB, Rollup, leaves_first

_MAX_INT = 2**63 - 1
_MAX_TOKENS = 2**59 - 1
"""A bucket's limit in a summary: even the sum of all buckets stays within 64 bits."""

_Order = tuple[int, SpanId]
"""Earlier spans have the lesser order: by start, then id; spans without a start time come last."""


class TraceFold:
    """The spans of one trace and its client's info, folded into a `TraceSummary` as they come.

    Of two copies of a span the one with the greater `SpanFacts.rank` counts. Below, "earliest" orders spans by
    (start, span id), where a start of 0 is unknown and comes last; text that is empty counts as absent.

    - The **root** is the span without a parent id, the earliest if there are several.
    - **state**: ERROR or OK by the status of an ended root; IN_PROGRESS without a root or until it has ended.
    - **start_ns** is the earliest known start (0 if none is), **duration_ns** the latest end minus that, at least 0,
      None while nothing has ended.
    - **name** is the trace name that the root gives, or else its own name; the earliest span's without a root.
    - **request**: the root's, else that of the earliest span that has one. **response**: the root's, else that of
      the span with the latest (end, span id) that has one.
    - **session**, **user**: the root's, else the earliest span's that has one. **environment**, **service**,
      **client**, **model_id**, **run_id**: likewise, from the resources.
    - **status_message**: the root's, else that of the earliest span with status ERROR that has one.
    - **tags** and **metadata**: the union over all spans; of equal keys the root's wins, then the earliest span's.
      Tags of resources are weaker than those of any span. At most 1,000 of each, the first by key.
    - **span_count**, **error_count** (status ERROR), **size_bytes**: sums over the spans.
    - **tokens** and **cost**: by the rule of `ingest.rollup`, each on its own.
    - Whatever the **info** says (is not None) wins over all of this; its tags and metadata win key by key. Several
      infos are merged by `merge_info`.

    Sums that pass 64 bits stop there. Not thread-safe.
    """

    __slots__ = ("_cost", "_cyclic", "_info", "_parents", "_spans", "_stale", "_tally", "_tokens", "_unrolled")

    def __init__(self) -> None:
        self._spans: dict[SpanId, SpanFacts] = {}
        self._parents: set[SpanId] = set()
        self._info: TraceInfo | None = None
        self._tally = _Tally()
        self._tokens: Rollup[TokenUsage] = Rollup(
            self._spans,
            operator.attrgetter("tokens"),
            plus=TokenUsage.plus,
            minus=TokenUsage.minus,
            size=sum,
        )
        self._cost: Rollup[int] = Rollup(
            self._spans,
            operator.attrgetter("cost_picousd"),
            plus=operator.add,
            minus=operator.sub,
            size=int,
        )
        self._stale = False
        self._cyclic = False
        self._unrolled = False  # only the totals of the rollups are known, not what they are made of

    def __len__(self) -> int:
        return len(self._spans)

    @property
    def info(self) -> TraceInfo | None:
        """What the client has said so far, merged; None if nothing."""
        return self._info

    def winner(self, span_id: SpanId) -> SpanFacts | None:
        """Return the copy of a span that counts, None if the span is unknown."""
        return self._spans.get(span_id)

    def winners(self) -> Collection[SpanFacts]:
        """Return every span's copy that counts, in no particular order."""
        return self._spans.values()

    def begin(self, spans: Sequence[SpanFacts]) -> bool:
        """Take the first spans of the trace together: what `add` does with each, at half the cost.

        False, and nothing is taken, unless they are the first, each comes once, and no parent among them reports
        tokens or cost. So it is with most traces: whole in one request, and only model calls have figures.
        """
        found = {span.span_id: span for span in spans}
        if self._spans or len(found) < len(spans):
            return False
        parents = {span.parent_id for span in spans if span.parent_id is not None}
        if any(span.tokens is not None or span.cost_picousd is not None for span in map(found.get, parents) if span):
            return False
        self._spans.update(found)
        self._parents |= parents
        add = self._tally.add
        for span in spans:
            add(span)
        self._tokens.total = _sum_of([span.tokens for span in spans if span.tokens is not None])
        costs = [span.cost_picousd for span in spans if span.cost_picousd is not None]
        self._cost.total = sum(costs) if costs else None
        self._unrolled = True
        return True

    def add(self, facts: SpanFacts) -> Literal["stored", "replaced", "known"]:
        """Take a copy of a span: "stored" if the span is new, "replaced" if this copy beats the one before it,
        "known" if it changes nothing.

        Costs a step an ancestor; replacing makes the next `summary` cost a step a span.
        """
        span_id = facts.span_id
        known = self._spans.get(span_id)
        if known is not None and facts.rank <= known.rank:
            return "known"
        self._spans[span_id] = facts
        if self._unrolled:
            self._stale, self._unrolled = True, False
        if facts.parent_id is not None:
            self._parents.add(facts.parent_id)
        if known is not None:
            self._stale = True
            return "replaced"
        has_children = span_id in self._parents
        if self._cyclic or (has_children and self._closes_circle(facts)):
            self._stale = True
        if not self._stale:
            self._tally.add(facts)
            if facts.tokens is not None or has_children:
                self._stale = not self._tokens.add(facts)
            if facts.cost_picousd is not None or has_children:
                self._stale = not self._cost.add(facts) or self._stale
        return "stored"

    def add_info(self, info: TraceInfo) -> None:
        """Take what the client says; the order of these calls matters, see `merge_info`."""
        self._info = merge_info(self._info, info)

    def summary(self) -> TraceSummary:
        """Return the summary of everything taken so far."""
        if self._stale:
            self._rebuild()
        summary = self._tally.summary(_bounded(self._tokens.total), self._cost.total)
        return summary if self._info is None else _with_info(summary, self._info)

    def _closes_circle(self, facts: SpanFacts) -> bool:
        """Tell whether a new span is its own ancestor, or might be: ancestors beyond `MAX_CLIMB` are not followed."""
        at = facts.parent_id
        for _ in range(MAX_CLIMB):
            if at is None or at not in self._spans:
                return False
            if at == facts.span_id:
                return True
            at = self._spans[at].parent_id
        return True

    def _rebuild(self) -> None:
        self._tally = _Tally()
        for facts in self._spans.values():
            self._tally.add(facts)
        order, cut = leaves_first(self._spans)
        self._tokens.rebuild(order, cut)
        self._cost.rebuild(order, cut)
        self._cyclic = bool(cut)
        self._stale = False


class _Tally:
    """Everything of the summary that needs no tree: counts, extremes, and the best candidate of each field so far."""

    __slots__ = (
        "_error_count", "_error_message", "_first", "_firsts", "_last_end_ns", "_metadata", "_resource",
        "_resource_order", "_resource_tags", "_response", "_root", "_size_bytes", "_span_count", "_tags",
    )  # fmt: skip

    def __init__(self) -> None:
        self._span_count = 0
        self._error_count = 0
        self._size_bytes = 0
        self._last_end_ns = 0
        self._root: tuple[_Order, SpanFacts] | None = None
        self._first: tuple[_Order, SpanFacts] | None = None
        self._firsts: dict[str, tuple[_Order, str]] = {}
        self._error_message: tuple[_Order, str] | None = None
        self._response: tuple[_Order, str] | None = None
        self._tags: dict[str, tuple[_Order, str]] = {}
        self._metadata: dict[str, tuple[_Order, str]] = {}
        self._resource_tags: dict[str, tuple[_Order, str]] = {}
        self._resource = NO_RESOURCE
        self._resource_order: _Order = (0, SpanId(""))

    def add(self, span: SpanFacts) -> None:
        order = (span.start_ns or _MAX_INT, span.span_id)
        self._span_count += 1
        self._size_bytes += span.size_bytes
        self._last_end_ns = max(self._last_end_ns, span.end_ns)
        if self._first is None or order < self._first[0]:
            self._first = (order, span)
        if span.parent_id is None and (self._root is None or order < self._root[0]):
            self._root = (order, span)
        if span.status == "ERROR":
            self._error_count += 1
            if span.status_message and (self._error_message is None or order < self._error_message[0]):
                self._error_message = (order, span.status_message)
        if span.response:
            end = (span.end_ns, span.span_id)
            if self._response is None or end > self._response[0]:
                self._response = (end, span.response)
        if span.request:
            _offer(self._firsts, order, "request", span.request)
        if span.session:
            _offer(self._firsts, order, "session", span.session)
        if span.user:
            _offer(self._firsts, order, "user", span.user)
        if span.tags:
            _offer_all(self._tags, order, span.tags)
        if span.metadata:
            _offer_all(self._metadata, order, span.metadata)
        if span.resource is not self._resource or order < self._resource_order:
            self._add_resource(order, span.resource)

    def _add_resource(self, order: _Order, resource: ResourceFacts) -> None:
        self._resource, self._resource_order = resource, order
        for name in _RESOURCE_TEXTS:
            _offer(self._firsts, order, name, getattr(resource, name))
        if resource.tags:
            _offer_all(self._resource_tags, order, resource.tags)

    def summary(self, tokens: TokenUsage, cost_picousd: int | None) -> TraceSummary:
        root = None if self._root is None else self._root[1]
        named = root or (None if self._first is None else self._first[1])
        start_ns = 0 if self._first is None else self._first[1].start_ns
        ended = self._last_end_ns != 0
        error_message = "" if self._error_message is None else self._error_message[1]
        response = None if self._response is None else self._response[1]
        return TraceSummary(
            name="" if named is None else named.trace_name or named.name,
            state=_state(root),
            start_ns=start_ns,
            duration_ns=max(0, self._last_end_ns - start_ns) if ended else None,
            root_span_id=None if root is None else root.span_id,
            request=self._text("request", root),
            response=response if root is None else root.response or response,
            session=self._text("session", root),
            user=self._text("user", root),
            environment=self._text("environment", root and root.resource),
            service=self._text("service", root and root.resource),
            client=self._text("client", root and root.resource),
            model_id=self._text("model_id", root and root.resource),
            run_id=self._text("run_id", root and root.resource),
            tokens=tokens,
            cost_picousd=None if cost_picousd is None else min(cost_picousd, _MAX_INT),
            span_count=self._span_count,
            error_count=self._error_count,
            size_bytes=min(self._size_bytes, _MAX_INT),
            status_message=error_message if root is None else root.status_message or error_message,
            tags=_union(
                (_values(self._resource_tags), root and root.resource.tags, _values(self._tags), root and root.tags)
            ),
            metadata=_union((_values(self._metadata), root and root.metadata)),
        )

    def _text(self, name: str, root: SpanFacts | ResourceFacts | None) -> str | None:
        found = self._firsts.get(name)
        own: str | None = None if root is None else getattr(root, name)
        return own or (None if found is None else found[1])


_RESOURCE_TEXTS = ("environment", "service", "client", "model_id", "run_id")


def _offer(found: dict[str, tuple[_Order, str]], order: _Order, key: str, value: str | None) -> None:
    if value:
        known = found.get(key)
        if known is None or order < known[0]:
            found[key] = (order, value)


def _offer_all(found: dict[str, tuple[_Order, str]], order: _Order, values: Mapping[str, str]) -> None:
    for key, value in values.items():
        known = found.get(key)
        if known is None or order < known[0]:
            found[key] = (order, value)


def _values(found: Mapping[str, tuple[_Order, str]]) -> dict[str, str]:
    return {key: value for key, (_, value) in found.items()}


def _union(weakest_first: tuple[Mapping[str, str] | None, ...]) -> dict[str, str]:
    result: dict[str, str] = {}
    for values in weakest_first:
        if values:
            result.update(values)
    return result if len(result) <= MAX_TAGS else {key: result[key] for key in sorted(result)[:MAX_TAGS]}


def _state(root: SpanFacts | None) -> TraceState:
    if root is None or not root.end_ns:
        return "IN_PROGRESS"
    return "ERROR" if root.status == "ERROR" else "OK"


def _sum_of(usages: Sequence[TokenUsage]) -> TokenUsage | None:
    return TokenUsage(*map(sum, zip(*usages, strict=True))) if usages else None


def _bounded(tokens: TokenUsage | None) -> TokenUsage:
    if tokens is None:
        return NO_USAGE
    return tokens if max(tokens) <= _MAX_TOKENS else TokenUsage(*(min(n, _MAX_TOKENS) for n in tokens))


_SAID = (
    "name", "state", "start_ns", "duration_ns", "request", "response", "session", "user", "environment", "model_id",
    "run_id", "client_request_id", "tokens", "cost_picousd",
)  # fmt: skip
"""The fields of an info in which None means that nothing was said."""


def merge_info(earlier: TraceInfo | None, later: TraceInfo) -> TraceInfo:
    """Return what a client has said after two calls: the later one wins field by field and key by key.

    Once a finalised info was among them the metadata is fixed: what later ones say of metadata is ignored.
    """
    if earlier is None:
        return later
    said: dict[str, object] = {name: getattr(later, name) for name in _SAID if getattr(later, name) is not None}
    fixed = earlier.finalised
    return replace(
        earlier,
        **said,
        tags={**earlier.tags, **later.tags},
        metadata=earlier.metadata if fixed else {**earlier.metadata, **later.metadata},
        finalised=fixed or later.finalised,
    )


def _with_info(summary: TraceSummary, info: TraceInfo) -> TraceSummary:
    said: dict[str, object] = {name: getattr(info, name) for name in _SAID if getattr(info, name) is not None}
    return replace(
        summary,
        **said,
        tags=_union((summary.tags, info.tags)),
        metadata=_union((summary.metadata, info.metadata)),
    )
