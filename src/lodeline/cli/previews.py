"""What went into traces, as tables show it where ids alone say little."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lodeline.query.literals import quote

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

_TOGETHER = 50


def requests_of(client: "LodelineClient", ids: Iterable[str]) -> dict[str, str]:
    """Return by its id what went into each trace, on one line; ids of none, and traces without, are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _TOGETHER):
        batch = wanted[start : start + _TOGETHER]
        named = f"id IN ({', '.join(map(quote, batch))})"
        for trace in client.traces.search(filter=named, limit=len(batch)):
            line = " ".join((trace.request or "").split())
            if line:
                found[trace.trace_id] = line
    return found
