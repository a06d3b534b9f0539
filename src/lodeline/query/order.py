"""Sort orders: from text to checked `Order`s, and the keys by which they sort."""

from collections.abc import Sequence

from lodeline.query.ast import EntityScope, Field, Order
from lodeline.query.fields import ENTITIES, FEEDBACK, feedback, field
from lodeline.query.grammar_mlflow import front
from lodeline.query.grammar_native import parse_path
from lodeline.query.mlflow_trace import SOURCE_RUN
from lodeline.query.problem import nearest
from lodeline.query.syntax import Token, Words, path_parts

MAX_ORDERS = 4
"""Keys of one order: a cursor carries a value of each."""
ARRIVED = Order(field("trace", "received"), descending=False)
LATEST = Order(field("trace", "received"), descending=True)
"""Orders of traces by arrival."""


def by_arrival(orders: Sequence[Order]) -> tuple[tuple[Order, ...], bool]:
    """Return the keys by which a list sorts before arrival completes them, and whether later arrivals come first.

    `received` is a time in milliseconds, taken before the trace is stored: several traces share one, and one that is
    stored later may have an earlier one. So an order by it goes by arrival itself, which is total, and what arrives
    later stands later. Keys behind it decide nothing.
    """
    for index, order in enumerate(orders):
        if order.field == ARRIVED.field:
            return tuple(orders[:index]), order.descending
    return tuple(orders), True


def parse_order(text: str, entity: EntityScope) -> tuple[Order, ...]:
    """Return the order that text such as ``duration desc, start`` writes; ascending unless it says ``desc``.

    Empty text is the list's own order. Invalid for unknown fields, fields that cannot sort, and more than
    `MAX_ORDERS` of them; a field named again counts once.
    """
    words = Words(text, "order")
    if words.here().kind == "end":
        return ()
    orders: list[Order] = []
    while True:
        at = words.here()
        of = _field(words, entity)
        _add(orders, Order(of, _descending(words)), words, at)
        if words.here().kind == "end":
            return tuple(orders)
        if not words.take_mark(","):
            raise words.unexpected("ASC, DESC, a comma or the end")


def _field(words: Words, entity: EntityScope) -> Field:
    at = words.here()
    if at.kind == "path" and ENTITIES[entity].by_feedback:
        parts = path_parts(at.text)
        if parts[0].lower() == FEEDBACK and len(parts) > 1:
            words.take()
            return feedback(entity, ".".join(parts[1:]))
    spec, of = parse_path(words, entity)
    if not spec.sortable:
        sortable = ", ".join(each.name for each in ENTITIES[entity].fields if each.sortable)
        raise words.error(at, f"{at.text} cannot order a list", expected=f"one of {sortable}", field=at.text)
    return of


def parse_order_mlflow(clauses: str | Sequence[str], entity: EntityScope) -> tuple[Order, ...]:
    """Return the order of MLflow's ``order_by`` list (or of its clauses joined by commas).

    Ascending unless a clause says DESC; completed by MLflow's own tie-break. No clause is the list's own order.
    """
    orders: list[Order] = []
    for clause in [clauses] if isinstance(clauses, str) else clauses:
        words = Words(clause, "order")
        while words.here().kind != "end":
            at = words.here()
            of = _mlflow_field(words, entity)
            _add(orders, Order(of, _descending(words)), words, at)
            if words.here().kind != "end" and not words.take_mark(","):
                raise words.unexpected("ASC, DESC, a comma or the end")
    if not orders:
        return ()
    named = {order.field for order in orders}
    ties = [Order(field(entity, name), down) for name, down in front(entity).ties]
    return (*orders, *(tie for tie in ties if tie.field not in named))


def _mlflow_field(words: Words, entity: EntityScope) -> Field:
    reads, token = front(entity), words.here()
    if token.kind != "path":
        raise words.unexpected(f"one of {', '.join(reads.order)}")
    words.take()
    parts = path_parts(token.text)
    if len(parts) > 1 and parts[0] in reads.order_keys:
        return field(entity, reads.order_keys[parts[0]], ".".join(parts[1:]))
    if len(parts) > 1 and parts[0] in {"attributes", "attribute", "trace"}:
        parts = parts[1:]
    name = ".".join(parts)
    if name == "run_id" and entity == "trace":
        return field("trace", "metadata", SOURCE_RUN)
    if name not in reads.order:
        expected = f"one of {', '.join(reads.order)}"
        what = f"{token.text[:100]!r} cannot order a list"
        raise words.error(token, what, expected=expected, suggestion=nearest(name, reads.order), field=token.text)
    return field(entity, reads.order[name])


def _descending(words: Words) -> bool:
    word = words.take_word("ASC", "DESC")
    return word is not None and word.word == "DESC"


def _add(orders: list[Order], order: Order, words: Words, at: Token) -> None:
    if any(order.field == other.field for other in orders):
        return
    if len(orders) == MAX_ORDERS:
        raise words.error(at, f"more than {MAX_ORDERS} sort keys", expected=f"at most {MAX_ORDERS}")
    orders.append(order)
