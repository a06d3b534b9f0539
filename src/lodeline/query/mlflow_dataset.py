"""What the clauses of MLflow's filters of evaluation datasets mean."""

from collections.abc import Sequence

from lodeline.query.ast import IsNull, Node
from lodeline.query.build import conj, disj
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

_TEXTS = {"name": "name", "dataset_id": "id", "created_by": "created_by"}
_TIMES = {"created_time": "created", "last_update_time": "updated"}
NAME_TAG = "lodeline.mlflow.name"
_USER_TAG = "mlflow.user"
_LIKES = (*EQUALITY, *PATTERNS[:2])
_KNOWN = (*_TEXTS, "last_updated_by", *_TIMES, "tags.KEY")


def translate(clauses: Sequence[Clause]) -> Node:
    """Return the node of a filter's clauses."""
    return conj([_condition(clause) for clause in clauses])


def _condition(clause: Clause) -> Node:
    first, keyed = clause.parts[0], len(clause.parts) > 1
    if first in {"tags", "tag"} and keyed:
        return text_condition(clause, field("dataset", "tags", clause.key), (*_LIKES, *NULLS))
    name = clause.key if first in {"attributes", "attribute"} and keyed else clause.name
    if name in {"created_by", "last_updated_by"}:
        return text_condition(clause, field("dataset", "tags", _USER_TAG), (*_LIKES, *SETS))
    if name == "name":
        operators = (*_LIKES, *SETS)
        own = text_condition(clause, field("dataset", "name"), operators)
        theirs = text_condition(clause, field("dataset", "tags", NAME_TAG), operators)
        # Where MLflow's name is kept in a tag, our own is not MLflow's.
        return disj((theirs, conj((IsNull(field("dataset", "tags", NAME_TAG)), own))))
    if name in _TEXTS:
        return text_condition(clause, field("dataset", _TEXTS[name]), (*_LIKES, *SETS))
    if name in _TIMES:
        return milliseconds_condition(clause, field("dataset", _TIMES[name]))
    raise clause.unknown(_KNOWN)


DATASET = Front(
    entity="dataset",
    translate=translate,
    order={**_TEXTS, **_TIMES},
    order_keys={"tags": "tags", "tag": "tags"},
    ties=(("created", True), ("id", False)),
)
