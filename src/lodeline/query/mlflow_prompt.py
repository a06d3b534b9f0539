"""What the clauses of MLflow's filters of prompts mean. There a prompt is a registered model with a tag for it."""

from collections.abc import Sequence

from lodeline.query.ast import Node
from lodeline.query.build import ALL, NOTHING, conj
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

IS_PROMPT_TAG = "mlflow.prompt.is_prompt"
_TIMES = {
    "creation_timestamp": "created", "creation_time": "created", "last_updated_timestamp": "updated",
    "last_updated_time": "updated", "timestamp": "updated",
}  # fmt: skip
_LIKES = (*EQUALITY, *PATTERNS[:2])
_KNOWN = ("name", *_TIMES, "tags.KEY")


def translate(clauses: Sequence[Clause]) -> Node:
    """Return the node of a filter's clauses."""
    return conj([_condition(clause) for clause in clauses])


def _condition(clause: Clause) -> Node:
    first, keyed = clause.parts[0], len(clause.parts) > 1
    if first in {"tags", "tag"} and keyed:
        return _tag(clause)
    name = clause.key if first in {"attributes", "attribute"} and keyed else clause.name
    if name == "name":
        return text_condition(clause, field("prompt", "name"), (*_LIKES, *SETS))
    if name in _TIMES:
        return milliseconds_condition(clause, field("prompt", _TIMES[name]))
    raise clause.unknown(_KNOWN)


def _tag(clause: Clause) -> Node:
    if clause.key == IS_PROMPT_TAG:
        clause.allow(*_LIKES)
        return ALL if (clause.string().lower() == "true") == (clause.operator != "!=") else NOTHING
    return text_condition(clause, field("prompt", "tags", clause.key), (*_LIKES, *NULLS))


PROMPT = Front(
    entity="prompt",
    translate=translate,
    order={"name": "name", **_TIMES},
    order_keys={"tags": "tags", "tag": "tags"},
    ties=(("name", False),),
)
