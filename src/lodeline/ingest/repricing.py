"""Pricing spans anew, from the facts that are stored of them: what was sent stays as it is."""

from collections.abc import Callable, Iterable, Sequence

from lodeline.domain.experiment import PriceOverride
from lodeline.domain.ids import SpanId
from lodeline.domain.span import REPORTED, SpanFacts
from lodeline.domain.trace import TraceInfo
from lodeline.ingest.payload import pack, raw, unpack_facts
from lodeline.ingest.prices import OVERRIDE, price
from lodeline.ingest.span_facts import bounded_cost
from lodeline.ingest.summary import TraceFold

Repricing = Callable[[SpanFacts], SpanFacts]
"""Returns the facts of a span with the cost that it is to have, and all else as it was."""


def repricing(prices: Sequence[PriceOverride]) -> Repricing:
    """Return what gives a span the cost that it has by these prices and the package's, at the time of its call.

    A cost that the program reported stands, as does one of which is not known where it is from. One of the
    package's stands, too, where the package no longer has a price. One that would be the same keeps its source.
    """

    def repriced(facts: SpanFacts) -> SpanFacts:
        if facts.tokens is None or facts.cost_source == REPORTED or _from_nowhere(facts):
            return facts
        found = price(
            facts.tokens, model=facts.model, provider=facts.provider, at_ns=facts.start_ns, overrides=prices
        )
        if found is not None:
            cost_picousd = bounded_cost(found.cost_picousd)
            if cost_picousd == facts.cost_picousd:
                return facts
            return facts._replace(cost_picousd=cost_picousd, cost_source=found.source)
        if facts.cost_source is not None and facts.cost_source.startswith(OVERRIDE):
            return facts._replace(cost_picousd=None, cost_source=None)
        return facts

    return repriced


def _from_nowhere(facts: SpanFacts) -> bool:
    return facts.cost_picousd is not None and facts.cost_source is None


def fold_repriced(
    chunks: Iterable[bytes], info: TraceInfo | None, change: Repricing
) -> tuple[TraceFold, dict[SpanId, SpanFacts]]:
    """Return a trace as it is with other costs, and the spans whose cost differs."""
    fold = TraceFold()
    changed: dict[SpanId, SpanFacts] = {}
    for chunk in chunks:
        for facts in unpack_facts(chunk):
            after = change(facts)
            if fold.add(after) == "known":
                continue
            changed.pop(facts.span_id, None)
            if after != facts:
                changed[facts.span_id] = after
    if info is not None:
        fold.add_info(info)
    return fold, changed


def repacked(chunk: bytes, change: Repricing) -> bytes | None:
    """Return the chunk with other costs in its facts, and the bytes that were sent; None when no cost differs."""
    before = unpack_facts(chunk)
    after = [change(facts) for facts in before]
    return None if tuple(after) == before else pack(after, raw(chunk))
