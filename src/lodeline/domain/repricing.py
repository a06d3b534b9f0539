"""What costs become when prices change after the calls."""

from dataclasses import dataclass

from lodeline.domain.ids import TraceId


@dataclass(frozen=True, slots=True)
class RepricedTrace:
    """A trace some of whose costs differ: how many of its spans', and its own before and after.

    Costs are in 10⁻¹² US dollars; None is none.
    """

    trace_id: TraceId
    spans: int
    before_picousd: int | None
    after_picousd: int | None


@dataclass(frozen=True, slots=True)
class RepriceReport:
    """What pricing traces anew has changed, or with `dry_run` would change.

    `traces` were looked at; in `changed` of them, in `spans` spans, a span's cost differs. These `changed` traces
    cost `before_usd` together, and `after_usd` now. `cursor` goes on where this ended, None at the end.
    """

    traces: int
    changed: int
    spans: int
    before_usd: float
    after_usd: float
    dry_run: bool
    cursor: str | None = None
