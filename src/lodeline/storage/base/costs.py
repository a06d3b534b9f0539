"""What spans cost, after prices have changed."""

from collections.abc import Callable, Sequence
from typing import Protocol

from lodeline.domain.audit import AuditEntry
from lodeline.domain.ids import TraceId
from lodeline.domain.repricing import RepricedTrace
from lodeline.ingest.repricing import Repricing

AuditOf = Callable[[Sequence[RepricedTrace]], AuditEntry]


class CostStore(Protocol):
    """Costs of stored spans. What was sent, and all else that was derived from it, stays as it is.

    Both leave out traces that are unknown or in a deleted experiment, and those of which no cost would differ.
    """

    def preview(self, trace_ids: Sequence[TraceId], change: Repricing) -> Sequence[RepricedTrace]:
        """Return what `reprice` would do; nothing is changed."""
        ...

    def reprice(
        self, trace_ids: Sequence[TraceId], change: Repricing, *, now_ms: int, audit: AuditOf
    ) -> Sequence[RepricedTrace]:
        """Give the spans of all these traces, or when it fails of none, other costs, and the traces their sums.

        `audit` makes the entry of what was done; none is written when no cost differs.
        """
        ...
