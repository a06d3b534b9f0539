"""The reference: what a checked filter means, evaluated in Python. Every backend must agree with it."""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from lodeline.domain.span import AttributeValue
from lodeline.query.ast import (
    Always,
    And,
    Compare,
    CompareOp,
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
    Order,
    Text,
)  # fmt: skip
from lodeline.query.patterns import matcher
from lodeline.query.subjects import Subject
from lodeline.query.tokens import all_in
from lodeline.query.values import Scalar, json_form, mlflow_json, sort_value, typed

__all__ = ["OrderKey", "key_of_values", "matcher", "matches", "order_key", "order_values", "value_of"]


def matches(node: Node, subject: Subject) -> bool:
    """Tell whether the subject satisfies the filter."""
    match node:
        case Always():
            return True
        case And(items):
            return all(matches(item, subject) for item in items)
        case Or(items):
            return any(matches(item, subject) for item in items)
        case Not(item):
            return not matches(item, subject)
        case Exists("span", item):
            return any(matches(item, span) for span in subject.spans())
        case Exists(_, item):
            return any(matches(item, assessment) for assessment in subject.assessments())
        case Text(terms):
            return any(all_in(span.texts(), terms) for span in subject.spans())
        case IsNull(field):
            return not _values(field, subject)
        case _:
            return _condition(node, _values(node.field, subject))


def value_of(field: Field, subject: Subject) -> AttributeValue:
    """Return the first value of a field; None when it is missing. What facets count and groups are made of."""
    values = _values(field, subject)
    return values[0] if values else None


def _values(field: Field, subject: Subject) -> list[AttributeValue]:
    seen = (typed(value, field.type) for value in subject.values(field))
    return [value for value in seen if value is not None]


def _condition(node: Compare | In | Match | JsonText, values: Sequence[AttributeValue]) -> bool:
    """A positive operator needs any value to satisfy it, a negative one some value and none that does not."""
    if not values:
        return False
    match node:
        case Compare(_, "!=", value):
            return not any(_equal(each, value) for each in values)
        case Compare(_, op, value):
            return any(_COMPARE[op](each, value) for each in values)
        case In(_, literals, negated):
            return negated != any(_equal(each, literal) for each in values for literal in literals)
        case Match(_, op, pattern, negated):
            test = matcher(op, pattern)
            return negated != any(test(json_form(each)) for each in values)
        case JsonText(_, "!=", value):
            return not any(_equals_json(each, value) for each in values)
        case JsonText(_, "=", value):
            return any(_equals_json(each, value) for each in values)
        case JsonText(_, op, value):
            test = matcher(op, value)
            return any(test(mlflow_json(each)) for each in values)


def _equal(value: AttributeValue, literal: Literal_) -> bool:
    if isinstance(value, bool) or isinstance(literal, bool):
        return value is literal
    return value == literal


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[AttributeValue, Literal_], bool]:
    def test(value: AttributeValue, literal: Literal_) -> bool:
        return _is_number(value) and _is_number(literal) and compare(cast(float, value), cast(float, literal))

    return test


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_COMPARE: Mapping[CompareOp, Callable[[AttributeValue, Literal_], bool]] = {
    "=": _equal,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
}


def _equals_json(value: AttributeValue, literal: str) -> bool:
    text = mlflow_json(value)
    return text in {literal, json.dumps(literal, ensure_ascii=False)}


class OrderKey:
    """A place in an order; comparable with other places in the same order."""

    __slots__ = ("_descending", "_values")

    def __init__(self, values: tuple[Scalar | None, ...], descending: tuple[bool, ...]) -> None:
        self._values = values
        self._descending = descending

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderKey) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __lt__(self, other: "OrderKey") -> bool:
        for mine, its, descending in zip(self._values, other._values, self._descending, strict=True):
            if mine == its:
                continue
            if mine is None or its is None:
                return its is None
            return (cast(float, mine) > cast(float, its)) == descending  # one field has one type
        return False


def order_values(orders: Sequence[Order], subject: Subject) -> tuple[Scalar | None, ...]:
    """Return what a sort compares of a subject, one value a key: what a cursor carries."""
    return tuple(sort_value(value_of(order.field, subject)) for order in orders)


def key_of_values(orders: Sequence[Order], values: Sequence[Scalar | None]) -> OrderKey:
    """Return the sort key of the values that `order_values` gave."""
    return OrderKey(tuple(values), tuple(order.descending for order in orders))


def order_key(orders: Sequence[Order], subject: Subject) -> OrderKey:
    """Return a subject's sort key: ``sorted(subjects, key=partial(order_key, orders))``. Ties are the caller's."""
    return key_of_values(orders, order_values(orders, subject))
