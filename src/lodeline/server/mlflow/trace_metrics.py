"""Figures over traces, spans and assessments, in groups and over time."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from lodeline.domain.errors import Invalid
from lodeline.server.mlflow.endpoint import Call, Endpoint
from lodeline.server.mlflow.fields import Fields
from lodeline.server.mlflow.paging import active_experiments, max_results
from lodeline.server.mlflow.wire import Reply, message
from lodeline.services.listing import ListQuery
from lodeline.services.measurements import AGGREGATES, Group, Measured, View, grouped, percentile

MOST_RESULTS = 1_000
_VIEWS: Mapping[str, View] = {"TRACES": "traces", "SPANS": "spans", "ASSESSMENTS": "assessments"}
_NUMBERS = ("AVG", "MIN", "MAX", "PERCENTILE")
_SUMS = ("SUM", *_NUMBERS)
_TOKENS = (
    "input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
)  # fmt: skip
_COSTS = ("input_cost", "output_cost", "total_cost")
_METRICS: Mapping[View, Mapping[str, tuple[str, ...]]] = {
    "traces": {
        "trace_count": ("COUNT",), "session_count": ("COUNT",), "latency": _NUMBERS, **dict.fromkeys(_TOKENS, _SUMS),
    },
    "spans": {
        "span_count": ("COUNT",), "latency": _NUMBERS, **dict.fromkeys(_COSTS, _SUMS),
    },
    "assessments": {"assessment_count": ("COUNT",), "assessment_value": _NUMBERS},
}  # fmt: skip
_PROVIDER = "span_model_provider"
_DIMENSIONS: Mapping[View, tuple[str, ...]] = {
    "traces": ("trace_name", "trace_status"),
    "spans": ("span_name", "span_type", "span_status", "span_model_name", _PROVIDER),
    "assessments": ("assessment_name", "assessment_value"),
}
_OF_WHOLE = frozenset(("input_cost", "output_cost", _PROVIDER))
"""What only the attributes of spans tell."""
_FILTER = re.compile(r"\s*(trace|span|assessment)\.(\w+)(?:\.(.+?))?\s*=\s*(?:'([^']*)'|\"([^\"]*)\")\s*", re.DOTALL)
_BUCKET = "time_bucket"


def get_metrics(call: Call) -> Reply:
    """Return the points of one metric, by time bucket and dimensions; empty ones are left out."""
    fields = call.fields
    view = _VIEWS.get(fields.needed("view_type"))
    if view is None:
        raise fields.wrong("view_type", f"one of {', '.join(_VIEWS)}")
    metric, dimensions = fields.needed("metric_name"), fields.texts("dimensions")
    _check(fields, metric, _METRICS[view], "metric_name")
    for name in dimensions:
        _check(fields, name, _DIMENSIONS[view], "dimensions")
    aggregates = [_aggregate(item, _METRICS[view][metric]) for item in fields.messages("aggregations")]
    if not aggregates:
        raise fields.wrong("aggregations", "at least one aggregation")
    bucket_ms = _bucket_ms(fields)
    clauses, wanted = _filters(fields)
    experiments = active_experiments(call, fields.texts("experiment_ids"))
    if not experiments:
        return {}
    query = ListQuery(experiments, " AND ".join(clauses), dialect="mlflow")
    rows_of: View = "whole_spans" if _OF_WHOLE & {metric, *dimensions} else view
    rows = [row for row in call.services.measurements.rows(call.actor, query, rows_of) if _has(row, wanted)]
    groups = _sessions(rows, bucket_ms) if metric == "session_count" else grouped(rows, dimensions, metric, bucket_ms)
    points = [_point(metric, at_ms, group, aggregates) for at_ms, group in groups]
    return message(data_points=_page(fields, [point for point in points if point["values"]]))


def _sessions(rows: list[Measured], bucket_ms: int | None) -> list[tuple[int | None, Group]]:
    """Return one group a bucket that counts its different sessions."""
    counts: dict[int | None, int] = {}
    for at_ms, _ in grouped(rows, ("session",), None, bucket_ms):
        counts[at_ms] = counts.get(at_ms, 0) + 1
    return [(at_ms, Group({}, count)) for at_ms, count in counts.items()] or [(None, Group({}))]


def _point(
    metric: str, at_ms: int | None, group: Group, aggregates: list[tuple[str, Callable[[Group], float | None]]]
) -> dict[str, object]:
    dimensions = dict(group.dimensions)
    if at_ms is not None:
        dimensions[_BUCKET] = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
    values = {name: value for name, of in aggregates if (value := of(group)) is not None}
    return {"metric_name": metric, "dimensions": dimensions, "values": values}


def _aggregate(item: Fields, known: tuple[str, ...]) -> tuple[str, Callable[[Group], float | None]]:
    kind = item.needed("aggregation_type")
    if kind not in known:
        raise item.wrong("aggregation_type", f"one of {', '.join(known)} for this metric")
    if kind == "COUNT":
        return kind, lambda group: float(group.count)
    if kind == "PERCENTILE":
        percent = item.number("percentile_value")
        if percent is None or not 0 <= percent <= 100:
            raise item.wrong("percentile_value", "a number from 0 to 100")
        return f"P{percent}", lambda group: percentile(group.numbers, percent) if group.numbers else None
    of = AGGREGATES[kind]
    return kind, lambda group: float(of(group.numbers)) if group.numbers else None


def _filters(fields: Fields) -> tuple[list[str], dict[str, str]]:
    """Return the clauses on traces, in MLflow's grammar, and the dimensions that rows must have."""
    clauses: list[str] = []
    wanted: dict[str, str] = {}
    for text in fields.texts("filters"):
        match = _FILTER.fullmatch(text)
        if match is None:
            raise Invalid.value("filters", text, "one equality, such as trace.status = 'OK'")
        scope, name, key, *quoted = match.groups()
        value = quoted[0] if quoted[0] is not None else quoted[1]
        if scope == "trace" and name in {"tag", "metadata"} and key:
            clauses.append(f"{name}.`{key.strip('`')}` = {_quoted(value)}")
        elif scope == "trace" and name == "status" and not key:
            clauses.append(f"status = {_quoted(value)}")
        elif (scope == "span" and name in {"name", "type", "status"}) or (scope, name) == ("assessment", "name"):
            wanted[f"{scope}_{name}"] = value
        elif (scope, name) == ("assessment", "type"):
            wanted["assessment_type"] = value.lower()
        else:
            raise Invalid.value(
                "filters", text, "trace.status, trace.tag.K, trace.metadata.K, span.name and the like"
            )
    for name, operator in (("start_time_ms", ">="), ("end_time_ms", "<=")):
        at_ms = fields.integer(name)
        if at_ms is not None:
            clauses.append(f"timestamp_ms {operator} {at_ms}")
    return clauses, wanted


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _has(row: Measured, wanted: Mapping[str, str]) -> bool:
    return all(row.dimensions.get(name) == value for name, value in wanted.items())


def _bucket_ms(fields: Fields) -> int | None:
    seconds = fields.integer("time_interval_seconds")
    if not seconds:
        return None
    if seconds < 0:
        raise fields.wrong("time_interval_seconds", "a number of seconds from 1 on")
    fields.needed("start_time_ms")
    fields.needed("end_time_ms")
    return seconds * 1000


def _page(fields: Fields, points: list[dict[str, object]]) -> list[dict[str, object]]:
    return points[: max_results(fields, default=MOST_RESULTS, most=MOST_RESULTS)]


def _check(fields: Fields, name: str, known: Mapping[str, object] | tuple[str, ...], field: str) -> None:
    if name not in known:
        raise fields.wrong(field, f"one of {', '.join(known)}")


ENDPOINTS = (Endpoint("POST", "3.0/mlflow/traces/metrics", get_metrics),)
