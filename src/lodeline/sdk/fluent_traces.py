"""Fluent functions that read, tag and delete traces, over the default client."""

from collections.abc import Sequence
from typing import Any, Literal, overload

from lodeline.domain.session import Session
from lodeline.domain.span import Span
from lodeline.domain.trace import DeleteReport, Trace, TraceDetail
from lodeline.query.ast import Dialect
from lodeline.sdk.default_client import default_client
from lodeline.sdk.frames import FrameKind, ReturnType, frame_of, trace_row


@overload
def search_traces(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
    dialect: Dialect = "lodeline",
    return_type: Literal["list"] = "list",
) -> list[Trace]: ...
@overload
def search_traces(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
    dialect: Dialect = "lodeline",
    return_type: FrameKind,
) -> Any: ...
def search_traces(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
    dialect: Dialect = "lodeline",
    return_type: ReturnType = "list",
) -> Any:
    """Return traces that match a filter, newest first, at most `limit` (None: all of them).

    `experiment` are ids or names; all in reach without. A list of `Trace`, or a frame of pandas or Polars with a row
    for each. With ``dialect="mlflow"`` filter and order are read as MLflow reads them.
    """
    found = default_client().traces.search(
        experiment=experiment, filter=filter, order=order, limit=limit, dialect=dialect
    )
    return found.all() if return_type == "list" else frame_of(map(trace_row, found), return_type)


def get_trace(trace_id: str) -> TraceDetail:
    """Return a trace with the tree of its spans and its assessments; NotFound when there is none.

    `get_spans` has what went in and out of them.
    """
    return default_client().traces.get(trace_id)


def get_spans(trace_id: str, span_ids: Sequence[str] | None = None) -> tuple[Span, ...]:
    """Return whole spans of a trace, all or those of `span_ids`; roots first, then by start."""
    return default_client().traces.spans(trace_id, span_ids)


def set_trace_tag(trace_id: str, key: str, value: str) -> Trace:
    """Set a tag of a trace that has been stored, and return the trace."""
    return default_client().traces.tag(trace_id, {key: str(value)})


def delete_trace_tag(trace_id: str, key: str) -> Trace:
    """Delete a tag of a trace, and return the trace; an absent one is fine."""
    return default_client().traces.delete_tag(trace_id, key)


def delete_traces(
    trace_ids: Sequence[str] | None = None,
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    max_traces: int = 1_000,
) -> DeleteReport:
    """Delete traces for good: those of `trace_ids`, or up to `max_traces` of `experiment` that match `filter`."""
    traces = default_client().traces
    if trace_ids is not None:
        return traces.delete_many([trace_ids] if isinstance(trace_ids, str) else trace_ids)
    return traces.delete_matching(experiment or (), filter=filter, max_traces=max_traces)


def search_sessions(
    *,
    experiment: str | Sequence[str] | None = None,
    filter: str = "",
    order: str = "",
    limit: int | None = 1_000,
) -> list[Session]:
    """Return traced conversations that match a filter, last activity first."""
    return default_client().sessions.search(experiment=experiment, filter=filter, order=order, limit=limit).all()
