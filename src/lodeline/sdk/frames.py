"""Traces and assessments as data frames of pandas or Polars, one row each."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Literal

import orjson

from lodeline.domain.assessment import Assessment, numeric_value
from lodeline.domain.errors import Invalid, Unsupported
from lodeline.domain.span import JsonValue
from lodeline.domain.trace import Trace

FrameKind = Literal["pandas", "polars"]
ReturnType = Literal["list", "pandas", "polars"]


def trace_row(trace: Trace) -> dict[str, object]:
    """Return a trace as a row; each tag and each metadata key has a column, such as ``tags.release``."""
    return {
        "trace_id": trace.trace_id,
        "experiment_id": trace.experiment_id,
        "name": trace.name,
        "state": trace.state,
        "start": datetime.fromtimestamp(trace.start_ns / 1e9, UTC),
        "duration_ms": None if trace.duration_ns is None else trace.duration_ns / 1e6,
        "request": trace.request,
        "response": trace.response,
        "session": trace.session,
        "user": trace.user,
        "environment": trace.environment,
        "service": trace.service,
        "model_id": trace.model_id,
        "run_id": trace.run_id,
        "tokens_input": trace.tokens.input,
        "tokens_output": trace.tokens.output,
        "tokens_total": trace.tokens.total,
        "cost_usd": trace.cost_usd,
        "span_count": trace.span_count,
        "error_count": trace.error_count,
        "status_message": trace.status_message,
        **{f"tags.{key}": value for key, value in trace.tags.items()},
        **{f"metadata.{key}": value for key, value in trace.metadata.items()},
    }


def assessment_row(item: Assessment) -> dict[str, object]:
    """Return an assessment as a row: `value` as text (JSON where it is none), `number` as it counts in means."""
    return {
        "assessment_id": item.assessment_id,
        "experiment_id": item.experiment_id,
        "trace_id": item.target.trace_id,
        "span_id": item.target.span_id,
        "session": item.target.session,
        "name": item.name,
        "kind": item.kind,
        "value": _text(item.value),
        "number": numeric_value(item.value),
        "error_code": None if item.error is None else item.error.code,
        "error_message": None if item.error is None else item.error.message,
        "rationale": item.rationale,
        "source_kind": item.source.kind,
        "source_id": item.source.source_id,
        "valid": item.valid,
        "overrides": item.overrides,
        "confidence": item.confidence,
        "run_id": item.run_id,
        "created": datetime.fromtimestamp(item.created_ms / 1e3, UTC),
        "created_by": item.created_by,
        **{f"metadata.{key}": value for key, value in item.metadata.items()},
    }


# No type of a frame can be named here: both libraries are optional.
def frame_of(rows: Iterable[Mapping[str, object]], kind: FrameKind) -> Any:
    """Return rows as a frame with the columns of all of them; Unsupported when the library is not installed."""
    if kind not in {"pandas", "polars"}:
        raise Invalid.value("return_type", kind, "'list', 'pandas' or 'polars'")
    found = list(rows)
    columns = list(dict.fromkeys(key for row in found for key in row))
    library = _library(kind)
    data = {column: [row.get(column) for row in found] for column in columns}
    return library.DataFrame(data)


def _library(kind: FrameKind) -> Any:
    try:
        return import_module(kind)
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"return_type {kind!r} needs a package that is not installed; run pip install {kind}.",
            code="frame_library_missing",
        ) from error


def _text(value: JsonValue) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
