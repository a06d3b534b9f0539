"""What a new trace belongs to: experiment, version of the application, run, session, user, tags, metadata.

Process-wide defaults (`set_experiment`, `set_active_model`) are overlaid by what the OpenTelemetry context carries
(`trace_context`), which follows tasks and, through `traced_executor`, threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry import context as otel_context
from opentelemetry.context import Context

_KEY = otel_context.create_key("lodeline-scope")


@dataclass(frozen=True, slots=True)
class TraceScope:
    """What a trace that begins here is given; None leaves it to what is around, "" takes the model or run away."""

    experiment: str | None = None
    model_id: str | None = None
    run_id: str | None = None
    session: str | None = None
    user: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    def over(self, below: "TraceScope") -> "TraceScope":
        """Return this scope with what it leaves open taken from `below`."""
        return TraceScope(
            experiment=self.experiment or below.experiment,
            model_id=below.model_id if self.model_id is None else self.model_id,
            run_id=below.run_id if self.run_id is None else self.run_id,
            session=self.session or below.session,
            user=self.user or below.user,
            tags={**below.tags, **self.tags},
            metadata={**below.metadata, **self.metadata},
        )


NO_SCOPE = TraceScope()


def scope_of(context: Context | None) -> TraceScope:
    """Return the scope that a context carries; None is the current context."""
    found = otel_context.get_value(_KEY, context)
    return found if isinstance(found, TraceScope) else NO_SCOPE


def context_with(scope: TraceScope) -> Context:
    """Return the current context with `scope` over the one it carries."""
    return otel_context.set_value(_KEY, scope.over(scope_of(None)))
