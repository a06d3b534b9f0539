"""Compile a checked filter to SQL over ``traces t JOIN trace_docs d``.

The SQL is a superset: it may let through rows that do not match, never the reverse; `exact` says that it lets
through none. What SQL cannot decide (span attributes, full text) is true in it, and `search` verifies candidates
with the reference interpreter. SQL's NULL and false mean the same at the top; `Not` turns NULL to false first, so
the two-valued logic of `query.ast` holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lodeline.domain.span import SPAN_KINDS, SPAN_STATUSES
from lodeline.domain.trace import TRACE_STATES
from lodeline.query.ast import (
    Always,
    And,
    Compare,
    Exists,
    Field,
    In,
    IsNull,
    JsonText,
    Literal_,
    Match,
    Node,
    Not,
    Or,
    Text,
)  # fmt: skip
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import SqlValue
from lodeline.storage.sql.terms import MAX_INDEXED, indexed, metadata_key, tag_key

EXACT_INTEGER = 2**53
Atom: TypeAlias = "Compare | In | Match | IsNull"
"""A condition on one field, of those that SQL may decide."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL with its parameters in order."""

    text: str
    params: tuple[SqlValue, ...] = ()
    exact: bool = True


TRUE = Sql("1")
UNKNOWN = Sql("1", exact=False)


def _cases(column: str, names: Sequence[str]) -> str:
    whens = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(names))
    return f"CASE {column} {whens} END"


_TAG = "(SELECT j.value FROM json_each(d.tags) j WHERE j.key = ?)"
_METADATA = "(SELECT j.value FROM json_each(d.metadata) j WHERE j.key = ?)"

TRACE: dict[str, str] = {
    "id": "t.trace_id",
    "experiment": "CAST(t.exp AS TEXT)",
    "name": "t.name",
    "state": _cases("t.state", TRACE_STATES),
    "start": "t.start_ns",
    "end": "(t.start_ns + t.dur_ns)",
    "duration": "t.dur_ns",
    "received": "(t.received_ms * 1000000)",
    "session": "t.session",
    "user": "t.user",
    "environment": "t.environment",
    "service": "t.service",
    "client": "t.client",
    "model": "t.model",
    "request": "d.request",
    "response": "d.response",
    "client_request_id": "t.client_request_id",
    "status_message": "json_extract(d.doc, '$.message')",
    "tokens.total": "t.tok_total",
    "tokens.input": "t.tok_in",
    "tokens.output": "t.tok_out",
    "tokens.cache_read": "t.tok_cache_read",
    "tokens.cache_write": "(t.tok_cache_write_5m + t.tok_cache_write_1h)",
    "tokens.reasoning": "t.tok_reasoning",
    "cost": "(t.cost / 1e12)",
    "span_count": "t.span_count",
    "error_count": "t.error_count",
    "size": "t.size_bytes",
    "tags": _TAG,
    "metadata": _METADATA,
}
"""SQL of every trace field that rows decide; a keyed one takes its key as a parameter."""

_SPAN: dict[str, str] = {
    "tokens.total": "coalesce(s.tok_total, 0)",
    "kind": _cases("s.kind", SPAN_KINDS),
    "status": _cases("s.status", SPAN_STATUSES),
    "start": "s.start_ns",
    "duration": "s.dur_ns",
    "cost": "(s.cost / 1e12)",
}
_SPAN_NAMES: dict[str, tuple[str, str]] = {
    "name": ("s.name", "n:"),
    "model": ("s.model", "m:"),
    "provider": ("s.provider", "p:"),
}
"""Interned span fields: their column and the prefix of their names."""

_ASSESSMENT: dict[str, str] = {
    "name": "a.name",
    "kind": "a.kind",
    "source": "a.source",
    "source_id": "a.source_id",
    "error": "a.error",
    "valid": "a.valid",
    "number": "a.num",
    "run": "a.run",
    "created": "(a.created_ms * 1000000)",
}


def compile_filter(node: Node) -> Sql:
    """Return the SQL of a filter on traces."""
    match node:
        case Always():
            return TRUE
        case And(items):
            return _joined([compile_filter(item) for item in items], " AND ")
        case Or(items):
            parts = [compile_filter(item) for item in items]
            return UNKNOWN if any(part.text == "1" and not part.exact for part in parts) else _joined(parts, " OR ")
        case Not(item):
            inner = compile_filter(item)
            return Sql(f"NOT coalesce({inner.text}, 0)", inner.params) if inner.exact else UNKNOWN
        case Exists(scope, item):
            return _exists_span(item) if scope == "span" else _exists_assessment(item)
        case Text() | JsonText():
            return UNKNOWN
        case _:
            return _trace_atom(node)


def _joined(parts: Sequence[Sql], glue: str) -> Sql:
    text = "(" + glue.join(part.text for part in parts) + ")"
    return Sql(text, tuple(p for part in parts for p in part.params), all(part.exact for part in parts))


def _trace_atom(node: Atom) -> Sql:
    field = node.field
    if field.name == "run":
        return _run_atom(node)
    if field.name == "state" and isinstance(node, Compare) and node.op == "=" and node.value in TRACE_STATES:
        return Sql("t.state = ?", (TRACE_STATES.index(node.value),))
    if field.key is not None and isinstance(node, Compare) and node.op == "=" and isinstance(node.value, str):
        return _indexed_pair(field, node.value)
    column = TRACE.get(field.name)
    if column is None:
        return UNKNOWN
    return compare(node, Sql(column, () if field.key is None else (clean(field.key),)))


