"""What the clauses of MLflow's run filters mean."""

from collections.abc import Sequence
from typing import cast

from lodeline.domain.run import RUN_STATUSES
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

USER_TAG = "mlflow.user"
"""Who made a run, as the client says."""
NAME_TAG = "mlflow.runName"
_TIMES = {"start_time": "start", "created": "start", "end_time": "end"}
_NAMES = frozenset(("run_name", "name", "Run name", "run name"))
_LIKES = (*EQUALITY, *PATTERNS[:2])
_KNOWN = (
    "metrics.KEY", "params.KEY", "tags.KEY", "run_id", "run_name", "status", "user_id", "artifact_uri", "start_time",
    "end_time", "datasets.name", "datasets.digest", "datasets.context",
)  # fmt: skip


def translate(clauses: Sequence[Clause]) -> Node:
    """Return the node of a filter's clauses."""
    return conj([_condition(clause) for clause in clauses])


def _condition(clause: Clause) -> Node:
    keyed = len(clause.parts) > 1
    match clause.parts[0]:
        case "metrics" | "metric" if keyed:
            clause.allow(*EQUALITY, *ORDERING)
            op = cast(CompareOp, clause.operator)
            return Compare(field("run", "metrics", clause.key), op, clause.number())
        case "params" | "param" | "parameters" | "parameter" if keyed:
            return text_condition(clause, field("run", "params", clause.key), (*_LIKES, *NULLS))
        case "tags" | "tag" if keyed:
            name = field("run", "name") if clause.key == NAME_TAG else field("run", "tags", clause.key)
            return text_condition(clause, name, (*_LIKES, *NULLS))
        case "datasets" | "dataset" if clause.key in {"name", "digest"}:
            return text_condition(clause, field("run", "dataset"), (*_LIKES, *SETS))
        case "datasets" | "dataset" if clause.key == "context":
            return text_condition(clause, field("run", "dataset_context"), (*_LIKES, *SETS))
        case "attributes" | "attribute" | "attr" | "run" if keyed:
            return _attribute(clause, clause.key)
        case first if not keyed:
            return _attribute(clause, first)
        case _:
            raise clause.unknown(_KNOWN)


def _attribute(clause: Clause, name: str) -> Node:
    if name == "run_id":
        return text_condition(clause, field("run", "id"), (*_LIKES, *SETS))
    if name in _NAMES:
        return text_condition(clause, field("run", "name"), _LIKES)
    if name == "status":
        return closed_condition(clause, field("run", "status"), {status: (status,) for status in RUN_STATUSES})
    if name == "user_id":
        return text_condition(clause, field("run", "tags", USER_TAG), _LIKES)
    if name == "artifact_uri":
        return text_condition(clause, field("run", "artifact_uri"), (*_LIKES, *SETS))
    if name in _TIMES:
        return milliseconds_condition(clause, field("run", _TIMES[name]))
    raise clause.unknown(_KNOWN)


RUN = Front(
    entity="run",
    translate=translate,
    order={
        "start_time": "start", "created": "start", "end_time": "end", "status": "status", "run_id": "id",
        "run_name": "name", "experiment_id": "experiment",
    },
    order_keys={
        "metrics": "metrics", "metric": "metrics", "params": "params", "param": "params", "parameters": "params",
        "tags": "tags", "tag": "tags",
    },
    ties=(("start", True), ("id", False)),
)  # fmt: skip
