"""What the clauses of MLflow's trace filters mean, quirk by quirk."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

from lodeline.domain.span import SPAN_KINDS, SPAN_STATUSES
from lodeline.query.ast import Compare, CompareOp, JsonText, Match, MatchOp, Node
from lodeline.query.build import ALL, NOTHING, conj, disj, exists, judged, negate, one_of
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
from lodeline.query.patterns import escape_like

SOURCE_RUN = "mlflow.sourceRun"
LINKED_PROMPTS = "mlflow.linkedPrompts"
_STATES: Mapping[str, Sequence[str]] = {
    "IN_PROGRESS": ("IN_PROGRESS",),
    "OK": ("OK",),
    "ERROR": ("ERROR", "ABANDONED"),
}
"""MLflow has no ABANDONED: such traces are shown to its clients as ERROR."""
_TEXTS = {"name": "name", "request_id": "id", "trace_id": "id", "client_request_id": "client_request_id"}
_TIMES = {"timestamp": "start", "execution_time": "duration", "end_time": "end"}
_OF_METADATA = {"mlflow.trace.session": "session", "mlflow.trace.user": "user", "mlflow.modelId": "model"}
"""Metadata that we keep as fields, since programs without MLflow's client set them too."""
_SERVICE = "service.name"
_OF_TAGS = {"mlflow.traceName": "name", _SERVICE: "service"}
"""Tags that we keep as fields."""
_POSITIVE = frozenset(("=", *PATTERNS, "IS NOT NULL"))
_KNOWN = (
    "name", "status", "request_id", "client_request_id", "run_id", "timestamp_ms", "execution_time_ms", "end_time_ms",
    "prompt", "text", "tags.KEY", "metadata.KEY", "span.name", "span.type", "span.status", "span.attributes.KEY",
    "span.content", "feedback.NAME", "expectation.NAME", "issue.id",
)  # fmt: skip


def translate(clauses: Sequence[Clause]) -> Node:
    """Return the node of a filter's clauses: all ``span.*`` clauses speak of one and the same span."""
    spans = [_span(clause) for clause in clauses if _prefix(clause) == "span"]
    others = [_other(clause) for clause in clauses if _prefix(clause) != "span"]
    return conj([*others, exists("span", conj(spans))] if spans else others)


def _prefix(clause: Clause) -> str:
    return clause.parts[0] if len(clause.parts) > 1 else ""


def _other(clause: Clause) -> Node:
    match _prefix(clause):
        case "" if len(clause.parts) == 1:
            return _attribute(clause, clause.parts[0])
        case "attributes" | "attribute" | "trace":
            return _attribute(clause, clause.key)
        case "tags" | "tag":
            tagged = text_condition(clause, field("trace", "tags", clause.key), _KEYED)
            ours = _OF_TAGS.get(clause.key)
            if ours is None:
                return tagged
            said = text_condition(clause, field("trace", ours), _KEYED)
            return disj((said, tagged)) if clause.key == _SERVICE and clause.operator in _POSITIVE else said
        case "metadata" | "request_metadata":
            ours = _OF_METADATA.get(clause.key)
            of = field("trace", ours) if ours else field("trace", "metadata", clause.key)
            return text_condition(clause, of, _KEYED)
        case "feedback":
            return _judgment(clause, "FEEDBACK")
        case "expectation":
            return _judgment(clause, "EXPECTATION")
        case "issue" if clause.key == "id":
            clause.allow("=")
            return judged("ISSUE_REF", clause.string())
        case _:
            raise clause.unknown(_KNOWN)


_KEYED = (*EQUALITY, *PATTERNS, *NULLS)


def _attribute(clause: Clause, name: str) -> Node:
    if name in _TEXTS:
        condition = text_condition(clause, field("trace", _TEXTS[name]), (*EQUALITY, *SETS, *PATTERNS))
        # MLflow's name is a tag, which a trace without a name does not have.
        negative = name == "name" and clause.operator in {"!=", "NOT IN"}
        return conj((condition, Compare(field("trace", "name"), "!=", ""))) if negative else condition
    if name.removesuffix("_ms") in _TIMES:
        if clause.operator in EQUALITY and clause.values[0].kind == "string":
            # MLflow's server takes a text, which no time is equal to.
            return NOTHING if clause.operator == "=" else ALL
        return milliseconds_condition(clause, field("trace", _TIMES[name.removesuffix("_ms")]))
    special = _SPECIAL.get(name)
    if special is None:
        raise clause.unknown(_KNOWN)
    return special(clause)


