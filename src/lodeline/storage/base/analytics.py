"""Figures over traces, and the sessions and users they belong to."""

from collections.abc import Sequence
from typing import Protocol

from lodeline.domain.analytics import Aggregate, AggregateQuery, Facet, SpanBreakdown, SpanField
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.session import Session, User
from lodeline.domain.span import SpanKind
from lodeline.query.ast import Search


class AnalyticsStore(Protocol):
    """Bounded answers about many traces; `search` gives experiments, filter and deadline."""

    def count(self, search: Search) -> tuple[int, bool]:
        """Return how many traces match, and whether that is exact (False: a lower bound at the deadline)."""
        ...

    def facet(self, search: Search, field: str, *, limit: int) -> Facet:
        """Count the values of a text field (a name of the filter language) over matching traces; Invalid for other
        fields. A trace in several runs counts under each of them."""
        ...

    def aggregate(self, search: Search, query: AggregateQuery) -> Aggregate:
        """Compute measures over time buckets of the traces' starts and groups, which are as in `facet`. TooLarge
        when there are more than `query.max_points` cells."""
        ...

    def breakdown(self, search: Search, field: SpanField, *, kinds: Sequence[SpanKind], limit: int) -> SpanBreakdown:
        """Compare the spans of these kinds (empty: of all) of matching traces by a field of theirs."""
        ...


class ConversationStore(Protocol):
    """Sessions and users as their traces tell them; always consistent with the traces."""

    def session(self, experiment_id: ExperimentId, session: str, *, now_ms: int) -> Session:
        """Return one; NotFound when no trace names it."""
        ...

    def sessions(self, search: Search, *, now_ms: int) -> Page[Session]:
        """List sessions; default order is last activity first."""
        ...

    def users(self, search: Search) -> Page[User]:
        """List users; default order is last activity first."""
        ...
