"""Which traces are sent: a share of them, decided once a trace, where it begins."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, get_current_span
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from lodeline.sdk.scope import scope_of

_LOW_64_BITS = 2**64 - 1


class HeadSampler(Sampler):
    """Samples a share of the traces, by their id, so that all processes decide alike; a parent's decision stands.
    Traces that are made in a run are all sampled: its rows refer to them.

    With `keep_errors` the spans of other traces are recorded, too, for `errors_kept` to choose from. `ratio` and
    `keep_errors` may be changed at any time.
    """

    def __init__(self) -> None:
        self.ratio = 1.0
        self.keep_errors = False

    def should_sample(  # noqa: PLR0917 - the interface's parameters
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Return the decision for a span that is about to start."""
        parent = get_current_span(parent_context).get_span_context()
        if parent.is_valid:
            sampled, state = parent.trace_flags.sampled, parent.trace_state
        else:
            chosen = trace_id & _LOW_64_BITS < self.ratio * (_LOW_64_BITS + 1)
            sampled, state = chosen or scope_of(parent_context).run_id is not None, None
        if sampled:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)
        return SamplingResult(Decision.RECORD_ONLY if self.keep_errors else Decision.DROP, attributes, state)

    def get_description(self) -> str:
        """Return what it does, for logs."""
        return f"HeadSampler{{{self.ratio}}}"
