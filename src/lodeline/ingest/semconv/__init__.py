"""Normalised views of span attributes: one file a dialect, one table (`registry`), two entry points.

`derive` is the hot path: narrow facts of a span just received. `view` is the read path: messages, tool calls,
documents and parameters of a stored span. Both read attributes through the same dialects, so they agree.
"""

from lodeline.ingest.semconv.derive import derive
from lodeline.ingest.semconv.dialect import Derived
from lodeline.ingest.semconv.view import view

__all__ = ["Derived", "derive", "view"]
