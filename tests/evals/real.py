"""Real data for the tests of scorers: captured traces as scorers see them, and recorded answers."""

import gzip
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from lodeline.domain.ids import DEFAULT_EXPERIMENT
from lodeline.domain.scorer import ScoredTrace
from lodeline.ingest.otlp import decode
from lodeline.storage.open import open_stores

DATA = Path(__file__).parents[1] / "data"


@cache
def captured(file: str) -> tuple[ScoredTrace, ...]:
    """Return the traces of a captured OTLP request, in the order of their ids, as a store gives them."""
    decoded = decode(gzip.decompress((DATA / "otlp" / file).read_bytes()), "application/x-protobuf")
    stores = open_stores("memory:")
    try:
        stores.traces.write([trace.write(DEFAULT_EXPERIMENT, received_ms=0) for trace in decoded.traces])
        found = stores.traces.get(sorted(trace.trace_id for trace in decoded.traces))
        return tuple(ScoredTrace(trace, tuple(stores.spans.load(trace.trace_id))) for trace in found)
    finally:
        stores.close()


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a compressed JSONL file."""
    for line in gzip.decompress(file.read_bytes()).splitlines():
        yield orjson.loads(line)
