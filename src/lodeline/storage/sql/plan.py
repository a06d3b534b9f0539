"""Choose how a search walks: over a small set of candidates that an index names, or newest first along an index.

Every conjunct of the filter that an index knows is a `Source`. Each is asked for at most `SMALL` traces (`FEW` where
it is ordered by time); one that has no more becomes the candidate set. If none is small, the walk follows the first
source that is ordered by time, else the traces themselves: what is common is found soon by walking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lodeline.query.ast import And, Compare, Exists, Literal_, Node
from lodeline.storage.sql import terms
from lodeline.storage.sql.codec import clean
from lodeline.storage.sql.db import Db, SqlValue
from lodeline.storage.sql.filter import EXACT_INTEGER

SMALL = 2_000
FEW = 200
"""So many of an index that can be walked in order: beyond, walking it finds a page sooner."""


@dataclass(frozen=True, slots=True)
class Source:
    """An index over traces: `ids` selects rows of one experiment (its first parameter is the experiment).

    `walk` is the FROM clause ``… w`` with columns exp, start_ns, id in newest-first order and its conditions, None
    when the index is not ordered by time.
    """

    ids: str
    params: tuple[SqlValue, ...]
    walk: str | None = None
    where: str = ""


EVERY_TRACE = Source("", (), "traces w", "w.exp = ?")
"""Walk the traces themselves."""


def conjuncts(node: Node) -> Sequence[Node]:
    """Return the parts that must all hold."""
    return node.items if isinstance(node, And) else (node,)


def sources(node: Node) -> list[Source]:
    """Return the indexes that name a superset of the matching traces, one for each conjunct that has one."""
    found: list[Source] = []
    for part in conjuncts(node):
        match part:
            case Compare(field, "=", value):
                found.extend(_of_trace(field.name, field.key, value))
            case Exists("span", item):
                found.extend(_of_span(item))
            case Exists("assessment", item):
                found.extend(_of_assessment(item))
            case _:
                pass
    return found


def small_set(db: Db, exp: int, found: Sequence[Source]) -> list[Any] | None:
    """Return what the smallest source selects if that is at most `SMALL` rows, else None."""
    best: list[Any] | None = None
    for source in found:
        most = min(FEW if source.walk else SMALL, SMALL if best is None else len(best))
        ids = [row[0] for row in db.execute(f"{source.ids} LIMIT {most + 1}", (exp, *source.params))]
        if len(ids) <= most:
            best = ids
            if len(ids) <= 50:  # one page: looking further costs more than it saves
                break
    return best


def _kv(key: str, value: str) -> Source:
    where = "w.exp = ? AND w.key = ? AND w.val = ?"
    params = (clean(key), terms.indexed(value))
    return Source("SELECT id FROM kv WHERE exp = ? AND key = ? AND val = ?", params, "kv w", where)


def _of_trace(name: str, key: str | None, value: Literal_) -> list[Source]:
    if not isinstance(value, str):
        return []
    if name == "tags" and key is not None:
        return [_kv(terms.tag_key(key), value)]
    if name == "metadata" and key is not None:
        return [_kv(terms.metadata_key(key), value)]
    if name in terms.FIELDS or name in {"state", "run"}:
        return [_kv(terms.field_key(name), value)]
    if name == "id":
        return [Source("SELECT id FROM traces WHERE exp = ? AND trace_id = ?", (clean(value),))]
    return []


_SPAN_PREFIX = {"name": "n:", "kind": "k:", "model": "m:", "provider": "p:"}


def _of_span(item: Node) -> list[Source]:
    equal = {
        part.field.name: part.value
        for part in conjuncts(item)
        if isinstance(part, Compare) and part.op == "=" and isinstance(part.value, str)
    }
    failed = int(equal.get("status") == "ERROR")
    names = [prefix + terms.indexed(str(equal[name])) for name, prefix in _SPAN_PREFIX.items() if name in equal]
    if failed and not names:
        names, failed = ["s:ERROR"], 0
    where = "w.exp = ? AND w.term = (SELECT nid FROM names WHERE name = ?) AND w.err = ?"
    ids = "SELECT id FROM span_terms w WHERE " + where
    return [Source(ids, (name, failed), "span_terms w", where) for name in names]


def _of_assessment(item: Node) -> list[Source]:
    """Assessments are found by name, and by name and a range of numbers. One trace may have several."""
    named = _named(item)
    if named is None:
        return []
    ids = f"SELECT trace FROM assessments WHERE exp = ? AND {named.where} AND deleted = 0 AND trace IS NOT NULL"
    return [Source(ids, named.params)]


def judged_sessions(node: Node) -> list[Source]:
    """Return the indexes that name a superset of the matching sessions, one for each conjunct that has one.

    `ids` selects sessions. Rows of sessions have neither trace nor start, by which the index finds them at once.
    """
    of_sessions = "start_ns IS NULL AND trace IS NULL AND deleted = 0 AND session IS NOT NULL"
    found = [_named(part.item) for part in conjuncts(node) if isinstance(part, Exists) and part.scope == "assessment"]
    return [
        Source(f"SELECT session FROM assessments WHERE exp = ? AND {named.where} AND {of_sessions}", named.params)
        for named in found
        if named is not None
    ]


def _named(item: Node) -> Source | None:
    """Return the condition by which an index finds assessments: a name, a range of numbers; None without a name."""
    name: Literal_ | None = None
    bounds = ""
    params: list[SqlValue] = []
    for part in conjuncts(item):
        if not isinstance(part, Compare) or part.op == "!=":
            continue
        if part.field.name == "name" and part.op == "=":
            name = part.value
        elif part.field.name in {"value", "number"} and _is_small_number(part.value):
            bounds += f" AND num {part.op} ?"
            params.append(float(part.value))
    if not isinstance(name, str):
        return None
    return Source("", (clean(name), *params), where=f"name = ?{bounds}")


def _is_small_number(value: Literal_) -> bool:
    return isinstance(value, int | float) and abs(value) < EXACT_INTEGER
