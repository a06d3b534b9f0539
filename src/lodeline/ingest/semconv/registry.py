"""The table of dialects. A new dialect is one file and one line here."""

from functools import lru_cache

from lodeline.ingest.semconv import (
    genai,
    genai_indexed,
    google_adk,
    lodeline,
    logfire,
    mlflow,
    openinference,
    pydantic_ai,
    strands,
    traceloop,
    vercel,
)
from lodeline.ingest.semconv.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    lodeline.DIALECT,
    mlflow.DIALECT,
    openinference.DIALECT,
    vercel.DIALECT,
    traceloop.DIALECT,
    pydantic_ai.DIALECT,
    strands.DIALECT,
    google_adk.DIALECT,
    logfire.DIALECT,
    genai_indexed.DIALECT,
    genai.DIALECT,
)
"""In order of precedence: what a program says itself, then whole conventions, then emitters that extend
``gen_ai.*``, then ``gen_ai.*`` itself."""

_MAX_REMEMBERED = 4_000


def claiming(names: str) -> tuple[Dialect, ...]:
    """Return the dialects that claim a span with these keys (`Attributes.names`), in order of precedence.

    The same program sends the same keys over and over, so answers for key sets of ordinary length are
    remembered.
    """
    return _remembered(names) if len(names) <= _MAX_REMEMBERED else _find(names)


def _find(names: str) -> tuple[Dialect, ...]:
    return tuple(dialect for dialect in DIALECTS if any(mark in names for mark in dialect.marks))


_remembered = lru_cache(maxsize=2_048)(_find)
