"""What the clauses of MLflow's experiment filters mean."""

from collections.abc import Sequence

from lodeline.query.ast import Node
from lodeline.query.build import conj
from lodeline.query.fields import field
from lodeline.query.mlflow_clause import (
    EQUALITY,
    NULLS,
    PATTERNS,
    SETS,
    Clause,
    Front,
    milliseconds_condition,
    text_condition,
)  # fmt: skip

_TIMES = {"creation_time": "created", "last_update_time": "updated"}
_KNOWN = ("name", "experiment_id", "creation_time", "last_update_time", "tags.KEY")


def translate(clauses: Sequence[Clause]) -> Node:
    """Return the node of a filter's clauses."""
    return conj([_condition(clause) for clause in clauses])


def _condition(clause: Clause) -> Node:
    first = clause.parts[0]
    if first in {"tags", "tag"} and len(clause.parts) > 1:
        return text_condition(clause, field("experiment", "tags", clause.key), (*EQUALITY, *PATTERNS[:2], *NULLS))
    name = clause.key if first in {"attributes", "attribute"} and len(clause.parts) > 1 else clause.name
    if name == "name":
        return text_condition(clause, field("experiment", "name"), (*EQUALITY, *PATTERNS[:2]))
    if name == "experiment_id":
        return text_condition(clause, field("experiment", "id"), (*EQUALITY, *SETS, *PATTERNS[:2]))
    if name in _TIMES:
        return milliseconds_condition(clause, field("experiment", _TIMES[name]))
    raise clause.unknown(_KNOWN)


EXPERIMENT = Front(
    entity="experiment",
    translate=translate,
    order={"name": "name", "experiment_id": "id", "creation_time": "created", "last_update_time": "updated"},
    order_keys={"tags": "tags", "tag": "tags"},
    ties=(("id", False),),
)
