"""Judgments of whole conversations, as MLflow has them: one on a trace whose metadata names a session is of all of
its traces.

A filter cannot say that of one trace alone. So its conditions on judgments are widened by the sessions that such
judgments name, which whoever searches has looked up.
"""

from collections.abc import Callable, Sequence

from lodeline.domain.assessment import SESSION_KEY, Assessment
from lodeline.query.ast import And, Compare, Exists, Node, Not
from lodeline.query.build import conj, disj, negate, one_of
from lodeline.query.fields import field
from lodeline.query.reference import matches
from lodeline.query.subjects import AssessmentSubject

_NAME, _KIND = field("assessment", "name"), field("assessment", "kind")


def widened(node: Node, judgments_of: Callable[[str], Sequence[Assessment]]) -> Node:
    """Return a filter of traces whose judgments count for all traces of the sessions that they name.

    `judgments_of` returns the standing judgments of a name whose metadata names a session. References to issues are
    of their trace alone.
    """
    match node:
        case And(items):
            return conj([widened(item, judgments_of) for item in items])
        case Not(Exists("assessment", _)):
            return negate(widened(node.item, judgments_of))
        case Exists("assessment", item):
            sessions = _sessions(item, judgments_of)
            return disj((node, one_of(field("trace", "session"), sessions))) if sessions else node
        case _:
            return node


def _sessions(judged: Node, judgments_of: Callable[[str], Sequence[Assessment]]) -> Sequence[str]:
    items = judged.items if isinstance(judged, And) else (judged,)
    said = {each.field: each.value for each in items if isinstance(each, Compare)}
    name = said.get(_NAME)
    if not isinstance(name, str) or said.get(_KIND) == "ISSUE_REF":
        return ()
    found = [each for each in judgments_of(name) if matches(judged, AssessmentSubject(each))]
    return tuple(dict.fromkeys(each.metadata[SESSION_KEY] for each in found))
