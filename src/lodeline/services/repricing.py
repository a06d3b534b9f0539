"""Pricing traces anew, when an experiment's prices or the packaged ones have changed since the calls."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lodeline.auth.actor import Actor
from lodeline.domain.audit import AuditEntry
from lodeline.domain.clock import Clock, system_clock
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId
from lodeline.domain.page import Page
from lodeline.domain.repricing import RepricedTrace, RepriceReport
from lodeline.domain.trace import Trace
from lodeline.domain.usage import picousd_to_usd
from lodeline.ingest.repricing import Repricing, repricing
from lodeline.services.audit import audit_entry, target_of
from lodeline.services.experiment_scope import ExperimentScope
from lodeline.services.listing import Listing, ListQuery
from lodeline.storage.base import Stores

MAX_TRACES = 10_000
_PAGE = 100
_PAGE_SPANS = 20_000
_STEP_SPANS = 2_000
"""So many spans, or one trace, are written at once: what is sent meanwhile waits for these."""
_LONG_S = 5.0
"""After so long a call ends with a cursor."""


class RepricingService:
    """Gives stored spans the costs that they have by the prices of today. See `ingest.repricing.repricing`."""

    def __init__(self, stores: Stores, scope: ExperimentScope, listing: Listing, clock: Clock = system_clock) -> None:
        self._stores = stores
        self._scope = scope
        self._listing = listing
        self._clock = clock

    def reprice(
        self, actor: Actor, experiment: str, query: ListQuery, *, max_traces: int = 1_000, dry_run: bool = False
    ) -> RepriceReport:
        """Price the traces of an experiment that match anew, the newest first, and report what that changes.

        One call looks at `max_traces` traces at most, and for a few seconds; its report's `cursor` goes on. With
        `dry_run` nothing is changed.
        """
        found = self._scope.one(actor, "trace.edit", experiment)
        if not 1 <= max_traces <= MAX_TRACES:
            raise Invalid.value("max_traces", max_traces, f"a number from 1 to {MAX_TRACES}")
        change = repricing(found.settings.prices)
        query = replace(query, experiments=(found.experiment_id,), order=None)
        until_s = time.monotonic() + _LONG_S
        looked, cursor = 0, query.cursor
        changed: list[RepricedTrace] = []
        while True:
            page = self._page(actor, replace(query, limit=min(_PAGE, max_traces - looked), cursor=cursor))
            looked, cursor = looked + len(page.items), page.cursor
            for traces in _steps(page.items, _STEP_SPANS):
                changed += self._step(actor, found.experiment_id, traces, change, dry_run=dry_run)
            if cursor is None or looked >= max_traces or page.partial or time.monotonic() > until_s:
                return _report(looked, changed, dry_run=dry_run, cursor=cursor)

    def _page(self, actor: Actor, query: ListQuery) -> Page[Trace]:
        """Return a page of traces that together have no more spans than take a few seconds, or of one trace."""
        search = self._listing.search(actor, "trace.edit", query, "trace")
        page = self._stores.traces.search(search)
        most = len(next(_steps(page.items, _PAGE_SPANS), ()))
        # Not cut: the cursor is that of the page's end, and what is written may no longer match the filter.
        return page if most == len(page.items) else self._stores.traces.search(replace(search, limit=most))

    def _step(
        self, actor: Actor, experiment_id: ExperimentId, traces: Sequence[Trace], change: Repricing, *, dry_run: bool
    ) -> Sequence[RepricedTrace]:
        expected = self._stores.costs.preview([trace.trace_id for trace in traces], change)
        if dry_run or not expected:
            return expected
        now_ms = self._clock.now_ms()

        def audit(done: Sequence[RepricedTrace]) -> AuditEntry:
            ids, report = [each.trace_id for each in done], _report(len(done), done, dry_run=False, cursor=None)
            return audit_entry(
                actor, "trace.reprice", target_of(ids), at_ms=now_ms, experiment_id=experiment_id,
                details={
                    "spans": report.spans, "before_usd": report.before_usd, "after_usd": report.after_usd,
                    "trace_ids": " ".join(ids),
                },
            )  # fmt: skip

        ids = [each.trace_id for each in expected]
        return self._stores.costs.reprice(ids, change, now_ms=now_ms, audit=audit)


def _steps(traces: Sequence[Trace], most_spans: int) -> Iterator[Sequence[Trace]]:
    """Yield the traces in parts of at most so many spans, or one trace."""
    part: list[Trace] = []
    spans = 0
    for trace in traces:
        if part and spans + trace.span_count > most_spans:
            yield part
            part, spans = [], 0
        part.append(trace)
        spans += trace.span_count
    if part:
        yield part


def _report(looked: int, changed: Sequence[RepricedTrace], *, dry_run: bool, cursor: str | None) -> RepriceReport:
    return RepriceReport(
        traces=looked,
        changed=len(changed),
        spans=sum(each.spans for each in changed),
        before_usd=picousd_to_usd(sum(each.before_picousd or 0 for each in changed)) or 0.0,
        after_usd=picousd_to_usd(sum(each.after_picousd or 0 for each in changed)) or 0.0,
        dry_run=dry_run,
        cursor=cursor,
    )
