"""Logged models by their metrics: searched on some datasets alone, and ordered by the latest value of a metric.

Metrics of a model are few, and how they stand on a dataset is in no index: the models that the other clauses find are
read, and looked at here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lodeline.domain.errors import TooLarge
from lodeline.domain.model import Model, ModelMetric
from lodeline.domain.page import MAX_LIMIT
from lodeline.query.ast import And, Compare, Node
from lodeline.query.build import conj
from lodeline.query.grammar_mlflow import parse_mlflow
from lodeline.query.order import parse_order_mlflow
from lodeline.query.reference import matches, order_values
from lodeline.query.subjects_runs import ModelSubject
from lodeline.query.values import Scalar
from lodeline.server.mlflow.endpoint import Call
from lodeline.server.mlflow.fields import Fields
from lodeline.services.listing import ListQuery

MAX_MODELS = 10_000
"""Most models that are looked at for one answer."""
_METRICS = ("metrics.", "metric.")


@dataclass(frozen=True, slots=True)
class OnDataset:
    """A dataset that a metric was measured on; without a digest in any version."""

    name: str | None
    digest: str | None

    def has(self, metric: ModelMetric) -> bool:
        """Tell whether a metric was measured on it; every metric was where nothing is named."""
        of_name = self.name is None or metric.dataset_id == self.name
        return of_name and (self.digest is None or metric.dataset_digest == self.digest)


def needs_metrics(fields: Fields) -> bool:
    """Tell whether a search asks for metrics on some datasets, or for an order by a metric."""
    orders = (item.text("field_name") or "" for item in fields.messages("order_by"))
    return bool(fields.messages("datasets")) or any(name.startswith(_METRICS) for name in orders)


def search_by_metrics(call: Call, experiments: Sequence[str]) -> Sequence[Model]:
    """Return all models that match, in the order that is asked for, then newest made first.

    Of models that have a metric on one of the datasets, these metrics alone are compared. TooLarge when the other
    clauses find more than `MAX_MODELS`.
    """
    fields = call.fields
    node = parse_mlflow(fields.text("filter") or "", "model")
    clauses = node.items if isinstance(node, And) else (node,)
    measured = conj([clause for clause in clauses if _is_metric(clause)])
    datasets = [_dataset(item) for item in fields.messages("datasets")]
    orders = [_order(item) for item in fields.messages("order_by")]
    found = [
        model
        for model in _every(call, experiments, conj([clause for clause in clauses if not _is_metric(clause)]))
        if _matches(model, measured, datasets)
    ]
    for value_of, descending in reversed(orders):
        found = _sorted(found, value_of, descending=descending)
    return found


def _every(call: Call, experiments: Sequence[str], node: Node) -> Sequence[Model]:
    query = ListQuery(experiments, node, parse_order_mlflow("creation_timestamp DESC", "model"), MAX_LIMIT)
    found: list[Model] = []
    while True:
        page = call.services.models.search(call.actor, query)
        found += page.items
        if len(found) > MAX_MODELS:
            raise TooLarge(f"models: over {MAX_MODELS} would have to be looked at; filter by attributes, too.")
        if page.cursor is None:
            return found
        query = replace(query, cursor=page.cursor)


def _matches(model: Model, measured: Node, datasets: Sequence[OnDataset]) -> bool:
    if not datasets:
        return matches(measured, ModelSubject(model))
    kept = tuple(metric for metric in model.metrics if any(each.has(metric) for each in datasets))
    return bool(kept) and matches(measured, ModelSubject(replace(model, metrics=kept)))


def _is_metric(clause: Node) -> bool:
    return isinstance(clause, Compare) and clause.field.name == "metrics"


def _dataset(item: Fields) -> OnDataset:
    return OnDataset(item.needed("dataset_name"), item.text("dataset_digest") or None)


def _order(item: Fields) -> tuple[Callable[[Model], Scalar | None], bool]:
    name, descending = item.needed("field_name"), not item.boolean("ascending", default=True)
    if name.startswith(_METRICS):
        key = name.partition(".")[2].strip('`"')
        on = OnDataset(item.text("dataset_name") or None, item.text("dataset_digest") or None)
        return lambda model: _latest(model, key, on), descending
    orders = parse_order_mlflow(name, "model")[:1]
    return lambda model: order_values(orders, ModelSubject(model))[0], descending


def _latest(model: Model, key: str, on: OnDataset) -> float | None:
    """Return the latest value of a metric; None without one, and for one that is no number."""
    found = [metric for metric in model.metrics if metric.key == key and on.has(metric)]
    last = max(found, key=lambda metric: (metric.timestamp_ms, metric.step), default=None)
    return None if last is None or last.value != last.value else last.value


def _sorted(models: Sequence[Model], value_of: Callable[[Model], Scalar | None], *, descending: bool) -> list[Model]:
    """Return models by a value, those without one last; of equal ones the order stays."""
    valued = [(value, model) for model in models if (value := value_of(model)) is not None]
    valued.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(model for _, model in valued), *(model for model in models if value_of(model) is None)]
