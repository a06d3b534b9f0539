"""What happens to every span of our provider, whoever made it, between its start and the processors it goes to.

It is the provider's only processor; whatever goes wrong here or in the processors behind it stays here, because
spans start and end in the middle of the program.
"""

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import get_current_span

from lodeline.sdk.attributes import EXPERIMENT, MODEL_ID, RUN_ID, labels
from lodeline.sdk.quiet import FOREIGN_FAULTS, complain
from lodeline.sdk.scope import NO_SCOPE, TraceScope, scope_of

_MAX_ROOTS = 10_000
"""Traces in progress whose local root is remembered; the oldest is forgotten first. A root that nobody holds any
more, and so cannot be ended, takes no memory but its entry."""

Stage: TypeAlias = Callable[[ReadableSpan], list[ReadableSpan]]
"""Sees a span that has ended; returns what is handed on in its place, nothing perhaps."""


@dataclass(slots=True)
class Flow:
    """Where spans go: through the stages to the targets. `base` is the resource of all of them."""

    targets: tuple[SpanProcessor, ...] = ()
    base: Resource = field(default_factory=Resource.get_empty)
    stages: tuple[Stage, ...] = ()
    resources: dict[tuple[str | None, ...], Resource] = field(default_factory=dict[tuple[str | None, ...], Resource])

    def resource(self, scope: TraceScope) -> Resource:
        """Return the resource of a trace of this scope."""
        key = (scope.experiment, scope.model_id, scope.run_id)
        found = self.resources.get(key)
        if found is None:
            said = zip((EXPERIMENT, MODEL_ID, RUN_ID), key, strict=True)
            found = self.base.merge(Resource({name: value for name, value in said if value}))
            if len(self.resources) >= _MAX_ROOTS:
                self.resources.clear()
            self.resources[key] = found
        return found

    def take(self, span: ReadableSpan) -> None:
        """Hand an ended span on."""
        spans = [span]
        for stage in self.stages:
            spans = [kept for one in spans for kept in stage(one)]
        for kept in spans:
            for target in self.targets:
                try:
                    target.on_end(kept)
                except FOREIGN_FAULTS as error:
                    complain(f"{type(target).__name__} failed on a span that ended", error)

    def close(self) -> None:
        """Shut the targets down."""
        for target in self.targets:
            try:
                target.shutdown()
            except FOREIGN_FAULTS as error:
                complain(f"{type(target).__name__} failed to shut down", error)


class SpanPipeline(SpanProcessor):
    """Gives each trace what its scope says, remembers the local roots, and hands ended spans on.

    A local root is a span whose parent is not of this provider: it has none, or one of another process or library.
    All spans below it here carry its resource, so that a change of the experiment does not tear a trace apart.
    """

    def __init__(self) -> None:
        self.flow = Flow()
        self.defaults = TraceScope()
        self.last_trace_id: int | None = None
        self.last_by_thread = threading.local()
        self.at_first_trace: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._roots: dict[int, weakref.ref[Span]] = {}
        self._begun = False

    def use(self, flow: Flow) -> Flow:
        """Let spans flow so from now on, and return how they did before."""
        with self._lock:
            before, self.flow = self.flow, flow
        return before

    def forked(self, resource: Resource) -> None:
        """Go on in a forked child, whose spans differ from its parent's by `resource`."""
        self._lock = threading.Lock()
        self._begun = False
        self.flow.base = self.flow.base.merge(resource)
        self.flow.resources.clear()

    def root(self, trace_id: int) -> Span | None:
        """Return the local root of a trace that is in progress here."""
        found = self._roots.get(trace_id)
        return None if found is None else found()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Take a span that starts."""
        try:
            above = get_current_span(parent_context) if span.parent is not None else None
            if isinstance(above, Span) and self._is_ours(above):
                _set_resource(span, above.resource)
            else:
                self._begin(span, parent_context)
        except FOREIGN_FAULTS as error:
            complain("A span could not be given its trace's experiment", error)
        for target in self.flow.targets:
            try:
                target.on_start(span, parent_context)
            except FOREIGN_FAULTS as error:
                complain(f"{type(target).__name__} failed on a span that starts", error)

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that has ended."""
        try:
            self._forget(span)
            self.flow.take(span)
        except FOREIGN_FAULTS as error:
            complain("A span was dropped", error)

    def add_span_processor(self, processor: SpanProcessor) -> None:
        """Also hand spans to this processor."""
        with self._lock:
            self.flow.targets += (processor,)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have all processors deliver what they hold; False when one did not within its time."""
        done = True
        for target in self.flow.targets:
            try:
                done = target.force_flush(timeout_millis) is not False and done
            except FOREIGN_FAULTS as error:
                complain(f"{type(target).__name__} failed to flush", error)
                done = False
        return done

    def shutdown(self) -> None:
        """Shut all processors down and hand nothing on any more."""
        self.use(Flow()).close()

    def _begin(self, span: Span, parent_context: Context | None) -> None:
        scope = scope_of(parent_context)
        scope = self.defaults if scope is NO_SCOPE else scope.over(self.defaults)
        _set_resource(span, self.flow.resource(scope))
        if not self._begun:
            self._begun = True
            if self.at_first_trace is not None:
                self.at_first_trace()
        if len(self._roots) >= _MAX_ROOTS:
            self._roots.pop(next(iter(self._roots)), None)
        self._roots[span.get_span_context().trace_id] = weakref.ref(span)
        if scope is not self.defaults:
            said = labels(session=scope.session, user=scope.user, tags=scope.tags, metadata=scope.metadata)
            span.set_attributes(said)

    def _forget(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None:
            return
        root = self.root(context.trace_id)
        if root is not None and root.get_span_context() == context:
            self._roots.pop(context.trace_id, None)
            self.last_trace_id = self.last_by_thread.trace_id = context.trace_id

    def _is_ours(self, span: Span) -> bool:
        # A span does not say publicly which provider it is of.
        return span._span_processor is self  # pyright: ignore[reportPrivateUsage]


def _set_resource(span: Span, resource: Resource) -> None:
    # The SDK gives a span its tracer's resource and has no public way to give it another one.
    span._resource = resource  # pyright: ignore[reportPrivateUsage]