def _indexed_pair(field: Field, value: str) -> Sql:
    """Equality of a tag or a metadata entry, by the index of exact values."""
    key = (tag_key if field.name == "tags" else metadata_key)(field.key or "")
    text = (
        "EXISTS (SELECT 1 FROM kv WHERE kv.exp = t.exp AND kv.key = ? AND kv.val = ? "
        "AND kv.start_ns = t.start_ns AND kv.id = t.id)"
    )
    return Sql(text, (key, indexed(value)), exact=len(value) < MAX_INDEXED and len(field.key or "") < MAX_INDEXED)


def _run_atom(node: Atom) -> Sql:
    """A trace has its own run and those it is linked to; negative operators are left to the verification."""
    own = compare(node, Sql("t.run"))
    linked = compare(node, Sql("r.run"))
    if isinstance(node, IsNull):
        return Sql("(t.run IS NULL AND NOT EXISTS (SELECT 1 FROM run_links r WHERE r.id = t.id))")
    negative = node.op == "!=" if isinstance(node, Compare) else node.negated
    if negative or not own.exact:
        return UNKNOWN
    text = f"({own.text} OR EXISTS (SELECT 1 FROM run_links r WHERE r.id = t.id AND {linked.text}))"
    return Sql(text, own.params + linked.params)


def compare(node: Atom, column: Sql) -> Sql:
    """One comparison of a column of the field's own SQL type."""
    match node:
        case Compare(_, op, value):
            return Sql(f"{column.text} {op} ?", (*column.params, bind(value)))
        case In(_, values, negated):
            marks = ", ".join("?" * len(values))
            word = "NOT IN" if negated else "IN"
            return Sql(f"{column.text} {word} ({marks})", (*column.params, *map(bind, values)))
        case Match(field, op, pattern, negated):
            if field.type != "string":
                return UNKNOWN
            word = "NOT " if negated else ""
            return Sql(f"{word}lodeline_match(?, ?, {column.text})", (op, clean(pattern), *column.params))
        case IsNull():
            return Sql(f"{column.text} IS NULL", column.params)


def bind(value: Literal_) -> SqlValue:
    """Return a literal as SQLite takes it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    return value


def _exists_span(item: Node) -> Sql:
    inner = within(item, _span_atom)
    return Sql(f"EXISTS (SELECT 1 FROM spans s WHERE s.id = t.id AND {inner.text})", inner.params, inner.exact)


def _exists_assessment(item: Node) -> Sql:
    inner = within(item, assessment_atom)
    text = f"EXISTS (SELECT 1 FROM assessments a WHERE a.trace = t.id AND a.deleted = 0 AND {inner.text})"
    return Sql(text, inner.params, inner.exact)


def within(node: Node, atom: Callable[[Atom], Sql]) -> Sql:
    """Return the SQL of a filter on one row of a table whose comparisons `atom` compiles."""
    match node:
        case Always():
            return TRUE
        case And(items):
            return _joined([within(item, atom) for item in items], " AND ")
        case Or(items):
            parts = [within(item, atom) for item in items]
            return UNKNOWN if any(part.text == "1" and not part.exact for part in parts) else _joined(parts, " OR ")
        case Not(item):
            inner = within(item, atom)
            return Sql(f"NOT coalesce({inner.text}, 0)", inner.params) if inner.exact else UNKNOWN
        case Compare() | In() | Match() | IsNull():
            return atom(node)
        case _:
            return UNKNOWN


def _span_atom(node: Atom) -> Sql:
    name = node.field.name
    interned = _SPAN_NAMES.get(name)
    if interned is not None:
        return _interned_atom(node, *interned)
    column = _SPAN.get(name)
    return UNKNOWN if column is None else compare(node, Sql(column))


def _interned_atom(node: Atom, column: str, prefix: str) -> Sql:
    """Equality compares numbers; names are cut at 256 characters, so values that reach that are verified."""
    if isinstance(node, Compare) and node.op == "=" and isinstance(node.value, str):
        value = clean(node.value)[:MAX_INDEXED]
        return Sql(
            f"{column} = (SELECT n.nid FROM names n WHERE n.name = ?)",
            (prefix + value,),
            exact=len(value) < MAX_INDEXED,
        )
    if isinstance(node, IsNull):
        return Sql(f"{column} IS NULL")
    compared = compare(node, Sql("substr(n.name, 3)"))
    text = f"(SELECT length(n.name) >= {MAX_INDEXED + 2} OR {compared.text} FROM names n WHERE n.nid = {column})"
    return Sql(text, compared.params, exact=False)


def assessment_atom(node: Atom) -> Sql:
    """One comparison of a row ``assessments a``."""
    field = node.field
    if field.name == "value":
        return _value_atom(node)
    column = _ASSESSMENT.get(field.name)
    return UNKNOWN if column is None else compare(node, Sql(column))


def _value_atom(node: Atom) -> Sql:
    match node:
        case Compare(_, op, value) if not isinstance(value, str) and abs(value) < EXACT_INTEGER:
            if isinstance(value, bool):
                return Sql("(a.vtype = 'b' AND a.vnum = ?)", (int(value),)) if op == "=" else UNKNOWN
            return Sql(f"(a.vtype = 'n' AND a.vnum {op} ?)", (value,)) if op != "!=" else UNKNOWN
        case Compare(_, "=", str(value)):
            return Sql("(a.vtype = 's' AND a.vstr = ?)", (clean(value),))
        case IsNull():
            return Sql("a.vtype IS NULL")
        case _:
            return UNKNOWN


def column_of(field: Field) -> Sql | None:
    """Return the SQL of a trace field, None when rows do not hold it."""
    column = TRACE.get(field.name)
    return None if column is None else Sql(column, () if field.key is None else (clean(field.key),))
