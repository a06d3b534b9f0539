"""Which trace is being judged, for whoever watches what scorers do."""

from contextvars import ContextVar

from lodeline.domain.ids import TraceId

JUDGED: ContextVar[TraceId | None] = ContextVar("lodeline-judged", default=None)
"""The trace of the row whose scores are made in this context; None outside of evaluations, and without a trace."""