def _status(clause: Clause) -> Node:
    return closed_condition(clause, field("trace", "state"), _STATES)


def _run(clause: Clause) -> Node:
    """``=`` finds made and linked traces; every other operator looks at the metadata alone."""
    clause.allow(*EQUALITY, *PATTERNS)
    of = field("trace", "run") if clause.operator == "=" else field("trace", "metadata", SOURCE_RUN)
    return text_condition(clause, of, (*EQUALITY, *PATTERNS))


def _prompt(clause: Clause) -> Node:
    """Linked prompts are a tag that holds a JSON list of names and versions."""
    clause.allow("=")
    name, slash, version = clause.string().rpartition("/")
    if not (slash and name and version):
        raise clause.words.unexpected("'name/version'", field=clause.name, at=clause.values[0])
    tag = field("trace", "tags", LINKED_PROMPTS)
    name, version = escape_like(_json_inner(name)), escape_like(_json_inner(version))
    spaced = f'%{{"name": "{name}", "version": "{version}"}}%'
    compact = f'%{{"name":"{name}","version":"{version}"}}%'
    return disj((Match(tag, "LIKE", spaced), Match(tag, "LIKE", compact)))


def _json_inner(text: str) -> str:
    return json.dumps(text)[1:-1]


def _text(clause: Clause) -> Node:
    clause.allow("LIKE", "ILIKE")
    return exists("span", _content(clause))


def _content(clause: Clause) -> Node:
    clause.allow("LIKE", "ILIKE")
    return Match(field("span", "content"), cast(MatchOp, clause.operator), clause.string())


_SPECIAL: Mapping[str, Callable[[Clause], Node]] = {
    "status": _status,
    "run_id": _run,
    "prompt": _prompt,
    "text": _text,
}


def _span(clause: Clause) -> Node:
    match clause.parts[1:]:
        case ("name",):
            return text_condition(clause, field("span", "name"), (*EQUALITY, *SETS, *PATTERNS))
        case ("type",):
            return _span_type(clause)
        case ("status",):
            return closed_condition(clause, field("span", "status"), {status: (status,) for status in SPAN_STATUSES})
        case ("content",):
            return _content(clause)
        case ("attributes" | "attribute", *key) if key:
            return text_condition(clause, field("span", "attributes", ".".join(key)), (*EQUALITY, *PATTERNS))
        case _:
            raise clause.unknown(_KNOWN)


def _span_type(clause: Clause) -> Node:
    """MLflow's types are free text: those that are no kind of ours stand only in its attribute."""
    known = closed_condition(clause, field("span", "kind"), {kind: (kind,) for kind in SPAN_KINDS})
    if clause.operator not in {"=", "IN"}:
        return known
    foreign = [value for value in clause.strings() if value not in SPAN_KINDS]
    return disj((known, one_of(field("span", "attributes", "mlflow.spanType"), foreign) if foreign else NOTHING))


def _judgment(clause: Clause, kind: str) -> Node:
    """Quoted values compare with the JSON text, bare numbers with numbers, and only standing assessments count."""
    value = field("assessment", "value")
    if clause.operator in NULLS:
        present = judged(kind, clause.key)
        return negate(present) if clause.operator == "IS NULL" else present
    clause.allow(*EQUALITY, *ORDERING, *PATTERNS)
    if clause.operator in ORDERING:
        return judged(kind, clause.key, Compare(value, cast(CompareOp, clause.operator), clause.number()))
    op = cast(Literal["=", "!=", "LIKE", "ILIKE", "RLIKE"], clause.operator)
    return judged(kind, clause.key, JsonText(value, op, clause.string()))


TRACE = Front(
    entity="trace",
    translate=translate,
    order={
        "timestamp": "start", "timestamp_ms": "start", "execution_time": "duration", "execution_time_ms": "duration",
        "end_time": "end", "end_time_ms": "end", "status": "state", "name": "name", "request_id": "id",
        "trace_id": "id", "experiment_id": "experiment",
    },
    order_keys={"tags": "tags", "tag": "tags", "metadata": "metadata", "request_metadata": "metadata"},
    ties=(("start", True), ("id", False)),
)  # fmt: skip
