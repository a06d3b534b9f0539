"""One clause of MLflow's grammar, and the conditions that clauses of every kind of field come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import cast

from lodeline.domain.errors import Invalid
from lodeline.query.ast import Compare, CompareOp, EntityScope, Field, IsNull, Match, Node
from lodeline.query.build import NOTHING, conj, disj, negate, one_of
from lodeline.query.literals import MAX_NS, NS_PER_MS, number, quote
from lodeline.query.patterns import matcher
from lodeline.query.problem import nearest
from lodeline.query.syntax import Token, Words, listed

EQUALITY = ("=", "!=")
ORDERING = ("<", "<=", ">", ">=")
SETS = ("IN", "NOT IN")
PATTERNS = ("LIKE", "ILIKE", "RLIKE")
NULLS = ("IS NULL", "IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Clause:
    """``field operator value``: `parts` are the name's segments, `values` the words of the value or the list."""

    words: Words
    at: Token
    parts: tuple[str, ...]
    operator: str
    operator_at: Token
    values: tuple[Token, ...] = ()

    @property
    def name(self) -> str:
        """The field as it was written."""
        return self.at.text

    @property
    def key(self) -> str:
        """Everything after the first segment."""
        return ".".join(self.parts[1:])

    def unknown(self, known: Sequence[str]) -> Invalid:
        """Return the error for a field that this grammar does not have."""
        near = nearest(self.name, known)
        expected = listed(known)
        return self.words.error(
            self.at, f"unknown field {self.name[:100]!r}", expected=expected, suggestion=near, field=self.name
        )

    def allow(self, *operators: str) -> None:
        """Raise Invalid unless the clause has one of these operators."""
        if self.operator not in operators:
            what, expected = f"{self.name} does not take {self.operator}", listed(operators)
            raise self.words.error(self.operator_at, what, expected=expected, field=self.name)

    def strings(self) -> tuple[str, ...]:
        """Return the values, each of which must be quoted."""
        for token in self.values:
            if token.kind != "string":
                suggestion = quote(token.text) if token.kind in {"path", "number"} else None
                raise self.words.unexpected("a quoted string", field=self.name, suggestion=suggestion, at=token)
        return tuple(token.text for token in self.values)

    def string(self) -> str:
        """Return the one quoted value; a pattern is checked."""
        text = self.strings()[0]
        if self.operator in PATTERNS:
            try:
                matcher(self.operator, text)
            except Invalid as error:
                raise self.words.error(self.values[0], error.message.rstrip("."), field=self.name) from error
        return text

    def number(self) -> int | float:
        """Return the one value, which must be a bare number."""
        token = self.values[0]
        value = number(token.text) if token.kind == "number" else None
        if value is None:
            suggestion = token.text if token.kind == "string" and number(token.text) is not None else None
            raise self.words.unexpected("a number without quotes", field=self.name, suggestion=suggestion, at=token)
        return value


def text_condition(clause: Clause, of: Field, operators: Sequence[str]) -> Node:
    """Return a condition on a field of text."""
    clause.allow(*operators)
    if clause.operator in NULLS:
        return IsNull(of) if clause.operator == "IS NULL" else negate(IsNull(of))
    if clause.operator in SETS:
        return one_of(of, clause.strings(), negated=clause.operator == "NOT IN")
    if clause.operator in PATTERNS:
        return Match(of, clause.operator, clause.string())
    return Compare(of, cast(CompareOp, clause.operator), clause.string())


def milliseconds_condition(clause: Clause, of: Field) -> Node:
    """Return a condition on a time or duration, which MLflow keeps in whole milliseconds, rounded down."""
    clause.allow(*EQUALITY, *ORDERING)
    limit = MAX_NS // NS_PER_MS
    value = min(max(clause.number(), -limit), limit)
    first, past = ceil(value) * NS_PER_MS, (floor(value) + 1) * NS_PER_MS
    match clause.operator:
        case "<":
            return Compare(of, "<", first)
        case "<=":
            return Compare(of, "<", past)
        case ">":
            return Compare(of, ">=", past)
        case ">=":
            return Compare(of, ">=", first)
        case "!=":
            return disj((Compare(of, "<", first), Compare(of, ">=", past)))
        case _:
            return conj((Compare(of, ">=", first), Compare(of, "<", past)))


def chosen(clause: Clause, known: Sequence[str]) -> list[str]:
    """Return which of a closed set of values a condition of equality, set or pattern picks, possibly none."""
    clause.allow(*EQUALITY, *SETS, *PATTERNS)
    if clause.operator in PATTERNS:
        matches = matcher(clause.operator, clause.string())
        return [value for value in known if matches(value)]
    wanted = clause.strings()
    return [value for value in known if (value in wanted) == (clause.operator in {"=", "IN"})]


def closed_condition(clause: Clause, of: Field, meaning: Mapping[str, Sequence[str]]) -> Node:
    """Return a condition on a field with a closed set of values; `meaning` maps MLflow's to ours."""
    values = [ours for theirs in chosen(clause, tuple(meaning)) for ours in meaning[theirs]]
    return one_of(of, values) if values else NOTHING


@dataclass(frozen=True, slots=True)
class Front:
    """How one list reads MLflow's grammar.

    `translate` turns the clauses of a filter into a node. `order` maps the names that may sort to our
    fields, `order_keys` the keyed ones; `ties` complete every order (field, descending).
    """

    entity: EntityScope
    translate: Callable[[Sequence[Clause]], Node]
    order: Mapping[str, str]
    order_keys: Mapping[str, str]
    ties: tuple[tuple[str, bool], ...]
