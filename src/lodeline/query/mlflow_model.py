"""What the clauses of MLflow's filters of logged models mean."""

from collections.abc import Mapping, Sequence
from typing import cast

from lodeline.domain.model import ModelStatus
from lodeline.query.ast import Compare, CompareOp, Node
from lodeline.query.build import conj
from lodeline.query.fields import field
from lodeline.query.mlflow_clause import (
    EQUALITY,
    NULLS,
    ORDERING,
    PATTERNS,
    SETS,
    Clause,
    Front,
    closed_condition,
    milliseconds_condition,
    text_condition,
)  # fmt: skip

_STATUSES: Mapping[str, Sequence[ModelStatus]] = {
    "READY": ("READY",), "PENDING": ("PENDING",), "UPLOAD_FAILED": ("FAILED",), "FAILED": ("FAILED",),
    "LOGGED_MODEL_READY": ("READY",), "LOGGED_MODEL_PENDING": ("PENDING",), "LOGGED_MODEL_UPLOAD_FAILED": ("FAILED",),
}  # fmt: skip
_TEXTS = {
    "name": "name",
    "model_id": "id",
    "model_type": "type",
    "source_run_id": "run",
    "experiment_id": "experiment",
}
_TIMES = {
    "creation_timestamp": "created", "creation_timestamp_ms": "created", "creation_time": "created",
    "last_updated_timestamp": "updated", "last_updated_timestamp_ms": "updated",
}  # fmt: skip
_LIKES = (*EQUALITY, *PATTERNS[:2])
_KNOWN = (*_TEXTS, "status", *_TIMES, "metrics.KEY", "params.KEY", "tags.KEY")


def translate(clauses: Sequence[Clause]) -> Node:
    """Return the node of a filter's clauses."""
    return conj([_condition(clause) for clause in clauses])


def _condition(clause: Clause) -> Node:
    keyed = len(clause.parts) > 1
    match clause.parts[0]:
        case "metrics" | "metric" if keyed:
            clause.allow(*EQUALITY, *ORDERING)
            return Compare(field("model", "metrics", clause.key), cast(CompareOp, clause.operator), clause.number())
        case "params" | "param" if keyed:
            return text_condition(clause, field("model", "params", clause.key), (*_LIKES, *NULLS))
        case "tags" | "tag" if keyed:
            return text_condition(clause, field("model", "tags", clause.key), (*_LIKES, *NULLS))
        case "attributes" | "attribute" if keyed:
            return _attribute(clause, clause.key)
        case first if not keyed:
            return _attribute(clause, first)
        case _:
            raise clause.unknown(_KNOWN)


def _attribute(clause: Clause, name: str) -> Node:
    if name in _TEXTS:
        return text_condition(clause, field("model", _TEXTS[name]), (*_LIKES, *SETS))
    if name == "status":
        return closed_condition(clause, field("model", "status"), _STATUSES)
    if name in _TIMES:
        return milliseconds_condition(clause, field("model", _TIMES[name]))
    raise clause.unknown(_KNOWN)


MODEL = Front(
    entity="model",
    translate=translate,
    order={**_TEXTS, **_TIMES, "status": "status"},
    order_keys={"params": "params", "param": "params", "tags": "tags", "tag": "tags"},
    ties=(("created", True), ("id", False)),
)
